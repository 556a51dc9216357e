"""Media in the drives and files the guest booted from exist at the destination too."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer, ask_again, asked_at
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.command import EjectMedium
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.topic import Topic

_LOCAL = frozenset({"file", "block", "volume"})


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.source is not None and _is_medium(disk):
            yield from _medium(case, disk, disk.source)
    wanted = [(path, _missing_boot_file) for path in case.guest.boot_files]
    wanted += [(path, _missing_at_next_start) for path in case.guest.kept.next_start_media]
    for path, missing in wanted:
        there = answer(case, path)
        if isinstance(there, Unknown):
            yield _undecided(case, path, there)
        elif not there.exists:
            yield missing(case, path)


def _is_medium(disk: Disk) -> bool:
    return disk.kind in _LOCAL and (disk.device == "cdrom" or (disk.device == "floppy" and disk.read_only))


def _medium(case: Case, disk: Disk, source: str) -> Iterator[Found]:
    path = disk.local_path
    if path is None:
        yield warning(
            f"Whether {case.to} has the medium {source} in drive {disk.target} of {case.guest.name} could not be "
            f"decided: libvirt of {case.source.name} names no path for that {disk.kind}",
            _eject(case, disk.target, "--live"),
        )
        return
    there = answer(case, path)
    if isinstance(there, Unknown):
        yield _undecided(case, path, there)
    elif not there.exists:
        yield _missing_medium(case, path, disk, source)


def _undecided(case: Case, path: str, why: Unknown) -> Found:
    return warning(
        f"Whether {case.to} has {path} could not be decided{asked_at(why)}: {why.why}",
        ask_again(case, why, on(case.destination_entry, "stat", path)),
    )


def _eject(case: Case, drive: str, which: str) -> str:
    return virsh(case.source_entry, "change-media", called(case.guest), drive, "--eject", which)


def _missing_medium(case: Case, path: str, disk: Disk, source: str) -> Found:
    repair = EjectMedium(guest=case.guest.uuid, drive=disk.target, medium=source)
    return blocker(
        f"The medium {path} in drive {disk.target} ({disk.device}) of {case.guest.name} does not exist on {case.to}",
        _eject(case, disk.target, "--live"),
        remedy=Remedy(host=case.source.name, repair=repair),
    )


def _missing_at_next_start(case: Case, path: str) -> Found:
    return warning(
        f"The definition of {case.guest.name} has the medium {path} in a drive, which does not exist on {case.to}: the "
        "guest that runs does not use it, but its next start there would miss it",
        _eject(case, path, "--config"),
    )


def _missing_boot_file(case: Case, path: str) -> Found:
    return blocker(
        f"{path}, which {case.guest.name} booted from or reads, does not exist on {case.to}",
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
