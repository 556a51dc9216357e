"""What a network is worth for one move between two hosts: the rate that is free on it, and what lessens it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from orchestrator.migration.features import interface, speed
from orchestrator.model.facts import NOT_ASKED, Facts, HostFacts, LinkFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.network import Network, Role
from orchestrator.model.network_test import NetworkTest
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings

# What was measured longer ago says nothing of cables and switches today.
COUNTS_FOR = timedelta(days=30)
# The least that a network for migrations has, where nobody knows more.
_ASSUMED = 125_000_000
_JUMBO_MTU, _JUMBO = 8000, 1.1
_STORAGE, _MANAGEMENT, _UNDECIDED = 0.5, 0.25, 0.5

Came = Literal["measured", "declared", "interface", "assumed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known beyond the facts. tests: of networks with their times, of each way the latest counts. tickets: of
    all runs. at: the moment that the age of tests is counted to; None: none of them counts.
    """

    tests: tuple[tuple[datetime, NetworkTest], ...] = ()
    tickets: tuple[Ticket, ...] = ()
    at: datetime | None = None

    def tested(self, source: HostName, destination: HostName, network: str) -> tuple[int, NetworkTest] | None:
        """The latest test of that way that still counts, with its age in seconds; without one, of the way back."""
        for ends in ((source, destination), (destination, source)):
            mine = [(at, t) for at, t in self.tests if (t.source, t.destination) == ends and t.network == network]
            latest = max(mine, key=lambda dated: dated[0], default=None)
            if latest is not None and self.at is not None and self.at - latest[0] <= COUNTS_FOR:
                return int((self.at - latest[0]).total_seconds()), latest[1]
        return None

    def moves_over(self, network: str, *hosts: HostName) -> int:
        """How many moves hold a place on that network, at the one of these hosts that has most of them."""
        holding = [t for t in self.tickets if t.network == network and t.standing is Standing.HOLDING]
        return max((sum(host in (t.source, t.destination) for t in holding) for host in hosts), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """What a network carries from one host to another. age: of a measurement."""

    bytes_per_second: int
    came: Came
    age_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One factor of a score (the first one in Mbit/s), and where it comes from."""

    name: str
    factor: float
    because: str


def rate(network: Network, source: HostFacts, destination: HostFacts, settings: Settings, known: Known) -> Rate:
    """What was measured counts more than what is declared, and that more than what the interfaces report."""
    tested = known.tested(source.name, destination.name, network.name)
    if tested is not None and tested[1].bytes_per_second:
        age, test = tested
        return Rate(bytes_per_second=max(test.bytes_per_second.values()), came="measured", age_seconds=age)
    if network.capacity is not None:
        return Rate(bytes_per_second=int(network.capacity), came="declared")
    ends = [found for host in (source, destination) if (found := speed(host, settings, network.name)) is not None]
    if len(ends) == len((source, destination)):
        return Rate(bytes_per_second=min(ends), came="interface")
    return Rate(bytes_per_second=_ASSUMED, came="assumed")


def share(network: Network, policy: Policy) -> int:
    """Percent of the network that moves may use together."""
    return next(percent for percent in (network.share, policy.limits.share, 100) if percent is not None)


def parts(
    network: Network,
    source: HostFacts,
    destination: HostFacts,
    policy: Policy,
    settings: Settings,
    facts: Facts,
    known: Known,
) -> Iterator[Part]:
    """Every factor that counts, the free rate first."""
    found = rate(network, source, destination, settings, known)
    yield Part(name="rate", factor=found.bytes_per_second * 8 / 10**6, because=_came(found))
    percent = share(network, policy)
    if percent != 100:
        yield Part(name="share", factor=percent / 100, because=f"moves may use {percent} % of it")
    moves = known.moves_over(network.name, source.name, destination.name)
    if moves:
        yield Part(
            name="load", factor=1 / (moves + 1), because=f"beside {moves} that {'is' if moves == 1 else 'are'} on it"
        )
    mtu = _mtu(network.name, source, destination, settings, facts)
    if mtu is not None and mtu >= _JUMBO_MTU:
        yield Part(name="mtu", factor=_JUMBO, because=f"packets of {mtu} bytes pass")
    if Role.STORAGE in network.roles:
        yield Part(name="storage", factor=_STORAGE, because="storage of guests is on it too")
    if Role.MANAGEMENT in network.roles:
        yield Part(name="management", factor=_MANAGEMENT, because="hosts are managed over it")
    untold = _untold(facts.links.get((source.name, destination.name, network.name)))
    if untold:
        yield Part(name="undecided", factor=_UNDECIDED, because=f"not known is {' and '.join(untold)}")


def _untold(link: LinkFacts | None) -> list[str]:
    """What was tried on the way and gave no answer."""
    if link is None:
        return []
    tried = {"whether its ports are reached": link.ports, "its route": link.route, "what size passes": link.path_mtu}
    return [what for what, said in tried.items() if isinstance(said, Unknown) and said != NOT_ASKED]


def _mtu(network: str, source: HostFacts, destination: HostFacts, settings: Settings, facts: Facts) -> int | None:
    """The size that is known to pass; the interfaces alone only promise it."""
    link = facts.links.get((source.name, destination.name, network))
    if isinstance(link, LinkFacts) and not isinstance(link.path_mtu, Unknown):
        return link.path_mtu.mtu if link.path_mtu.passes else None
    ends = [interface(host, settings, network) for host in (source, destination)]
    return None if None in ends else min(one.mtu for one in ends if one is not None)


def _came(found: Rate) -> str:
    match found.came:
        case "measured":
            return f"measured {ago(found.age_seconds or 0)} ago"
        case "declared":
            return "as the configuration declares it"
        case "interface":
            return "as the interfaces of both hosts report it"
        case "assumed":
            return "nothing is known of it, 1 Gbit/s is assumed: ferry network test"


def ago(seconds: int) -> str:
    """An age in the largest unit of which it is at least two."""
    for unit, length in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} seconds"
