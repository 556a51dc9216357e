"""How copies share the links of their hosts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.model.host import HostName

NOTHING = 1e-9  # share of the largest link that is no longer worth sharing


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """What one copy would send, in bytes per second on the wire."""

    source: HostName
    destination: HostName
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What a host can send and receive, in bytes per second."""

    egress: float
    ingress: float


def share(demands: Sequence[Demand], capacities: Mapping[HostName, Capacity]) -> list[float]:
    """Give every demand its fair share: all grow together until a link is full or a demand is met (max-min)."""
    given = [0.0] * len(demands)
    growing = set(range(len(demands)))
    room = {(host, "out"): capacity.egress for host, capacity in capacities.items()}
    room |= {(host, "in"): capacity.ingress for host, capacity in capacities.items()}
    ways = [((d.source, "out"), (d.destination, "in")) for d in demands]
    most = max(room.values(), default=0.0)
    while growing:
        users = {link: sum(link in ways[i] for i in growing) for link in room}
        wanted = [demands[i].most - given[i] for i in growing]
        step = min(wanted + [room[link] / count for link, count in users.items() if count])
        for i in growing:
            given[i] += step
            for link in ways[i]:
                room[link] -= step
        full = {link for link, count in users.items() if count and room[link] <= NOTHING * most}
        growing = {i for i in growing if demands[i].most - given[i] > NOTHING * most and not full.intersection(ways[i])}
    return given
