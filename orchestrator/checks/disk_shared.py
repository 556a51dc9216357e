"""Every disk of the guest is the same disk at the destination, proven, not guessed from its path."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.sharing import declared, recognised
from orchestrator.model.topic import Topic

_MEDIA = frozenset({"cdrom", "floppy"})  # read-only ones belong to local-media
_BOUND = frozenset({"nvme", "vhostvdpa"})  # hardware of this host


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.source is None or (disk.device in _MEDIA and (disk.read_only or disk.device == "cdrom")):
            continue
        if disk.kind == "file":
            yield from _file(case, disk, disk.source)
        elif disk.kind == "block":
            yield from _block(case, disk, disk.source)
        elif disk.kind in _BOUND:
            yield blocker(
                f"Disk {disk.target} of {case.guest.name} is hardware of {case.source.name}: {disk.kind} {disk.source}",
                "Move its contents to shared storage first; such a disk cannot be given to another host",
            )
        elif disk.kind != "network":
            yield warning(
                f"Disk {disk.target} of {case.guest.name} is of kind {disk.kind} ({disk.source}). Whether {case.to} "
                "has the same one could not be decided, and libvirt will judge it by itself",
                virsh(case.destination_entry, "pool-list", "--all"),
            )


def _file(case: Case, disk: Disk, path: str) -> Iterator[Found]:
    what = f"Disk {disk.target} of {case.guest.name}, {path},"
    found = answer(case, path)
    here, there = on(case.source_entry, "stat", path), on(case.destination_entry, "stat", path)
    if isinstance(found, Unknown):
        yield blocker(f"{what} could not be looked for on {case.to}: {found.why}", there)
    elif not found.exists:
        yield blocker(
            f"{what} does not exist on {case.to}",
            f"Mount the storage that {case.source.name} has it on: {on(case.source_entry, 'findmnt', '-T', path)}",
        )
    elif disk.read_only:
        return  # nothing is written to it, and both sides were asked for it
    elif found.shared is False:
        yield blocker(
            f"{what} is a local disk of the same name on {case.to}: a file written beside it on {case.source.name} "
            "was not seen there",
            f"Compare both, then put the disk on storage that both hosts mount: {here}; {there}",
        )
    elif found.shared is None:
        yield blocker(
            f"{what} could not be proven to be the same file on {case.to}: no file could be written beside it to test",
            f"Compare both, and see that root may write in that directory: {here}; {there}",
        )
    elif not recognised(found.filesystem) and not declared(path, case.settings.shared_filesystems):
        yield _undeclared(case, what, path, found.filesystem)


def _undeclared(case: Case, what: str, path: str, filesystem: str) -> Found:
    directory = path.rsplit("/", 1)[0] or "/"
    kind = filesystem or "a file system without a name"
    return blocker(
        f"{what} is the same file on both hosts, but libvirt does not take {kind} as shared and would refuse the move",
        f"If {directory} is shared on purpose, declare it in {case.settings.file} (shared_filesystems: [{directory}]); "
        "otherwise put the disk on NFS, CephFS, GFS2, OCFS2, GPFS or CIFS",
    )


def _block(case: Case, disk: Disk, path: str) -> Iterator[Found]:
    found = answer(case, path)
    if isinstance(found, PathAnswer) and not found.exists:
        yield blocker(
            f"Disk {disk.target} of {case.guest.name}, the block device {path}, does not exist on {case.to}",
            f"Attach the same LUN there: {on(case.source_entry, 'lsblk', '-o', 'NAME,WWN,SIZE', path)}",
        )
    elif not disk.read_only:
        yield warning(
            f"Disk {disk.target} of {case.guest.name} is the block device {path}. libvirt takes every block device as "
            f"shared; that {case.to} has the same one under that path is not proven",
            "Both must print the same: "
            + "; ".join(
                on(entry, "lsblk", "-dno", "WWN,SERIAL,SIZE", path)
                for entry in (case.source_entry, case.destination_entry)
            ),
        )


RULE = Rule(
    name="disk-shared",
    title="Every disk is proven to be shared.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    waivable=False,
    examine=_examine,
)
