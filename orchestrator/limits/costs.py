"""What one move takes of each resource, and how much there is of it."""

from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum

from orchestrator.limits import resources
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.policy import Charge, Limits
from orchestrator.model.transport import Mode

Capacities = Callable[[str], int | None]
"""Resource → how much of it there is; None: no limit. Raises KeyError for a resource that no limit knows."""

TEN_GBIT = 10**10  # bits per second: below it vSphere, and `network_below_10gbit`, count a network as slow
_GIB = 2**30


class Kind(StrEnum):
    """What is moved, as the costs of a policy tell it apart."""

    LIVE = "live"
    STORAGE = "storage"
    LIVE_WITH_STORAGE = "live_with_storage"
    OFFLINE = "offline"


def kind_of(move: Move) -> Kind:
    """A paused guest travels as a running one does; one that is shut down, or only defined, travels offline."""
    if move.transport.mode in (Mode.OFFLINE, Mode.COLD):
        return Kind.OFFLINE
    return Kind.LIVE_WITH_STORAGE if move.transport.disks else Kind.LIVE


def costs(move: Move, limits: Limits) -> Mapping[str, int]:
    """What a move takes, from its admission to its verdict; what it takes nothing of is left out."""
    return bill(
        kind_of(move),
        limits,
        source=move.source,
        destination=move.destination,
        network=move.transport.network,
        pools=move.pools,
        memory_bytes=move.memory_bytes,
    )


def bill(
    kind: Kind,
    limits: Limits,
    *,
    source: HostName | None,
    destination: HostName | None,
    network: str = "",
    pools: Iterable[str] = (),
    memory_bytes: int = 0,
) -> Mapping[str, int]:
    """The same for any kind of move. An end that is None is not counted (nobody knows it), a host that is both once."""
    charge: Charge = getattr(limits.costs, kind.value)
    live = charge.live
    if kind in (Kind.LIVE, Kind.LIVE_WITH_STORAGE) and limits.gib_per_slot is not None and live:
        live += memory_bytes // (limits.gib_per_slot * _GIB)
    taken: dict[str, int] = {resources.TOTAL: charge.total}
    for host in dict.fromkeys(end for end in (source, destination) if end is not None):
        taken[resources.of_host(host, "live")] = live
        taken[resources.of_host(host, "storage")] = charge.storage
        taken[resources.of_host(host, "units")] = charge.units
        if network:
            taken[resources.of_network(network, host)] = charge.network
    if source is not None:
        taken[resources.of_host(source, "outgoing")] = charge.outgoing
    if destination is not None:
        taken[resources.of_host(destination, "incoming")] = charge.incoming
    taken |= {resources.of_pool(pool): charge.pool for pool in pools}
    return {resource: cost for resource, cost in taken.items() if cost}


def capacities(
    limits: Limits,
    limits_of: Callable[[HostName], Limits],
    network_bps: Callable[[str, HostName], int | None],
) -> Capacities:
    """How much there is: what concerns all hosts from `limits`, what concerns one from its own.

    network_bps: what a network carries at a host, in bits per second; None: nobody knows, and it counts as slow where
    slow networks have a limit of their own.
    """

    def capacity(resource: str) -> int | None:
        counter = resources.counter_of(resource)
        host = resources.host_of(resource)
        if host is None:
            return limits.total if counter == "total" else limits.pool
        own = limits_of(host)
        if counter == "live":
            return _smallest(own.live, own.live_in_cluster)
        if counter == "network":
            carries = network_bps(resources.network_of(resource), host)
            slow = carries is None or carries < TEN_GBIT
            return _smallest(own.network, own.network_below_10gbit if slow else None)
        found: int | None = getattr(own, counter)
        return found

    return capacity


def _smallest(*limits: int | None) -> int | None:
    return min((limit for limit in limits if limit is not None), default=None)
