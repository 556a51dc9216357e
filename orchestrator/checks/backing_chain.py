"""The files below a disk's top image are the same files at the destination."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import answer
from orchestrator.checks.case import Case
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Disk
from orchestrator.model.sharing import declared, recognised
from orchestrator.model.topic import Topic

_LOCAL = frozenset({"file", "block"})  # those that libvirt finds by itself are judged by it, and not asked for


def _examine(case: Case) -> Iterator[Found]:
    for disk in case.guest.disks:
        if disk.kind not in _LOCAL:
            continue
        for path in disk.backing:
            if path.startswith("/"):  # others are addresses on a network, the same everywhere
                yield from _file(case, disk, path)


def _file(case: Case, disk: Disk, path: str) -> Iterator[Found]:
    there, shared = known(answer(case, path)), case.settings.shared_filesystems
    what = f"{path}, on which disk {disk.target} of {case.guest.name} is based,"
    compare = "; ".join(on(entry, "stat", path) for entry in (case.source_entry, case.destination_entry))
    if not there.exists:
        yield blocker(
            f"{what} does not exist on {case.to}",
            f"Mount the storage that {case.source.name} has it on: {on(case.source_entry, 'findmnt', '-T', path)}",
        )
    elif disk.read_only or path.startswith("/dev/"):
        return  # as with the top image: nothing changes it, and of a block device there is no proof (disk-shared)
    elif there.shared is False:
        yield blocker(
            f"{what} is another file of the same name on {case.to}: what {case.source.name} wrote beside it was not "
            "seen there",
            f"Compare both, and put the whole chain on storage that both hosts mount: {compare}",
        )
    elif there.shared is None and not recognised(there.filesystem) and not declared(path, shared):
        yield blocker(
            f"{what} could not be proven to be the same file on {case.to}: no file could be written beside it to "
            f"test, and {there.filesystem or 'its file system'} is not one that hosts share",
            f"Compare both, and see that root may write in that directory: {compare}",
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
