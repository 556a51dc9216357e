"""Where each of many guests goes and when: places that fit, changed for as long as that ends the whole sooner."""

import heapq
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, product
from math import prod

from orchestrator.planning.fluid import Lanes, soonest
from orchestrator.planning.packing import Board, Packing, Piece, Room, pack, squeezed_in
from orchestrator.planning.timetable import CLOSE_ENOUGH, Job, Slots, Timetable, arrange, bound, together_as_one

_FEW = 500  # ways to place all pieces that are tried one by one
_TRIALS = 60  # other places that one layout may try, each with a timetable of its own
_LAST, _LAST_OF_PAIRS = 8, 4  # of the moves that end last, so many are tried elsewhere, alone and with another one


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
    """Pack first: that nothing is left behind counts more than wishes, and these more than time. Then shorten."""
    packing = _packed(trips, rooms, slots)
    placed = [trip for trip in trips if trip.piece.name in packing.places]
    search = _Search(trips=placed, rooms=rooms, slots=slots, least=_least(placed, rooms, slots))
    found = search.best(packing.places)
    return Layout(packing=replace(packing, places=found.places), timetable=found.table, bound=search.least)


def _packed(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> Packing:
    """All of them where they are over soonest; where that leaves some behind, as few as there is a way for."""
    places = _one_after_the_other(trips, rooms, slots)
    if places is not None:
        return Packing(places=places)
    packing = pack([trip.piece for trip in trips], rooms)
    again = _one_after_the_other([trip for trip in trips if trip.piece.name in packing.places], rooms, slots)
    return packing if again is None else replace(packing, places=again)


def _one_after_the_other(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> Mapping[str, str] | None:
    """Each piece, the longest way first, where it is over soonest; None where one finds no place like this."""
    board = Board([trip.piece for trip in trips], rooms)
    free_from = {host: [0.0] * count for host, count in slots.of.items()}
    for trip in sorted(trips, key=lambda t: (t.rank, -t.piece.work, t.piece.name)):
        here = free_from[trip.source]
        chosen = min(
            ((board.wrongs(trip.piece, room), max(here[0], free_from[room][0]) + trip.seconds(room),
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


def _least(trips: Sequence[Trip], rooms: Sequence[Room], slots: Slots) -> float:
    """Nothing is over before every move has taken what its best room makes of it, through all rooms as if they were
    one; nor before all the work, as if it were a fluid, has passed through the rooms that have place for it."""
    usable = [room for room in rooms if any(room.name in trip.piece.fits for trip in trips)]
    best = [
        Job(name=trip.piece.name, source=trip.source, destination="", seconds=min(map(trip.seconds, trip.piece.fits)))
        for trip in trips
    ]
    whole = bound(best, together_as_one(slots, [room.name for room in usable]))
    at_once = sum(slots.of[source] for source in {trip.source for trip in trips})
    lanes = [
        Lanes(count=slots.of[room.name], speed=_speed(trips, room), most=_most_work(trips, room)) for room in usable
    ]
    work = sum(trip.piece.work for trip in trips)
    return max(whole, soonest(work, lanes, min(at_once, slots.total or at_once)))


def _speed(trips: Sequence[Trip], room: Room) -> float:
    """The most work that any move there does in a second."""
    there = (trip for trip in trips if room.name in trip.piece.fits)
    return max(trip.piece.work / seconds for trip in there if (seconds := trip.seconds(room.name)) > 0)


def _most_work(trips: Sequence[Trip], room: Room) -> float:
    """The most work that the first resource of the room leaves place for."""
    needing = [trip.piece for trip in trips if room.name in trip.piece.fits]
    if not room.free or any(not piece.needs[0] for piece in needing):
        return sum(piece.work for piece in needing)
    return room.free[0] * max(piece.work / piece.needs[0] for piece in needing)


@dataclass(frozen=True, slots=True)
class _Way:
    """Places for all, what they lead to, and how many wishes they leave unheard."""

    places: Mapping[str, str]
    table: Timetable
    unheard: int

    def is_better_than(self, other: "_Way") -> bool:
        return (self.unheard, self.table.makespan) < (other.unheard, other.table.makespan - 1e-9)


@dataclass(kw_only=True)
class _Search:
    """For other places of the same pieces."""

    trips: Sequence[Trip]
    rooms: Sequence[Room]
    slots: Slots
    least: float
    by_name: Mapping[str, Trip] = field(init=False)

    def __post_init__(self) -> None:
        self.by_name = {trip.piece.name: trip for trip in self.trips}

    def best(self, places: Mapping[str, str]) -> _Way:
        """The best of all ways where these are few; else these places, improved step by step."""
        first = self._way(self._board(places))
        if self._is_good_enough(first):
            return first
        choices = [[(trip.piece.name, room) for room in self._rooms_of(trip)] for trip in self.trips]
        if prod(len(choice) for choice in choices) <= _FEW:
            return self._best_of(first, (dict(chosen) for chosen in product(*choices)))
        return self._improved(first)

    def _is_good_enough(self, way: _Way) -> bool:
        return not way.unheard and way.table.makespan <= self.least * CLOSE_ENOUGH

    def _best_of(self, best: _Way, ways: Iterator[dict[str, str]]) -> _Way:
        for places in ways:
            board = Board([trip.piece for trip in self.trips], self.rooms)
            if board.put_all(places):
                hopeless = board.unheard() == best.unheard and self._too_late(places, best)
                if board.unheard() <= best.unheard and not hopeless:
                    way = self._way(board)
                    best = way if way.is_better_than(best) else best
        return best

    def _too_late(self, places: Mapping[str, str], best: _Way) -> bool:
        return bound(self._jobs(places), self.slots) >= best.table.makespan

    def _improved(self, best: _Way) -> _Way:
        """Move single pieces, and pairs that change places, out of the rooms where it takes longest."""
        board, trials, found_one = self._board(best.places), 0, True
        while found_one and trials < _TRIALS and not self._is_good_enough(best):
            found_one = False
            for change in self._changes(board, best.table):
                before = {name: board.places[name] for name in change}
                if trials == _TRIALS:
                    break
                trials += 1
                if board.move_all(change):
                    way = self._way(board, search=False)
                    if way.is_better_than(best):
                        best, found_one = way, True
                        break
                    board.move_all(before)
        return self._way(self._board(best.places))

    def _changes(self, board: Board, table: Timetable) -> Iterator[dict[str, str]]:
        """Other places for the moves that end last, the quickest first; then each of them in exchange for another."""
        last = sorted(table.jobs, key=lambda job: -(table.begins[job.name] + job.seconds))[:_LAST]
        alone = [
            (self.by_name[job.name].seconds(room), {job.name: room})
            for job in last
            for room in self._rooms_of(self.by_name[job.name])
            if room != job.destination
        ]
        exchanged = (
            {job.name: other.destination, other.name: job.destination}
            for job in last[:_LAST_OF_PAIRS]
            for other in table.jobs
            if other.destination != job.destination
            and other.destination in board.pieces[job.name].fits
            and job.destination in board.pieces[other.name].fits
        )
        return chain((change for _, change in sorted(alone, key=lambda one: one[0])), exchanged)

    def _rooms_of(self, trip: Trip) -> list[str]:
        return [room.name for room in self.rooms if room.name in trip.piece.fits]

    def _board(self, places: Mapping[str, str]) -> Board:
        board = Board([trip.piece for trip in self.trips], self.rooms)
        board.put_all(places)
        return board

    def _way(self, board: Board, *, search: bool = True) -> _Way:
        table = arrange(self._jobs(board.places), self.slots, search=search)
        return _Way(dict(board.places), table, board.unheard())

    def _jobs(self, places: Mapping[str, str]) -> list[Job]:
        there = ((self.by_name[name], room) for name, room in places.items())
        return [
            Job(
                name=trip.piece.name,
                source=trip.source,
                destination=room,
                seconds=trip.seconds(room),
                rank=trip.rank,
            )
            for trip, room in there
        ]
