"""Where and when: within five percent of the soonest end there is, or of the bound where there are many."""

import random
from collections.abc import Sequence

import pytest

from orchestrator.planning.layout import Trip, lay_out
from orchestrator.planning.packing import Piece, Room
from orchestrator.planning.timetable import Slots
from tests.unit.planning.exact import is_allowed, soonest

World = tuple[list[Trip], list[Room], Slots]


def world(seed: int, guests: int, *, mixed: bool, rooms: int) -> World:
    """Guests of one host for rooms that are large enough. mixed: links of different speed."""
    chance = random.Random(seed)
    speeds = {f"r{n}": chance.choice([1.0, 2.5, 10.0]) if mixed else 1.0 for n in range(rooms)}
    sizes = [chance.randrange(1, 33) for _ in range(guests)]
    slots = Slots(of={"a": chance.choice([2, 3, 4]), **{name: chance.choice([1, 2]) for name in speeds}})
    each = max(int(sum(sizes) / rooms * 1.5), *sizes)
    there = [Room(name=name, free=(each,), speed=speed * slots.of[name]) for name, speed in speeds.items()]
    return [trip(f"g{n:03}", size, speeds) for n, size in enumerate(sizes)], there, slots


def trip(name: str, size: int, speeds: dict[str, float]) -> Trip:
    piece = Piece(name=name, needs=(size,), fits=tuple(speeds), work=float(size))
    return Trip(piece=piece, source="a", seconds=lambda room: size / speeds[room])


def pieces(trips: Sequence[Trip]) -> list[Piece]:
    return [one.piece for one in trips]


@pytest.mark.parametrize("mixed", [False, True], ids=["alike", "mixed"])
@pytest.mark.parametrize("seed", range(12))
def test_small_ones_are_within_five_percent_of_the_soonest(seed: int, *, mixed: bool) -> None:
    trips, rooms, slots = world(seed, 5, mixed=mixed, rooms=2)
    found = lay_out(trips, rooms, slots)
    best = soonest(trips, rooms, slots)
    assert is_allowed(found.packing.places, pieces(trips), rooms)
    assert found.packing.left == ()
    assert found.bound <= best + 1e-9
    assert best - 1e-9 <= found.timetable.makespan <= 1.05 * best


@pytest.mark.parametrize("mixed", [False, True], ids=["alike", "mixed"])
@pytest.mark.parametrize("seed", range(4))
def test_many_are_within_five_percent_of_the_bound(seed: int, *, mixed: bool) -> None:
    trips, rooms, slots = world(seed, 50 + 10 * seed, mixed=mixed, rooms=5)
    found = lay_out(trips, rooms, slots)
    assert is_allowed(found.packing.places, pieces(trips), rooms)
    assert found.packing.left == ()
    assert found.timetable.makespan <= 1.05 * found.bound


def test_that_nobody_is_left_counts_more_than_time() -> None:
    speeds = {"fast": 10.0, "slow": 1.0}
    trips = [trip("large", 8, speeds), trip("small", 2, speeds)]
    rooms = [Room(name="fast", free=(9,), speed=10.0), Room(name="slow", free=(2,), speed=1.0)]
    found = lay_out(trips, rooms, Slots(of={"a": 2, "fast": 2, "slow": 2}))
    assert found.packing.places == {"large": "fast", "small": "slow"}


def test_wishes_count_more_than_time() -> None:
    speeds = {"fast": 10.0, "slow": 1.0}
    wish = Piece(name="g", needs=(1,), fits=tuple(speeds), work=1.0, likes=frozenset({"slow"}))
    trips = [Trip(piece=wish, source="a", seconds=lambda room: 10 / speeds[room])]
    rooms = [Room(name=name, free=(9,), speed=speed) for name, speed in speeds.items()]
    assert lay_out(trips, rooms, Slots(of={"a": 1, "fast": 1, "slow": 1})).packing.places == {"g": "slow"}


def test_the_same_twice() -> None:
    trips, rooms, slots = world(3, 30, mixed=True, rooms=4)
    assert lay_out(trips, rooms, slots) == lay_out(trips, rooms, slots)
