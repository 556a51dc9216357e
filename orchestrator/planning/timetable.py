"""In which order moves begin so that all of them are over soonest, and how soon that can be at all.

A move takes one slot at each of its two ends for as long as it lasts; the next one begins as soon as both ends of some
waiting move are free, in the order of the list: as the ledger admits them. Times are forecasts, in seconds.
"""

import heapq
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

CLOSE_ENOUGH = 1.005  # of the bound: nothing that is worth the search is left to gain
_EFFORT = 20_000  # timetables that one arrangement may work out, times the square of its moves


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One move. rank: the smaller one first, whatever the times say. after: moves that must be over before it."""

    name: str
    source: str
    destination: str
    seconds: float
    rank: int = 0
    after: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """How many moves a host may take part in at once, by host; `total` of all hosts, None: as many as there are."""

    of: Mapping[str, int]
    total: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """jobs in the order in which they begin; begins, seconds from now; bound: sooner than that it cannot be over."""

    jobs: tuple[Job, ...]
    begins: Mapping[str, float]
    makespan: float
    bound: float


def arrange(jobs: Sequence[Job], slots: Slots, *, search: bool = True) -> Timetable:
    """The longest first, never across ranks; with a bounded search for an order that is over sooner."""
    order = sorted(jobs, key=lambda job: (job.rank, -job.seconds, job.name))
    least = bound(jobs, slots)
    best = _worked_out(order, slots, least)
    trials = 0
    while search and best.makespan > least * CLOSE_ENOUGH:
        better = None
        for other in _neighbours(order):
            trials += 1
            if trials > max(20, _EFFORT // (len(order) ** 2)):
                return best
            tried = _worked_out(other, slots, least)
            if tried.makespan < best.makespan - 1e-9:
                better, order = tried, other
                break
        if better is None:
            return best
        best = better
    return best


def bound(jobs: Iterable[Job], slots: Slots) -> float:
    """No order is over before the longest move, and before each host's moves have passed through its slots."""
    longest, everything = 0.0, 0.0
    at: defaultdict[str, float] = defaultdict(float)
    for job in jobs:
        longest, everything = max(longest, job.seconds), everything + job.seconds
        at[job.source] += job.seconds
        at[job.destination] += job.seconds
    through = max((seconds / slots.of[host] for host, seconds in at.items()), default=0.0)
    return max(longest, through, everything / slots.total if slots.total else 0.0)


def together_as_one(slots: Slots, hosts: Iterable[str]) -> Slots:
    """The same, and all of these hosts also as one with the name "": for a bound that holds wherever moves lead."""
    return Slots(of={**slots.of, "": sum(slots.of[host] for host in hosts) or 1}, total=slots.total)


def _neighbours(order: Sequence[Job]) -> Iterable[list[Job]]:
    """Every order in which two moves of one rank have changed places."""
    for here in range(len(order)):
        for there in range(here + 1, len(order)):
            if order[here].rank == order[there].rank and order[here].seconds != order[there].seconds:
                changed = list(order)
                changed[here], changed[there] = changed[there], changed[here]
                yield changed


def _worked_out(order: Sequence[Job], slots: Slots, least: float) -> Timetable:
    """Begin what may begin, in this order, whenever a slot comes free."""
    free = dict(slots.of)
    left = slots.total if slots.total is not None else len(order)
    waiting, running = list(order), list[tuple[float, int, Job]]()
    begins: dict[str, float] = {}
    over: set[str] = set()
    now = 0.0
    while waiting:
        rest = []
        for job in waiting:
            if left and free[job.source] > 0 and free[job.destination] > 0 and job.after <= over:
                left, begins[job.name] = left - 1, now
                free[job.source] -= 1
                free[job.destination] -= 1
                heapq.heappush(running, (now + job.seconds, len(begins), job))
            else:
                rest.append(job)
        waiting = rest
        if not running:
            raise ValueError(f"nothing can begin: {', '.join(job.name for job in waiting)}")
        now, _, done = heapq.heappop(running)
        left, over = left + 1, over | {done.name}
        free[done.source] += 1
        free[done.destination] += 1
    makespan = max((end for end, _, _ in running), default=now)
    began = sorted(order, key=lambda job: begins[job.name])
    return Timetable(jobs=tuple(began), begins=begins, makespan=max(makespan, now), bound=least)
