"""Where each of many guests goes and when: places that fit, changed for as long as that ends the whole sooner."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod

from orchestrator.planning.packing import Board, Packing, Piece, Room, pack, squeezed_in
from orchestrator.planning.timetable import CLOSE_ENOUGH, Job, Slots, Timetable, arrange, bound

_FEW = 500  # ways to place all pieces that are tried one by one
_TRIALS = 60  # other places that one layout may try, each with a timetable of its own


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """One piece and what is known of its move. seconds: room → how long the move there lasts. rank: as of a Job."""

    piece: Piece
    source: str
    seconds: Callable[[str], float]
    rank: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """bound: of all layouts, also of those with other places; the timetable's own is of these places."""

    packing: Packing
    timetable: Timetable
    bound: float


def lay_out(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> Layout:
    """Pack first: that nothing is left behind counts more than time. Then shorten."""
    by_name = {trip.piece.name: trip for trip in trips}
    packing = _packed(trips, rooms, slots)
    table = arrange(_jobs(by_name, packing.places), slots)
    least = _least(by_name, packing.places, rooms, slots)
    if table.makespan <= least * CLOSE_ENOUGH:
        return Layout(packing=packing, timetable=table, bound=least)
    every = _every(by_name, rooms, packing, slots)
    if every is not None:
        return Layout(packing=replace(packing, places=every[0]), timetable=every[1], bound=least)
    places, table = _shortened(by_name, rooms, packing.places, table, slots, least)
    return Layout(packing=replace(packing, places=places), timetable=table, bound=least)


def _packed(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> Packing:
    """All of them where they are over soonest; where that leaves some behind, as few as there is a way for."""
    soonest = _soonest(trips, rooms, slots)
    if soonest is not None:
        return Packing(places=soonest)
    packing = pack([trip.piece for trip in trips], rooms)
    again = _soonest([trip for trip in trips if trip.piece.name in packing.places], rooms, slots)
    return packing if again is None else replace(packing, places=again)


def _soonest(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> Mapping[str, str] | None:
    """Each piece, the longest way first, where it is over soonest; None where one finds no place like this."""
    board = Board([trip.piece for trip in trips], rooms)
    free_from = {host: [0.0] * count for host, count in slots.of.items()}
    for trip in sorted(trips, key=lambda t: (t.rank, -t.piece.work, t.piece.name)):
        here = free_from[trip.source]
        chosen = min(
            ((board.rank(trip.piece, room)[0], max(here[0], free_from[room][0]) + trip.seconds(room),
              board.rank(trip.piece, room), room) for room in board.open(trip.piece)),
            default=None,
        )  # fmt: skip
        if chosen is None:
            if not squeezed_in(board, trip.piece):
                return None
            continue
        _, end, _, room = chosen
        board.put(trip.piece, room)
        heapq.heapreplace(here, end)
        heapq.heapreplace(free_from[room], end)
    return dict(board.places)


def _jobs(trips: Mapping[str, Trip], places: Mapping[str, str]) -> list[Job]:
    return [
        Job(
            name=name,
            source=trips[name].source,
            destination=room,
            seconds=trips[name].seconds(room),
            rank=trips[name].rank,
        )
        for name, room in places.items()
    ]


def _every(
    trips: Mapping[str, Trip], rooms: Sequence[Room], packing: Packing, slots: Slots
) -> tuple[dict[str, str], Timetable] | None:
    """The best of all ways to place the same pieces, where these are few enough to be tried one by one."""
    names = sorted(packing.places)
    choices = [[room.name for room in rooms if room.name in trips[name].piece.fits] for name in names]
    if prod(len(choice) for choice in choices) > _FEW:
        return None
    best: tuple[dict[str, str], Timetable] | None = None
    for chosen in product(*choices):
        places = dict(zip(names, chosen, strict=True))
        jobs = _jobs(trips, places)
        if best is not None and bound(jobs, slots) >= best[1].makespan:
            continue
        board = Board([trips[name].piece for name in names], rooms)
        if not _made(board, places, new=True):
            continue
        table = arrange(jobs, slots)
        if best is None or table.makespan < best[1].makespan:
            best = places, table
    return best


def _least(trips: Mapping[str, Trip], places: Mapping[str, str], rooms: Sequence[Room], slots: Slots) -> float:
    """Every move as short as its best room makes it, and all rooms together as one: nothing can be sooner than that."""
    usable = [room for room in rooms if any(room.name in trips[name].piece.fits for name in places)]
    best = [
        Job(
            name=name,
            source=trips[name].source,
            destination="",
            seconds=min(trips[name].seconds(room) for room in trips[name].piece.fits),
        )
        for name in places
    ]
    together = Slots(of={**slots.of, "": sum(slots.of[room.name] for room in usable) or 1}, total=slots.total)
    work, speed = sum(trips[name].piece.work for name in places), sum(room.speed for room in usable)
    return max(bound(best, together), work / speed if speed else 0.0)


def _shortened(
    trips: Mapping[str, Trip],
    rooms: Sequence[Room],
    places: Mapping[str, str],
    table: Timetable,
    slots: Slots,
    least: float,
) -> tuple[Mapping[str, str], Timetable]:
    """Move single pieces, and pairs that change places, out of the rooms where it takes longest."""
    board = Board([trip.piece for trip in trips.values()], rooms)
    for name, room in places.items():
        board.put(board.pieces[name], room)
    tried = 0
    improved = True
    while improved and table.makespan > least * CLOSE_ENOUGH:
        improved = False
        for change in _changes(board, trips, table):
            tried += 1
            if tried > _TRIALS:
                return dict(board.places), arrange(_jobs(trips, board.places), slots)
            before = dict(board.places)
            if not _made(board, change):
                continue
            new = arrange(_jobs(trips, board.places), slots, search=False)
            if new.makespan < table.makespan - 1e-9:
                table, improved = new, True
                break
            _made(board, {name: before[name] for name in change}, surely=True)
    return dict(board.places), arrange(_jobs(trips, board.places), slots)


def _changes(board: Board, trips: Mapping[str, Trip], table: Timetable) -> list[dict[str, str]]:
    """Other places for the moves that end last, the most promising first; then pairs of them with another one."""
    last = sorted(table.jobs, key=lambda job: -(table.begins[job.name] + job.seconds))[:8]
    single = [
        (trips[job.name].seconds(room), {job.name: room})
        for job in last
        for room in trips[job.name].piece.fits
        if room != job.destination and room in board.free
    ]
    pairs = [
        (0.0, {job.name: other.destination, other.name: job.destination})
        for job in last[:4]
        for other in table.jobs
        if other.destination != job.destination
        and other.destination in trips[job.name].piece.fits
        and job.destination in trips[other.name].piece.fits
    ]
    return [change for _, change in sorted(single, key=lambda one: one[0])] + [change for _, change in pairs]


def _made(board: Board, change: Mapping[str, str], *, surely: bool = False, new: bool = False) -> bool:
    """Take the pieces out and put them where they are to be; everything stays as it was where one does not fit."""
    before = {} if new else {name: board.take(board.pieces[name]) for name in change}
    done: list[str] = []
    for name, room in change.items():
        if not surely and not board.fits(board.pieces[name], room):
            for back in done:
                board.take(board.pieces[back])
            for back, there in before.items():
                board.put(board.pieces[back], there)
            return False
        board.put(board.pieces[name], room)
        done.append(name)
    return True
