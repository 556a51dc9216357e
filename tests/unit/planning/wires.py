"""Two hosts with several networks between them, each on an interface of its own, and what a test wants broken."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.model.cabling import PathMtu, PortAnswer, Route
from orchestrator.model.facts import Facts, LinkFacts, Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.network import Network, Role
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.policy import NetworkChoice
from orchestrator.model.run import RunId
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond
from orchestrator.planning.network_score import Known
from tests.unit.checks.builders import host, interface, link, settings

A, B = HostName("kvm01"), HostName("kvm02")
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
M, S, G = Role.MIGRATION, Role.STORAGE, Role.MANAGEMENT


def network(name: str, *roles: Role, **changes: Any) -> Network:
    return replace(Network(name=name, cidr="10.0.0.0/8", roles=frozenset(roles)), **changes)


def site(*networks: Network, **policy: Any) -> Settings:
    """Two hosts with an address on each of these networks: 10.0.N.1 and 10.0.N.2."""
    given = settings("kvm01", "kvm02")
    hosts = {
        name: replace(entry, addresses={n.name: f"10.0.{i}.{end}" for i, n in enumerate(networks)})
        for end, (name, entry) in enumerate(given.hosts.items(), start=1)
    }
    choice = {key: policy.pop(key) for key in ("order", "exclude", "on_missing") if key in policy}
    chosen = replace(given.policy, migration_networks=NetworkChoice(**choice), **policy)
    return replace(given, hosts=hosts, networks={n.name: n for n in networks}, policy=chosen)


def world(given: Settings, *, broken: dict[str, dict[str, Any]] | None = None, cards: dict[str, Any] | None = None):
    """Every network on an interface of its own, 10 Gbit/s, and nothing wrong but what is `broken` on a link."""
    names = list(given.networks)

    def of(name: str, end: int):
        cabled = [
            interface(
                f"eth{i}", **({"addresses": (f"10.0.{i}.{end}/24",), "speed_mbit": 10_000} | (cards or {}).get(n, {}))
            )
            for i, n in enumerate(names)
        ]
        return host(name, interfaces=tuple(cabled))

    def way(i: int, n: str) -> LinkFacts:
        well = {
            "ports": (PortAnswer(address=f"10.0.{i}.2", port=49152, result="refused"),),
            "route": Route(device=f"eth{i}", source_address=f"10.0.{i}.1"),
            "path_mtu": PathMtu(mtu=1500, passes=True),
        }
        return replace(link(), network=n, **(well | (broken or {}).get(n, {})))

    return Facts(
        hosts={A: of("kvm01", 1), B: of("kvm02", 2)}, links={(A, B, n): way(i, n) for i, n in enumerate(names)}
    )


def measured(name: str, gigabits: float, *, days: float = 0, back: bool = False) -> tuple[datetime, NetworkTest]:
    source, destination = (B, A) if back else (A, B)
    rate = round(gigabits * 10**9 / 8)
    test = NetworkTest(source=source, destination=destination, network=name, bytes_per_second={1: rate // 2, 4: rate})
    return NOW - timedelta(days=days), test


def known(*tests: tuple[datetime, NetworkTest], tickets: tuple[Ticket, ...] = ()) -> Known:
    return Known(tests=tests, tickets=tickets, at=NOW)


def ticket(over: str, standing: Standing = Standing.HOLDING, source: HostName = A) -> Ticket:
    return Ticket(
        run=RunId("r"), guest=GuestId(f"g-{over}"), name="g", costs={}, since=NOW, standing=standing, source=source,
        destination=B, network=over,
    )  # fmt: skip


FILTERED = {"ports": (PortAnswer(address="10.0.0.2", port=49152, result="filtered"),)}
ASTRAY = {"route": Route(device="eth9", source_address="10.9.0.1", via="10.9.0.254")}
CUT = {"path_mtu": PathMtu(mtu=9000, passes=False)}
JUMBO = {"path_mtu": PathMtu(mtu=9000, passes=True)}
UNKNOWN = {"ports": Unknown(why="no bash", code="host.shell")}
FAST, SLOW = network("fast", M), network("slow", M, capacity=BytesPerSecond.parse("1Gbit"))
STORE, MGMT = network("store", S), network("mgmt", G)
