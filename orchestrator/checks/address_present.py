"""The host has the address that the configuration gives it on the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import carrying
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: AtHost) -> Iterator[Found]:
    network = case.network
    address = case.entry.addresses.get(network)
    if address is None:  # migration-address is about that
        return
    interfaces = known(case.host.interfaces)
    carrier = carrying(interfaces, address)
    if carrier is None:
        have = "; ".join(f"{one.name} {' '.join(one.addresses)}" for one in interfaces if one.addresses) or "no address"
        yield blocker(
            f"{case.settings.file} gives {case.host.name} the address {address} on the migration network {network}; "
            f"the host has {have}",
            f"Correct it under hosts: {case.host.name}: addresses: in {case.settings.file}, or give the host its "
            f"address: {on(case.entry, 'ip', '-brief', 'address')}",
        )
    elif not carrier.up:
        yield blocker(
            f"{address}, the address of {case.host.name} on the migration network {network}, is on the interface "
            f"{carrier.name}, "
            + ("which has no link: cable, switch or the other end" if carrier.enabled else "which is down"),
            f"See cable and switch port; with a link it shows LOWER_UP: {_link(case, 'show', carrier.name)}"
            if carrier.enabled
            else _link(case, "set", carrier.name, "up"),
        )


def _link(case: AtHost, *words: str) -> str:
    return on(case.entry, "ip", "link", *words)


RULE = Rule(
    name="address-present",
    title="The host has its address on the migration network, and the link is up.",
    scope=Scope.HOST,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
