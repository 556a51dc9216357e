"""The way of a canary: along every ordered pair of hosts, each once, and home again."""

from collections import deque
from collections.abc import Sequence, Set

from orchestrator.model.canary import Way
from orchestrator.model.host import HostName


def ways(hosts: Sequence[HostName]) -> tuple[Way, ...]:
    """Every ordered pair of the hosts."""
    return tuple((here, there) for here in hosts for there in hosts if here != there)


def tour(hosts: Sequence[HostName]) -> tuple[HostName, ...]:
    """The stops of a tour from the first host along every ordered pair and back, where nothing is closed."""
    stops, tried = [hosts[0]], set[Way]()
    while (stop := next_stop(hosts, stops[-1], hosts[0], tried)) is not None:
        tried.add((stops[-1], stop))
        stops.append(stop)
    return tuple(stops)


def next_stop(
    hosts: Sequence[HostName],
    here: HostName,
    home: HostName,
    tried: Set[Way],
    closed: Set[Way] = frozenset(),
) -> HostName | None:
    """Where to go from here. None: home again with nothing left to try, or no open way leads any further.

    tried: ways taken, or found closed. closed: ways that let nobody pass. Where nothing is closed no way is taken
    twice: from a host all later ones are visited, each with all that follows it, and each visit is returned at once.
    """
    untried = [there for there in hosts if there != here and (here, there) not in tried]
    if untried:
        return _chosen(hosts, here, untried, tried)
    eager = {one for one, there in ways(hosts) if (one, there) not in tried}
    return _first_step(hosts, here, eager, closed) or _first_step(hosts, here, {home}, closed)


def _chosen(hosts: Sequence[HostName], here: HostName, untried: Sequence[HostName], tried: Set[Way]) -> HostName:
    later = hosts[hosts.index(here) + 1 :]
    fresh = [there for there in untried if there in later and (there, here) not in tried]
    owed = [there for there in untried if (there, here) in tried]
    return fresh[0] if fresh else (owed or untried)[-1]


def _first_step(hosts: Sequence[HostName], here: HostName, goals: Set[HostName], closed: Set[Way]) -> HostName | None:
    """The first step of a shortest way over ways that are not closed; None where there is none, or no need for it."""
    if here in goals:
        return None
    first: dict[HostName, HostName] = {}
    waiting = deque([here])
    while waiting:
        at = waiting.popleft()
        for there in hosts:
            if there in (at, here) or there in first or (at, there) in closed:
                continue
            first[there] = first.get(at, there)
            if there in goals:
                return first[there]
            waiting.append(there)
    return None
