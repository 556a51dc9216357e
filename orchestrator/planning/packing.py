"""Which piece goes into which room, so that nothing is overfilled and no rule is broken: or how far that is possible.

Pure arithmetic: a piece is a guest, or several that must stay together; a room is a host. Whoever asks knows what the
numbers mean. Deterministic: pieces and rooms are taken in the order in which they come, and names break every tie.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

EFFORT = 300_000  # questions whether a piece fits that one search may ask: a second at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """needs: of each resource, in the order of the rooms' numbers. fits: rooms that nothing else speaks against, the
    best one first. work: what moving it costs, in any unit. clashes: pieces that may not be in the same room; avoids:
    those that rather should not, draws: those that rather should. likes: rooms that are better than all others, none:
    all are as good; shuns: rooms that are worse."""

    name: str
    needs: tuple[int, ...]
    fits: tuple[str, ...]
    work: float = 0.0
    clashes: frozenset[str] = frozenset()
    avoids: frozenset[str] = frozenset()
    draws: frozenset[str] = frozenset()
    likes: frozenset[str] = frozenset()
    shuns: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """free: what is left of each resource. speed: work that arrives there in a second, of which slow rooms get less."""

    name: str
    free: tuple[int, ...]
    speed: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Packing:
    """places: piece → room, for all but those that are `left`. proven: that no way leaves fewer; where it is not, the
    search ended before it knew, and nobody may say that it is impossible."""

    places: Mapping[str, str]
    left: tuple[str, ...] = ()
    proven: bool = True


def pack(pieces: Sequence[Piece], rooms: Sequence[Room], *, effort: int = EFFORT) -> Packing:
    """Place all pieces, or all but the smallest set for which a way is found."""
    board = Board(pieces, rooms)
    for piece in board.by_difficulty():
        room = board.best(piece)
        if room is not None:
            board.put(piece, room)
    left = [p for p in board.pieces.values() if p.name not in board.places]
    if not left:
        return Packing(places=dict(board.places))
    left = _mended(board, left)
    if not left:
        return Packing(places=dict(board.places))
    return _exactly(board, [p.name for p in left], effort)


@dataclass
class Board:
    """Who is where so far, and what that leaves."""

    given: Sequence[Piece]
    rooms_given: Sequence[Room]
    pieces: dict[str, Piece] = field(init=False)
    rooms: dict[str, Room] = field(init=False)
    free: dict[str, list[int]] = field(init=False)
    inside: dict[str, set[str]] = field(init=False)
    burden: dict[str, float] = field(init=False)
    places: dict[str, str] = field(default_factory=dict)
    asked: int = 0

    def __post_init__(self) -> None:
        self.pieces = {p.name: p for p in self.given}
        self.rooms = {r.name: r for r in self.rooms_given}
        self.free = {r.name: list(r.free) for r in self.rooms_given}
        self.inside = {r.name: set() for r in self.rooms_given}
        self.burden = {r.name: 0.0 for r in self.rooms_given}

    def by_difficulty(self) -> list[Piece]:
        """The piece with the fewest rooms first, then the one that takes the largest part of what there is."""
        most = [max((r.free[d] for r in self.rooms_given), default=0) or 1 for d in range(self._dimensions())]
        part = {p.name: max((n / m for n, m in zip(p.needs, most, strict=True)), default=0.0) for p in self.given}
        return sorted(self.given, key=lambda p: (-part[p.name] if len(p.fits) > 1 else -9.0, len(p.fits), p.name))

    def _dimensions(self) -> int:
        return len(self.given[0].needs) if self.given else 0

    def fits(self, piece: Piece, room: str) -> bool:
        """Whether it may go there now."""
        self.asked += 1
        if any(need > free for need, free in zip(piece.needs, self.free[room], strict=True)):
            return False
        return not piece.clashes or piece.clashes.isdisjoint(self.inside[room])

    def open(self, piece: Piece) -> Iterator[str]:
        """The rooms that it may go to now, the one that is best for it first."""
        return (room for room in piece.fits if room in self.free and self.fits(piece, room))

    def best(self, piece: Piece) -> str | None:
        """The room with the least to receive so far; one with something the piece avoids only if there is no other."""
        return min(self.open(piece), key=lambda room: self.rank(piece, room), default=None)

    def wrongs(self, piece: Piece, room: str) -> int:
        """How many wishes would go unheard with it there."""
        met = len(piece.avoids & self.inside[room]) if piece.avoids else 0
        missed = sum(self.places.get(other, room) != room for other in piece.draws)
        return met + missed + (room in piece.shuns) + (bool(piece.likes) and room not in piece.likes)

    def rank(self, piece: Piece, room: str) -> tuple[int, float, int, str]:
        """How well it suits, the smallest best: wishes unheard, how long the room receives, what is free."""
        receives = (self.burden[room] + piece.work) / self.rooms[room].speed
        return self.wrongs(piece, room), receives, -(self.free[room][0] if self.free[room] else 0), room

    def put(self, piece: Piece, room: str) -> None:
        """Place it."""
        self.places[piece.name] = room
        self.inside[room].add(piece.name)
        self.burden[room] += piece.work
        self.free[room] = [f - n for f, n in zip(self.free[room], piece.needs, strict=True)]

    def take(self, piece: Piece) -> str:
        """Take it back."""
        room = self.places.pop(piece.name)
        self.inside[room].remove(piece.name)
        self.burden[room] -= piece.work
        self.free[room] = [f + n for f, n in zip(self.free[room], piece.needs, strict=True)]
        return room


_DEEPEST = 3  # pieces that are moved on so that one more finds a place
_PATIENCE = 10_000  # questions for that


def _mended(board: Board, left: list[Piece]) -> list[Piece]:
    """Make room for those that are left by moving placed ones on; answer who still is."""
    return [piece for piece in left if not squeezed_in(board, piece)]


def squeezed_in(board: Board, piece: Piece) -> bool:
    """Place it where it fits, or else where others make room by moving on; False: nothing was changed."""
    return _squeezed(board, piece, _DEEPEST, {piece.name}, board.asked + _PATIENCE)


def _squeezed(board: Board, piece: Piece, depth: int, moving: set[str], until: int) -> bool:
    room = board.best(piece)
    if room is not None:
        board.put(piece, room)
        return True
    if not depth:
        return False
    for here in (room for room in piece.fits if room in board.free):
        for other in sorted(board.inside[here] - moving):
            out = board.pieces[other]
            board.take(out)
            if board.fits(piece, here):
                board.put(piece, here)
                if _squeezed(board, out, depth - 1, moving | {other}, until):
                    return True
                board.take(piece)
            board.put(out, here)
            if board.asked > until:
                return False
    return False


def _exactly(board: Board, left: list[str], effort: int) -> Packing:
    """Search all ways for one that leaves fewer: none, then any one, and so on, until the effort is spent."""
    best = Packing(places=dict(board.places), left=tuple(sorted(left)), proven=False)
    hopeless = [p.name for p in board.given if not _alone(board, p)]
    spent = 0
    for fewer in range(len(hopeless), len(left)):
        search = _Search(board.given, board.rooms_given, effort - spent)
        found = search.run(fewer)
        spent += search.asked
        if found is not None:
            gone = tuple(sorted(set(board.pieces) - set(found)))
            return Packing(places=found, left=gone, proven=True)
        if search.spent:
            return best
    return Packing(places=best.places, left=best.left, proven=True)


def _alone(board: Board, piece: Piece) -> bool:
    """Whether it would fit anywhere if it were the only one."""
    rooms = (board.rooms[name] for name in piece.fits if name in board.rooms)
    return any(all(n <= f for n, f in zip(piece.needs, room.free, strict=True)) for room in rooms)


class _Search(Board):
    """All ways, one after the other: the piece with the fewest rooms left is placed, or left out, next."""

    def __init__(self, pieces: Sequence[Piece], rooms: Sequence[Room], effort: int) -> None:
        super().__init__(pieces, rooms)
        self._effort = effort
        self._alike = _alike(pieces)

    @property
    def spent(self) -> bool:
        """Whether the search ended before it knew."""
        return self.asked > self._effort

    def run(self, may_leave: int) -> dict[str, str] | None:
        """The places of all but so many; None: there is no such way, or the effort is spent."""
        return self._next(dict(self.pieces), may_leave)

    def _next(self, open_: dict[str, Piece], may_leave: int) -> dict[str, str] | None:
        if not open_:
            return dict(self.places)
        if self.spent or self._too_much(open_, may_leave):
            return None
        name, rooms = self._hardest(open_)
        piece = open_.pop(name)
        seen: set[object] = set()
        for room in rooms:
            twin = (tuple(self.free[room]), self._alike.get(room), frozenset(self.inside[room] & self._clashing()))
            if twin in seen:
                continue
            seen.add(twin)
            self.put(piece, room)
            found = self._next(open_, may_leave)
            if found is not None:
                return found
            self.take(piece)
        found = self._next(open_, may_leave - 1) if may_leave else None
        open_[name] = piece
        return found

    def _hardest(self, open_: Mapping[str, Piece]) -> tuple[str, list[str]]:
        fewest: tuple[int, float, str] | None = None
        chosen: tuple[str, list[str]] = ("", [])
        for name, piece in open_.items():
            rooms = list(self.open(piece))
            rank = (len(rooms), -float(sum(piece.needs)), name)
            if fewest is None or rank < fewest:
                fewest, chosen = rank, (name, rooms)
                if not rooms:
                    break
        return chosen

    def _too_much(self, open_: Mapping[str, Piece], may_leave: int) -> bool:
        """Whether what is left to place is more than all rooms together have, even without the largest ones."""
        for dimension in range(self._dimensions()):
            needs = sorted((p.needs[dimension] for p in open_.values()), reverse=True)[may_leave:]
            if sum(needs) > sum(free[dimension] for free in self.free.values()):
                return True
        return False

    def _clashing(self) -> frozenset[str]:
        return frozenset(name for piece in self.given for name in piece.clashes)


def _alike(pieces: Sequence[Piece]) -> dict[str, frozenset[str]]:
    """Room → the pieces that may go there: two rooms with the same are exchangeable as far as these go."""
    found: dict[str, set[str]] = {}
    for piece in pieces:
        for room in piece.fits:
            found.setdefault(room, set()).add(piece.name)
    return {room: frozenset(names) for room, names in found.items()}
