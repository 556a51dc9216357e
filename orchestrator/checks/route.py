"""The source's kernel sends memory out on the migration network, and not on some other one."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.interfaces import for_migrations, plain
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_OF_THE_HOST = frozenset({"dummy", "loopback"})


def _examine(case: OnLink) -> Iterator[Found]:
    network = case.network
    address = case.destination_entry.addresses.get(network)
    if address is None or network not in case.source_entry.addresses:
        return
    route = known(case.link.route)
    intended = for_migrations(known(case.source.interfaces), case.source_entry, network)
    if intended is None or route.device == intended.name:  # an address that is nowhere is address-present's
        return
    # An address of the host as a whole belongs to no cable: that packets carry it is all that can be asked.
    if intended.kind in _OF_THE_HOST and plain(route.source_address) == plain(case.source_entry.addresses[network]):
        return
    via = f" via {route.via}" if route.via else ""
    yield blocker(
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
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.ROUTE, Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
