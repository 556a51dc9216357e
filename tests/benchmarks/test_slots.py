"""The judge of slots can fail, and does so for each of its reasons."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from tests.benchmarks.slots import Rule, Span, Task, judge, more, utilised
from tests.integration.traffic import Look, Moment, merged

RULE = Rule(per_host=2, total=3)
HOSTS = ("a", "b", "c", "d")
WAYS = (("a", "b"), ("b", "c"), ("c", "d"), ("d", "a"))
LASTS, GAP = 25.0, 0.5  # seconds that each move takes, and until the next one has its slot


def task(number: int, begin: float, **more: object) -> Task:
    source, destination = WAYS[number % 4]
    made = Task(
        f"g{number}", source, destination, queued=0.0, admitted=begin, ended=begin + LASTS,
        exit_code=0, where={destination: "running"}, intact=True,
    )  # fmt: skip
    return replace(made, **more)  # type: ignore[arg-type]


def good() -> list[Task]:
    """Nine moves, three at a time."""
    return [task(number, (number // 3) * (LASTS + GAP)) for number in range(9)]


def shown(tasks: Sequence[Task]) -> list[Moment]:
    """What libvirt shows of them at 20 Hz: a little less than the slot, longer than a process that was killed."""
    found = []
    for beat in range(int(20 * 4 * (LASTS + GAP))):
        at = beat / 20
        moving = {
            one.guest: frozenset((one.source, one.destination))
            for one in tasks
            if one.admitted is not None and one.admitted + 1 <= at < one.admitted + LASTS - 0.5
        }
        found.append(Moment(at, moving, 0.05))
    return found


def test_what_is_good_is_called_good() -> None:
    verdict = judge(RULE, good(), shown(good()), kills=0)
    assert verdict.complaints == ()
    assert verdict.most_in_all == 3
    assert set(verdict.most_at_host.values()) == {2}
    assert verdict.utilisation is not None and 0.9 < verdict.utilisation <= 1.0
    assert verdict.longest_wait == 2 * (LASTS + GAP)


def test_a_killed_process_keeps_its_slot_as_long_as_its_move_is_there() -> None:
    tasks = good()
    tasks[1] = replace(tasks[1], killed=5.0, ended=None, exit_code=-9)
    verdict = judge(RULE, tasks, shown(tasks), kills=1)
    assert verdict.complaints == ()
    assert verdict.outlived["g1"] == pytest.approx(LASTS - 0.5 - 5.0, abs=0.06)


BEGINS = 2 * (LASTS + GAP)


@pytest.mark.parametrize(
    ("number", "change", "complaint"),
    [
        (3, {"admitted": 3.0, "ended": 3.0 + LASTS}, "libvirt showed 4 moves at once"),
        (3, {"admitted": 3.0, "ended": 3.0 + LASTS}, "g3 got a slot while every one was taken"),
        (0, {"source": "c", "destination": "d", "where": {"d": "running"}}, "libvirt showed 3 moves at c at once"),
        (0, {"admitted": None}, "g0 was never seen to move"),
        (4, {"exit_code": 1}, "the process of g4 ended with 1"),
        (4, {"exit_code": None}, "the process of g4 never ended"),
        (5, {"where": {"b": "running"}}, "g5 is {'b': 'running'}, not running at c alone"),
        (5, {"where": {"c": "running", "b": "paused"}}, "not running at c alone"),
        (5, {"intact": False}, "the memory of g5 is not what it was"),
    ],
)
def test_what_is_wrong_is_named(number: int, change: dict[str, object], complaint: str) -> None:
    tasks = good()
    tasks[number] = replace(tasks[number], **change)  # type: ignore[arg-type]
    verdict = judge(RULE, tasks, shown(tasks), kills=0)
    assert any(complaint in one for one in verdict.complaints), verdict.complaints


def test_a_slot_given_away_while_the_move_of_a_killed_process_goes_on() -> None:
    tasks = [*good()[:3], task(3, 10.0)]
    tasks[0] = replace(tasks[0], killed=8.0, ended=None)
    verdict = judge(RULE, tasks, shown(tasks), kills=1)
    assert any(one.startswith("g3 got a slot") for one in verdict.complaints)


def test_slots_that_idle_while_moves_wait() -> None:
    tasks = [task(number, number * LASTS) for number in range(5)]  # one at a time
    verdict = judge(RULE, tasks, shown(tasks), kills=0)
    assert verdict.utilisation is not None and verdict.utilisation < 0.5
    assert any("slots were used to" in one for one in verdict.complaints)


def test_moves_that_are_too_short_and_looks_that_are_too_few() -> None:
    tasks = good()
    brief = [Moment(one.at, one.moving if one.at < 15 else {}, one.age) for one in shown(tasks)]
    assert any("g0 moved for" in one for one in judge(RULE, tasks, brief, kills=0).complaints)
    assert any("looked at 5.0 Hz" in one for one in judge(RULE, tasks, shown(tasks)[::4], kills=0).complaints)
    old = [replace(one, age=1.0) for one in shown(tasks)]
    assert any("looked at 20.0 Hz, 0 of" in one for one in judge(RULE, tasks, old, kills=0).complaints)


def test_a_run_without_the_wanted_deaths_proves_nothing() -> None:
    tasks = good()
    tasks[1] = replace(tasks[1], killed=LASTS + 1)  # after its move
    complaints = judge(RULE, tasks, shown(tasks), kills=2).complaints
    assert "0 processes died in the middle of a move that went on, 2 were to" in complaints


def test_nothing_waited() -> None:
    tasks = [replace(task(0, 0.0), queued=0.0)]
    assert "nothing ever waited: the limit was never met" in judge(RULE, tasks, shown(tasks), kills=0).complaints


def test_what_could_have_begun() -> None:
    idle = [Task("x", "a", "b"), Task("y", "a", "b"), Task("z", "c", "d"), Task("w", "a", "c")]
    assert more(RULE, [], idle) == 3
    assert more(RULE, [Task("r", "a", "b"), Task("s", "a", "d")], idle) == 1  # z
    assert more(RULE, [Task("r", "a", "b"), Task("s", "a", "d")], idle[:2]) == 0
    assert more(RULE, [Task("r", "c", "d")], idle[:2]) == 2
    spans = [Span(0.0, 10.0, Task("r", "a", "b"))]
    waits = [Task("x", "a", "c", queued=0.0, admitted=10.0), Task("y", "c", "d", queued=5.0, admitted=10.0)]
    assert utilised(RULE, spans, waits) == 10 / (5 * 2 + 5 * 3)


def test_looks_are_put_on_one_beat() -> None:
    looks = [Look(0.0, "a", {"g": 1}), Look(0.03, "b", {}), Look(0.1, "b", {"g": 0}), Look(0.2, "a", {})]
    found = merged([*looks, Look(0.3, "b", {})], ["a", "b"], hertz=10)
    assert [(round(one.at, 2), dict(one.moving)) for one in found] == [
        (0.03, {"g": frozenset("a")}),
        (0.13, {"g": frozenset("ab")}),
        (0.23, {"g": frozenset("b")}),
    ]
    assert found[1].age == pytest.approx(0.13)
