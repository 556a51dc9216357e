"""The storage pools of the guest's disks are active at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.command import StartPool
from orchestrator.model.finding import Remedy, Scope, Severity
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
            yield blocker(
                f"A disk of {case.guest.name} is in the storage pool {name}, which is defined on {case.to} but not "
                "active",
                virsh(case.destination_entry, "pool-start", name),
                remedy=Remedy(host=case.to, repair=StartPool(pool=name)),
            )


RULE = Rule(
    name="pool-active",
    title="The storage pools of the guest's disks are active at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.POOLS}),
    examine=_examine,
)
