"""The storage pools of the guest's disks are active at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.command import StartPool
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.services import STARTED_SAFELY, Pool
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for name in dict.fromkeys(disk.pool for disk in case.guest.disks if disk.pool is not None):
        pools = known(case.destination.pools)
        pool = next((one for one in pools if one.name == name), None)
        if pool is None:
            have = ", ".join(sorted(one.name for one in pools)) or "no pool"
            yield blocker(
                f"A disk of {case.guest.name} is in the storage pool {name}; {case.to} has {have}",
                f"Define it there as it is here, then start it: {virsh(case.source_entry, 'pool-dumpxml', name)}; "
                f"{virsh(case.destination_entry, 'pool-define', f'{name}.xml')}; "
                f"{virsh(case.destination_entry, 'pool-start', name)}",
            )
        elif not pool.active:
            yield _inactive(case, pool)


def _inactive(case: BetweenHosts, pool: Pool) -> Found:
    where = f"which is defined on {case.to} but not active"
    what = f"A disk of {case.guest.name} is in the storage pool {pool.name}, {where}"
    start = virsh(case.destination_entry, "pool-start", pool.name)
    if pool.kind in STARTED_SAFELY:
        return blocker(what, start, remedy=Remedy(host=case.to, repair=StartPool(pool=pool.name)))
    danger = "mounts a file system that only one host may have mounted" if pool.kind == "fs" else "attaches storage"
    return blocker(
        f"{what}. Starting a pool of kind {pool.kind} {danger}, so ferry does not do it",
        f"See which host uses it: {virsh(case.source_entry, 'pool-dumpxml', pool.name)}; only if that is safe: {start}",
    )


RULE = Rule(
    name="pool-active",
    title="The storage pools of the guest's disks are active at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.POOLS}),
    examine=_examine,
)
