"""What copying a local disk to the destination would find there."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, note
from orchestrator.model.facts import PathAnswer
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.sharing import proven
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        path = disk.local_path if disk.in_file else None
        if path is None or disk.read_only or disk.device != "disk":
            continue
        there = answer(case, path)
        # Whether the disk is shared is what disk-shared decides; only one that is proven not to be could be copied.
        if isinstance(there, PathAnswer) and (not there.exists or proven(there) is False):
            yield from _room(case, path, there)


def _room(case: Case, path: str, there: PathAnswer) -> Iterator[Found]:
    room = "" if there.free_bytes is None else f"{mib(there.free_bytes)} are free where it lies on {case.to}"
    seen = f"{path} exists on {case.to} already, and a copy would overwrite it" if there.exists else ""
    if room or seen:
        yield note(
            f"If the disk {path} of {case.guest.name} were copied: {'; '.join(filter(None, (seen, room)))}",
            "What the disk takes: " + on(case.source_entry, "qemu-img", "info", "-U", path),
        )


RULE = Rule(
    name="copy-space",
    title="There is room for disks that would have to be copied.",
    scope=Scope.MOVE,
    severity=Severity.NOTE,
    needs=frozenset({Topic.PATHS}),
    examine=_examine,
)
