"""The files below a disk's top image are the same files at the destination."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer, declared_device, on_both, told
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.sharing import proven, unchanged_copy
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.local_path is None:
            continue  # what libvirt finds by itself is judged by it, and not asked for
        for path in disk.backing:
            if path.startswith("/"):  # others are addresses on a network, the same everywhere
                yield from _file(case, disk, path)


def _file(case: Case, disk: Disk, path: str) -> Iterator[Found]:
    found = known(answer(case, path))
    what = f"{path}, on which disk {disk.target} of {case.guest.name} is based,"
    same, device = proven(found), path.startswith("/dev/")
    if not found.exists:
        yield blocker(
            f"{what} does not exist on {case.to}",
            f"Mount the storage that {case.source.name} has it on: {on(case.source_entry, 'findmnt', '-T', path)}",
        )
    elif disk.read_only:
        if unchanged_copy(found) is False:
            yield warning(
                f"{what} is only read, but it is not the same on {case.to}",
                f"Compare both: {on_both(case, 'stat', '-L', path)}",
            )
    elif same is False:
        reason = told(case, found) if device else f"what {case.source.name} wrote beside it was not seen there"
        compare = on_both(case, "stat", "-L", path)
        yield blocker(
            f"{what} is another {'device' if device else 'file'} of the same name on {case.to}: {reason}",
            f"Compare both, and put the whole chain on storage that both hosts have: {compare}",
        )
    elif same is None and not declared_device(case, path):
        yield _unproven(case, what, path, told(case, found) if device else None)


def _unproven(case: Case, what: str, path: str, devices: str | None) -> Found:
    if devices is not None:
        compare = on_both(case, "lsblk", "-so", "NAME,TYPE,WWN,SERIAL,SIZE", path)
        return blocker(
            f"{what} could not be proven to be the same device on {case.to}: {devices}",
            f"Compare both: {compare}. If it is one device all the same, declare it in {case.settings.file} "
            f"(shared_filesystems: [{path}])",
        )
    return blocker(
        f"{what} could not be proven to be the same file on {case.to}: no file could be written beside it to test, and "
        "it is not one file of one NFS server",
        f"Compare both, and see that root may write in that directory: {on_both(case, 'stat', path)}",
    )


RULE = Rule(
    name="backing-chain",
    title="The files a disk is based on are the same at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PATHS}),
    undecided=Severity.BLOCKER,  # QEMU would start on whatever lies there, and the guest would read it
    waivable=False,
    examine=_examine,
)
