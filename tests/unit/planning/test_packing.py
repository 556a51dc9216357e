"""Pieces in rooms: never fewer placed than an exact search places, nothing overfilled, no rule broken."""

import random

import pytest

from orchestrator.planning.packing import Piece, Room, pack
from tests.unit.planning.exact import fewest_left, is_allowed


def rooms(*free: int) -> list[Room]:
    return [Room(name=f"r{number}", free=(room,)) for number, room in enumerate(free)]


def pieces(fits: list[Room], *needs: int) -> list[Piece]:
    names = tuple(room.name for room in fits)
    return [Piece(name=f"p{number}", needs=(need,), fits=names) for number, need in enumerate(needs)]


def instance(seed: int) -> tuple[list[Piece], list[Room]]:
    """Up to seven pieces and three rooms in two resources, tight, with clashes."""
    chance = random.Random(seed)
    there = [
        Room(name=f"r{n}", free=(chance.randrange(4, 14), chance.randrange(4, 14)))
        for n in range(chance.choice([2, 3]))
    ]
    names = [f"p{number}" for number in range(chance.randrange(3, 8))]
    clashes: dict[str, set[str]] = {name: set() for name in names}
    for _ in range(chance.randrange(4)):
        one, other = chance.sample(names, 2)
        clashes[one].add(other)
        clashes[other].add(one)
    return [
        Piece(
            name=name,
            needs=(chance.randrange(1, 8), chance.randrange(1, 8)),
            fits=tuple(room.name for room in there if chance.random() < 0.8),
            clashes=frozenset(clashes[name]),
        )
        for name in names
    ], there


@pytest.mark.parametrize("block", range(10))
def test_it_leaves_no_more_than_an_exact_search(block: int) -> None:
    left = 0
    for seed in range(block * 20, block * 20 + 20):
        given, there = instance(seed)
        found = pack(given, there)
        assert is_allowed(found.places, given, there), seed
        assert set(found.places) | set(found.left) == {piece.name for piece in given}
        assert found.proven, seed
        assert len(found.left) == fewest_left(given, there), seed
        assert found == pack(given, there)
        left += len(found.left)
    assert left  # some of them do not fit: otherwise this would show nothing of the smallest set


def test_the_largest_first_is_not_enough_and_placed_pieces_move_on() -> None:
    there = rooms(10, 10)
    found = pack(pieces(there, 6, 5, 5, 4), there)
    assert found.left == () and found.proven


def test_what_was_not_searched_to_the_end_is_not_called_proven() -> None:
    there = rooms(10, 10, 10)
    given = pieces(there, 6, 6, 6, 6)  # 24 of 30, and yet one has no place
    whole = pack(given, there)
    assert whole.left and whole.proven
    cut = pack(given, there, effort=1)
    assert cut.left and not cut.proven


def test_wishes_are_heard_where_nothing_is_lost_by_it() -> None:
    there = rooms(10, 10, 10)
    one, other, third = pieces(there, 1, 1, 1)

    def placed(*wishing: Piece) -> dict[str, str]:
        return dict(pack(list(wishing), there).places)

    def with_(piece: Piece, **wish: frozenset[str]) -> Piece:
        return Piece(name=piece.name, needs=piece.needs, fits=piece.fits, **wish)

    apart = placed(one, with_(other, avoids=frozenset({one.name})))
    assert apart[one.name] != apart[other.name]
    drawn = placed(one, with_(other, draws=frozenset({one.name})))
    assert drawn[one.name] == drawn[other.name]
    assert placed(with_(third, likes=frozenset({"r2"})))[third.name] == "r2"
    assert placed(with_(third, shuns=frozenset({"r0", "r1"})))[third.name] == "r2"


def test_without_rooms_everything_is_left() -> None:
    assert pack([Piece(name="p", needs=(1,), fits=())], []).left == ("p",)
    assert pack([], rooms(1)).places == {}
