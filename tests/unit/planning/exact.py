"""Exact answers for small instances, by trying everything: how few pieces must stay, and how soon all can be over."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations

from orchestrator.planning.layout import Trip
from orchestrator.planning.packing import Piece, Room
from orchestrator.planning.timetable import Job, Slots


def fewest_left(pieces: Sequence[Piece], rooms: Sequence[Room]) -> int:
    """The smallest number of pieces that any placement leaves."""
    return min(len(pieces) - len(places) for places in placements(pieces, rooms, partial=True))


def placements(pieces: Sequence[Piece], rooms: Sequence[Room], *, partial: bool = False) -> Iterator[dict[str, str]]:
    """Every allowed way to place all pieces; partial: also those that leave some."""
    if not pieces:
        yield {}
        return
    first, rest = pieces[0], pieces[1:]
    by_name = {piece.name: piece for piece in pieces}
    for places in placements(rest, rooms, partial=partial):
        for room in rooms:
            inside = [by_name[name] for name, where in places.items() if where == room.name]
            taken = [sum(numbers) for numbers in zip(first.needs, *(piece.needs for piece in inside), strict=True)]
            clash = any(first.name in p.clashes or p.name in first.clashes for p in inside)
            if room.name in first.fits and not clash and all(t <= f for t, f in zip(taken, room.free, strict=True)):
                yield {**places, first.name: room.name}
        if partial:
            yield places


def is_allowed(places: Mapping[str, str], pieces: Sequence[Piece], rooms: Sequence[Room]) -> bool:
    """Whether nothing is overfilled, nobody is where he does not fit, and nobody meets whom he must not."""
    by_name = {piece.name: piece for piece in pieces}
    for room in rooms:
        inside = [by_name[name] for name, where in places.items() if where == room.name]
        taken = [sum(numbers) for numbers in zip(*(piece.needs for piece in inside), strict=True)]
        if any(t > f for t, f in zip(taken, room.free, strict=False)):
            return False
        if any(room.name not in p.fits or p.clashes & {other.name for other in inside} for p in inside):
            return False
    return True


def soonest(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> float:
    """The earliest end of all moves, over every placement and every order; inf where not all find a place."""
    by_name = {trip.piece.name: trip for trip in trips}
    best = float("inf")
    for places in placements([trip.piece for trip in trips], rooms):
        jobs = [
            Job(name=name, source=by_name[name].source, destination=room, seconds=by_name[name].seconds(room))
            for name, room in places.items()
        ]
        best = min(best, shortest(jobs, slots, best))
    return best


def shortest(jobs: Sequence[Job], slots: Slots, known: float = float("inf")) -> float:
    """The earliest end of these moves over every order in which they take their slots; `known` where none is less."""
    for order in permutations(jobs):
        known = min(known, _end(order, slots, known))
    return known


def _end(order: Sequence[Job], slots: Slots, known: float) -> float:
    """Each move, in this order, as soon as both of its hosts (and the total) have a slot."""
    free = {host: [0.0] * count for host, count in slots.of.items()}
    everywhere = [0.0] * (slots.total or len(order))
    over = 0.0
    for job in order:
        begins = max(min(free[job.source]), min(free[job.destination]), min(everywhere))
        for lanes in (free[job.source], free[job.destination], everywhere):
            lanes[lanes.index(min(lanes))] = begins + job.seconds
        over = max(over, begins + job.seconds)
        if over >= known:
            return known
    return over
