"""The source's kernel sends memory out on the migration network, and not on some other one."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.interfaces import for_migrations
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    network = case.settings.migration_network
    address = case.destination_entry.addresses.get(network)
    if address is None or network not in case.source_entry.addresses:
        return
    route = known(case.link.route)
    intended = for_migrations(known(case.source.interfaces), case.source_entry, network)
    if intended is None or route.device == intended.name:  # an address that is nowhere is address-present's
        return
    via = f" via {route.via}" if route.via else ""
    yield warning(
        f"Memory for {case.to} ({address}) would leave {case.source.name} through {route.device}{via} from "
        f"{route.source_address}; its address on the migration network {network}, "
        f"{case.source_entry.addresses[network]}, is on the interface {intended.name}",
        "Mend the routes or the prefix length of that address: "
        f"{on(case.source_entry, 'ip', 'route', 'get', address)}; " + on(case.source_entry, "ip", "-brief", "address"),
    )


RULE = Rule(
    name="route",
    title="The source sends memory over the migration network.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    needs=frozenset({Topic.ROUTE, Topic.INTERFACES}),
    examine=_examine,
)
