"""The configured networks as hosts see them: who is on which, how fast, what moves may use, what was tested."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from orchestrator.migration.features import interface, speed
from orchestrator.model.facts import Facts, HostFacts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.settings import Settings
from orchestrator.planning.network_score import Known, share

_SMB_WHOLE = 10_000  # Hyper-V counts its factor in hundredths of a percent


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A host on a network. interface: that bears the address; None: none does, or the host did not answer.

    bytes_per_second: of the interface, None where nobody knows. share_bytes_per_second: what moves may use of it.
    """

    host: HostName
    address: str
    interface: str | None
    up: bool | None
    mtu: int | None
    bytes_per_second: int | None
    share_bytes_per_second: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """The last test of one way. bytes_per_second: streams → what they carried together."""

    source: HostName
    destination: HostName
    age_seconds: int
    bytes_per_second: Mapping[int, int]
    round_trip_ms: float | None
    mtu: int | None
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSeen:
    """A network, its hosts, and what was tested on it. share_percent: what counts, of it or of the policy.

    share_bytes_per_second: of what is declared, or else of the slowest interface. excluded: the policy takes it never.
    """

    network: Network
    share_percent: int
    share_bytes_per_second: int | None
    excluded: bool
    hosts: tuple[Place, ...]
    tests: tuple[Tested, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworksSeen:
    """All networks, those that moves take first. smb_bytes_per_second: what Hyper-V's factor allows each host, all its
    moves together; empty where the policy has none. silent: hosts that did not answer, and why."""

    order: tuple[str, ...]
    on_missing: str
    networks: tuple[NetworkSeen, ...]
    smb_bytes_per_second: Mapping[HostName, int]
    silent: Mapping[HostName, str]


def seen(settings: Settings, facts: Facts, known: Known) -> NetworksSeen:
    """Put together what is configured, what hosts say, and what was tested."""
    choice = settings.policy.migration_networks
    order = settings.networks_for(choice)
    names = (*order, *(name for name in settings.networks if name not in order))
    return NetworksSeen(
        order=order,
        on_missing=choice.on_missing,
        networks=tuple(_network(settings.networks[name], settings, facts, known) for name in names),
        smb_bytes_per_second=dict(_smb(settings, facts)),
        silent={name: said.why for name, said in facts.hosts.items() if isinstance(said, Unknown)},
    )


def _network(network: Network, settings: Settings, facts: Facts, known: Known) -> NetworkSeen:
    percent = share(network, settings.policy)
    places = tuple(
        _place(name, said, network, settings)
        for name, said in facts.hosts.items()
        if network.name in settings.hosts[name].addresses
    )
    speeds = [place.bytes_per_second for place in places if place.bytes_per_second is not None]
    whole = int(network.capacity) if network.capacity is not None else min(speeds, default=None)
    return NetworkSeen(
        network=network,
        share_percent=percent,
        share_bytes_per_second=None if whole is None else whole * percent // 100,
        excluded=network.name in settings.policy.migration_networks.exclude,
        hosts=places,
        tests=tuple(_tests(network, frozenset(facts.hosts), known)),
    )


def _place(name: HostName, said: HostFacts | Unknown, network: Network, settings: Settings) -> Place:
    found = None if isinstance(said, Unknown) else interface(said, settings, network.name)
    rate = None if isinstance(said, Unknown) else speed(said, settings, network.name)
    percent = share(network, settings.policy_for(host=name))
    lesser = [value for value in (rate, network.capacity) if value is not None]
    return Place(
        host=name,
        address=settings.hosts[name].addresses[network.name],
        interface=None if found is None else found.name,
        up=None if found is None else found.up,
        mtu=None if found is None else found.mtu,
        bytes_per_second=rate,
        share_bytes_per_second=int(min(lesser)) * percent // 100 if lesser else None,
    )


def _tests(network: Network, hosts: frozenset[HostName], known: Known) -> Iterator[Tested]:
    for at, test in known.tests:
        if test.network == network.name and {test.source, test.destination} <= hosts and known.at is not None:
            yield Tested(
                source=test.source,
                destination=test.destination,
                age_seconds=max(0, int((known.at - at).total_seconds())),
                bytes_per_second=test.bytes_per_second,
                round_trip_ms=test.round_trip_ms,
                mtu=test.mtu,
                by=test.by,
            )


def _smb(settings: Settings, facts: Facts) -> Iterator[tuple[HostName, int]]:
    """Hyper-V's cap: the sum of all physical interfaces of a host, times the factor."""
    for name, host in facts.answering().items():
        factor = settings.policy_for(host=name).limits.smb_factor
        if factor is not None and not isinstance(host.interfaces, Unknown):
            cards = [one.speed_mbit for one in host.interfaces if one.kind == "physical" and one.speed_mbit is not None]
            yield name, sum(cards) * 10**6 // 8 * factor // _SMB_WHOLE


def roles(network: Network) -> str:
    """Its roles in words, that of migrations first."""
    return " ".join(role for role in Role if role in network.roles) or "none"
