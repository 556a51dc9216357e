"""Media in the drives and files the guest booted from exist at the destination too."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding
from orchestrator.model.guest import Disk

_NAME = "local-media"
_LOCAL = frozenset({"file", "block"})


def _examine(case: Case) -> Iterator[Finding]:
    media = [(disk.source, disk) for disk in case.guest.disks if disk.source is not None and _is_medium(disk)]
    wanted: list[tuple[str, Disk | None]] = [*media, *((path, None) for path in case.guest.boot_files)]
    for path, disk in wanted:
        exists = _exists(case, path)
        if isinstance(exists, Unknown):
            yield case.warning(
                _NAME,
                f"Whether {case.to} has {path} could not be decided: {exists.why}",
                on(case.destination_entry, "stat", path),
            )
        elif not exists:
            yield _missing_boot_file(case, path) if disk is None else _missing_medium(case, path, disk)


def _is_medium(disk: Disk) -> bool:
    return disk.kind in _LOCAL and (disk.device == "cdrom" or (disk.device == "floppy" and disk.read_only))


def _exists(case: Case, path: str) -> bool | Unknown:
    if isinstance(case.pair.paths, Unknown):
        return case.pair.paths
    found = (answer.exists for answer in case.pair.paths if answer.path == path)
    return next(found, Unknown(why="it was not asked for this path"))


def _missing_medium(case: Case, path: str, disk: Disk) -> Finding:
    return case.blocker(
        _NAME,
        f"The medium {path} in drive {disk.target} ({disk.device}) of {case.guest.name} does not exist on {case.to}",
        virsh(case.source_entry, "change-media", called(case.guest), disk.target, "--eject", "--live"),
    )


def _missing_boot_file(case: Case, path: str) -> Finding:
    return case.blocker(
        _NAME,
        f"{path}, which {case.guest.name} booted from, does not exist on {case.to}",
        f"Copy it, or install the package that brings it: {on(case.source_entry, 'ls', '-l', path)}",
    )


RULE = Rule(name=_NAME, title="Media and boot files exist at the destination.", examine=_examine)
