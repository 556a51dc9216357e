"""Media in the drives and files the guest booted from exist at the destination too."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.command import EjectMedium
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.topic import Topic

_LOCAL = frozenset({"file", "block"})


def _examine(case: Case) -> Iterator[Found]:
    media = [(disk.source, disk) for disk in case.guest.disks if disk.source is not None and _is_medium(disk)]
    wanted: list[tuple[str, Disk | None]] = [*media, *((path, None) for path in case.guest.boot_files)]
    for path, disk in wanted:
        there = answer(case, path)
        if isinstance(there, Unknown):
            yield warning(
                f"Whether {case.to} has {path} could not be decided: {there.why}",
                on(case.destination_entry, "stat", path),
            )
        elif not there.exists:
            yield _missing_boot_file(case, path) if disk is None else _missing_medium(case, path, disk)


def _is_medium(disk: Disk) -> bool:
    return disk.kind in _LOCAL and (disk.device == "cdrom" or (disk.device == "floppy" and disk.read_only))


def _missing_medium(case: Case, path: str, disk: Disk) -> Found:
    return blocker(
        f"The medium {path} in drive {disk.target} ({disk.device}) of {case.guest.name} does not exist on {case.to}",
        virsh(case.source_entry, "change-media", called(case.guest), disk.target, "--eject", "--live"),
        remedy=Remedy(host=case.source.name, repair=EjectMedium(guest=case.guest.uuid, drive=disk.target, medium=path)),
    )


def _missing_boot_file(case: Case, path: str) -> Found:
    return blocker(
        f"{path}, which {case.guest.name} booted from, does not exist on {case.to}",
        f"Copy it, or install the package that brings it: {on(case.source_entry, 'ls', '-l', path)}",
    )


RULE = Rule(
    name="local-media",
    title="Media and boot files exist at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    examine=_examine,
)
