"""Every disk of the guest is the same disk at the destination, proven, not guessed from its path."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer, ask_again, asked_at, declared_device, on_both, told
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.sharing import declared, proven, recognised, unchanged_copy
from orchestrator.model.topic import Topic

_MEDIA = frozenset({"cdrom", "floppy"})  # read-only ones belong to local-media
_BOUND = frozenset({"nvme", "vhostvdpa"})  # hardware of this host


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.source is None or (disk.device in _MEDIA and (disk.read_only or disk.device == "cdrom")):
            continue
        path = disk.local_path
        if path is not None and (disk.kind != "volume" or _same_place(case, disk)):
            yield from _at(case, disk, path)
        elif disk.kind in _BOUND:
            yield blocker(
                f"Disk {disk.target} of {case.guest.name} is hardware of {case.source.name}: {disk.kind} {disk.source}",
                "Move its contents to shared storage first; such a disk cannot be given to another host",
            )
        elif disk.kind != "network":
            yield _elsewhere(case, disk, path)


def _same_place(case: Case, disk: Disk) -> bool:
    """Whether the pool has one target on both hosts, so that the volume has one path. A lack is pool-active's."""
    pools = (*known(case.source.pools), *known(case.destination.pools))
    return len({(pool.target or "").rstrip("/") for pool in pools if pool.name == disk.pool}) < 2


def _elsewhere(case: Case, disk: Disk, path: str | None) -> Found:
    what = f"Disk {disk.target} of {case.guest.name} is of kind {disk.kind} ({disk.source})"
    if path is None and disk.kind == "volume" and disk.path is None:
        return blocker(
            f"{what}, and libvirt of {case.source.name} names no path for it, so that it cannot be proven to be the "
            f"same on {case.to}",
            virsh(case.source_entry, "vol-path", (disk.source or "").partition("/")[2], "--pool", disk.pool or ""),
        )
    if path is None:
        named = f", {disk.path}" if disk.path else ""
        return warning(
            f"{what}{named}. Whether {case.to} has the same one could not be decided, and libvirt will judge it by "
            "itself",
            virsh(case.destination_entry, "pool-list", "--all"),
        )
    return blocker(
        f"{what}, {path} on {case.source.name}; on {case.to} the pool {disk.pool} is not at the same place, so that "
        "the volume cannot be proven to be the same there",
        "Define the pool with the same target on both hosts: "
        + "; ".join(
            virsh(entry, "pool-dumpxml", disk.pool or "") for entry in (case.source_entry, case.destination_entry)
        ),
    )


def _at(case: Case, disk: Disk, path: str) -> Iterator[Found]:
    what = f"Disk {disk.target} of {case.guest.name}, {'' if disk.in_file else 'the block device '}{path},"
    found = answer(case, path)
    if isinstance(found, Unknown):
        yield blocker(
            f"{what} could not be looked for on {case.to}{asked_at(found)}: {found.why}",
            ask_again(case, found, on_both(case, "stat", path)),
        )
    elif not found.exists:
        look = ("findmnt", "-T", path) if disk.in_file else ("lsblk", "-o", "NAME,WWN,SIZE", path)
        wanted = "Mount the storage that" if disk.in_file else "Attach the same LUN, or activate the same volume, that"
        yield blocker(
            f"{what} does not exist on {case.to}",
            f"{wanted} {case.source.name} has it on: {on(case.source_entry, *look)}",
        )
    elif disk.read_only:
        yield from _only_read(case, what, path, found)
    elif disk.in_file:
        yield from _file(case, what, path, found)
    else:
        yield from _device(case, what, path, found)


def _only_read(case: Case, what: str, path: str, found: PathAnswer) -> Iterator[Found]:
    if unchanged_copy(found) is False:
        compare = on_both(case, "stat", "-L", path)
        yield warning(
            f"{what} is only read, but it is not the same on {case.to}: neither shared nor of the same size and time",
            f"Compare both; what the guest has read from one must hold for the other: {compare}",
        )


def _file(case: Case, what: str, path: str, found: PathAnswer) -> Iterator[Found]:
    same = proven(found)
    if same is False:
        yield blocker(
            f"{what} is a local disk of the same name on {case.to}: a file written beside it on {case.source.name} "
            "was not seen there"
            if found.shared is False
            else f"{what} is another file on {case.to}",
            f"Compare both, then put the disk on storage that both hosts mount: {on_both(case, 'stat', path)}",
        )
    elif same is None and _linked(found):
        yield blocker(
            f"{what} is a symbolic link; that its directory is shared does not prove that it leads to the same file on "
            f"{case.to}",
            "Compare where it leads, and name the file itself in the definition: "
            + on_both(case, "readlink", "-f", path),
        )
    elif same is None:
        yield blocker(
            f"{what} could not be proven to be the same file on {case.to}: no file could be written beside it to test, "
            "and it is not one file of one NFS server",
            f"Compare both, and see that root may write in that directory: {on_both(case, 'stat', path)}",
        )
    elif not recognised(found.filesystem) and not declared(path, case.settings.shared_filesystems):
        yield _undeclared(case, what, path, found.filesystem)


def _linked(found: PathAnswer) -> bool:
    return any(sight is not None and sight.link for sight in (found.here, found.there))


def _undeclared(case: Case, what: str, path: str, filesystem: str) -> Found:
    directory = path.rsplit("/", 1)[0] or "/"
    kind = filesystem or "a file system without a name"
    return blocker(
        f"{what} is the same file on both hosts, but libvirt does not take {kind} as shared and would refuse the move",
        f"If {directory} is shared on purpose, declare it in {case.settings.file} (shared_filesystems: [{directory}]); "
        "otherwise put the disk on NFS, CephFS, GFS2, OCFS2, GPFS or CIFS",
    )


def _device(case: Case, what: str, path: str, found: PathAnswer) -> Iterator[Found]:
    same = proven(found)
    look = on_both(case, "lsblk", "-so", "NAME,TYPE,WWN,SERIAL,SIZE", path)
    if same is False:
        yield blocker(
            f"{what} is another device of the same name on {case.to}: {told(case, found)}",
            f"Give both hosts the same LUN under that path: {look}",
        )
    elif same is None and not declared_device(case, path):
        yield blocker(
            f"{what} could not be proven to be the same device on {case.to}: it has no name there and here that is "
            f"unique in the world ({told(case, found)}). libvirt takes every block device as shared",
            f"Compare both: {look}. If it is one device all the same (DRBD, say), declare it in {case.settings.file} "
            f"(shared_filesystems: [{path}])",
        )


RULE = Rule(
    name="disk-shared",
    title="Every disk is proven to be shared.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS, Topic.POOLS}),
    undecided=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
