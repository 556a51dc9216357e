"""Pools and networks that are active now come back after a reboot of the host."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, known, note
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: AtHost) -> Iterator[Found]:
    # A host without libvirt's network daemon has none that could be active.
    here = () if isinstance(case.host.networks, Unknown) else case.host.networks
    networks = sorted(one.name for one in here if one.active and not one.autostart)
    if networks:
        yield _forgotten(case, "network", "net-autostart", networks)
    pools = sorted(one.name for one in known(case.host.pools) if one.active and not one.autostart)
    if pools:
        yield _forgotten(case, "storage pool", "pool-autostart", pools)


def _forgotten(case: AtHost, what: str, verb: str, names: list[str]) -> Found:
    many = "s" if len(names) > 1 else ""
    return note(
        f"The {what}{many} {', '.join(names)} of {case.host.name} {'are' if many else 'is'} active but not started "
        "with the host: after a reboot, guests there would not find what they need",
        "; ".join(virsh(case.entry, verb, name) for name in names),
    )


RULE = Rule(
    name="infrastructure-autostart",
    title="Active pools and networks start with the host.",
    scope=Scope.HOST,
    severity=Severity.NOTE,
    needs=frozenset({Topic.POOLS}),
    examine=_examine,
)
