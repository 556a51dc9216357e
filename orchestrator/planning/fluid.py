"""How soon so much work can be through at all, were it a fluid: a bound for every layout, whatever the links."""

from collections.abc import Sequence
from dataclasses import dataclass

_STEPS = 60  # halvings: beyond the precision of the numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class Lanes:
    """What leads to one room. count: at once. speed: work in a second of one of them. most: work that it can take."""

    count: int
    speed: float
    most: float


def soonest(work: float, lanes: Sequence[Lanes], at_once: int) -> float:
    """Seconds in which so much work is through, of which at most so many lanes are used at once; 0 where it has no
    room at all, so that nothing is said by it."""
    fastest = sorted(lanes, key=lambda one: -one.speed)
    if work <= 0 or sum(one.most for one in fastest if one.speed > 0) < work:
        return 0.0
    too_soon, enough = 0.0, 1.0
    while not _is_through(work, fastest, at_once, enough):
        too_soon, enough = enough, enough * 2
    for _ in range(_STEPS):
        middle = (too_soon + enough) / 2
        if _is_through(work, fastest, at_once, middle):
            enough = middle
        else:
            too_soon = middle
    return too_soon


def _is_through(work: float, fastest: Sequence[Lanes], at_once: int, seconds: float) -> bool:
    """Whether the fastest lanes, each for as long as it may and has room, are enough."""
    left = at_once * seconds
    for one in fastest:
        if one.speed <= 0:
            continue
        carried = min(one.most, one.speed * min(left, one.count * seconds), work)
        work, left = work - carried, left - carried / one.speed
    return work <= 0
