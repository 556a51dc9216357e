"""Who begins when: no slot is used twice, nobody waits for nothing, and it is over nearly as soon as it can be."""

import random

import pytest

from orchestrator.planning.timetable import Job, Slots, Timetable, arrange, bound
from tests.unit.planning.exact import shortest


def job(name: str, to: str, seconds: float, **more: object) -> Job:
    return Job(name=name, source="a", destination=to, seconds=seconds, **more)


def most_at_once(table: Timetable, host: str) -> int:
    """Moves that a host takes part in at the same time, at its busiest."""
    mine = [
        (table.begins[j.name], table.begins[j.name] + j.seconds)
        for j in table.jobs
        if host in (j.source, j.destination)
    ]
    return max((sum(begin <= at < end for begin, end in mine) for at, _ in mine), default=0)


def test_slots_are_kept_at_both_ends_and_in_all() -> None:
    chance = random.Random(1)
    jobs = [job(f"g{n}", chance.choice("bcd"), chance.uniform(1, 9)) for n in range(40)]
    slots = Slots(of={"a": 3, "b": 1, "c": 2, "d": 2}, total=2)
    table = arrange(jobs, slots)
    assert sorted(j.name for j in table.jobs) == sorted(j.name for j in jobs)
    assert all(most_at_once(table, host) <= count for host, count in slots.of.items())
    assert most_at_once(table, "a") == 2
    assert table == arrange(list(reversed(jobs)), slots)


def test_ranks_go_first_whatever_the_times_say() -> None:
    table = arrange([job("long", "b", 9, rank=1), job("short", "b", 1, rank=0)], Slots(of={"a": 1, "b": 1}))
    assert [j.name for j in table.jobs] == ["short", "long"]


def test_a_move_waits_for_those_that_make_room() -> None:
    jobs = [job("then", "b", 5, after=frozenset({"first"})), Job(name="first", source="b", destination="c", seconds=3)]
    table = arrange(jobs, Slots(of={"a": 1, "b": 2, "c": 1}))
    assert table.begins == {"first": 0.0, "then": 3.0}
    assert table.makespan == 8


def test_what_waits_for_nobody_that_moves_is_refused() -> None:
    with pytest.raises(ValueError, match="nothing can begin: then"):
        arrange([job("then", "b", 5, after=frozenset({"nobody"}))], Slots(of={"a": 1, "b": 1}))


@pytest.mark.parametrize("seed", range(30))
def test_small_ones_are_within_five_percent_of_the_shortest(seed: int) -> None:
    chance = random.Random(seed)
    slots = Slots(
        of={"a": chance.choice([1, 2, 3]), "b": 1, "c": chance.choice([1, 2])}, total=chance.choice([None, 2])
    )
    jobs = [job(f"g{n}", chance.choice("bc"), float(chance.randrange(1, 20))) for n in range(6)]
    table = arrange(jobs, slots)
    best = shortest(jobs, slots)
    assert bound(jobs, slots) <= best <= table.makespan <= 1.05 * best
