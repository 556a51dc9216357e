"""Files that QEMU creates for the guest have a directory at the destination."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.command import MakeDirectory, whole
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    missing: dict[str, str] = {}
    for path, what in _created(case):
        there = known(answer(case, path))
        if not there.parent_exists:
            missing.setdefault(path.rpartition("/")[0], f"{what} {path}")
    for directory, wanted in missing.items():
        yield blocker(
            f"{case.guest.name} writes its {wanted}; {case.to} has no directory {directory}",
            f"Create it as {case.source.name} has it: {on(case.source_entry, 'ls', '-ld', directory)}; "
            f"{on(case.destination_entry, 'mkdir', directory)}",
            remedy=Remedy(host=case.to, repair=MakeDirectory(path=directory)) if whole(directory) else None,
        )


def _created(case: Case) -> Iterator[tuple[str, str]]:
    hardware = case.guest.hardware
    if hardware.nvram is not None:
        yield hardware.nvram, "firmware variables to"
    for device in hardware.char_devices:
        if device.kind == "file" and device.path is not None:
            yield device.path, f"{device.element} output to"


RULE = Rule(
    name="directory-missing",
    title="The directories of files that QEMU creates exist at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    examine=_examine,
)
