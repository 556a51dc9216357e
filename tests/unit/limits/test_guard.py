"""The guard: slow to tighten, slower to let go."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.limits.guard import Guarding, watch
from orchestrator.model.policy import GuardRule
from orchestrator.model.units import Milliseconds

FIVE = Milliseconds(5000)
TRIP = GuardRule(watch="round_trip_ms", above=20, below=10, lasting=FIVE)
CPU = GuardRule(watch="cpu_percent", above=90, lasting=Milliseconds(2000))


def levels(*readings: float | None, rules: tuple[GuardRule, ...] = (TRIP,)) -> list[int]:
    """One look a second."""
    now, seen = Guarding(), []
    for second, value in enumerate(readings):
        now = watch(now, {} if value is None else {"round_trip_ms": value}, rules, float(second))
        seen.append(now.level)
    return seen


def test_a_breach_must_last() -> None:
    assert levels(*[30] * 5, 15) == [0] * 6
    assert levels(*[30] * 6) == [0, 0, 0, 0, 0, 1]


def test_each_level_needs_a_breach_that_lasts_and_the_last_one_admits_nothing() -> None:
    seen = levels(*[30] * 22)
    assert seen == [0] * 5 + [1] * 5 + [2] * 5 + [3] * 7
    now = Guarding()
    factors = []
    for second in (0, 5, 10, 15):
        now = watch(now, {"round_trip_ms": 30.0}, (TRIP,), second)
        factors.append((now.factor, now.closed))
    assert factors == [(1, False), (Fraction(1, 2), False), (Fraction(1, 4), False), (Fraction(1, 4), True)]


def test_between_the_two_numbers_nothing_changes() -> None:
    assert levels(*[30] * 6, *[15] * 20)[-1] == 1


def test_it_recovers_step_by_step_once_it_is_over_for_as_long() -> None:
    seen = levels(*[30] * 11, *[5] * 12)
    assert seen[10:] == [2] * 6 + [1] * 5 + [0] * 2


def test_a_new_breach_begins_the_recovery_anew() -> None:
    assert levels(*[30] * 6, *[5] * 4, 30, *[5] * 5)[-1] == 1


def test_what_cannot_be_read_is_neither_a_breach_nor_over() -> None:
    assert levels(30, 30, 30, 30, 30, None) == [0] * 6
    assert levels(*[30] * 6, *[None] * 20)[-1] == 1


def test_every_rule_must_be_over() -> None:
    now = Guarding(level=1, because="x")
    for second in range(20):
        now = watch(now, {"round_trip_ms": 5.0, "cpu_percent": 80.0}, (TRIP, CPU), second)
    assert now.level == 1, "80 is under 90, and not under four fifths of it"
    for second in range(20, 30):
        now = watch(now, {"round_trip_ms": 5.0, "cpu_percent": 72.0}, (TRIP, CPU), second)
    assert (now.level, now.because) == (0, "")


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        (TRIP, 30.5, "the round trip to other hosts is 30.5 ms, above 20 ms"),
        (CPU, 99.0, "99 % of the processors are in use, above 90 %"),
        (GuardRule(watch="drops_per_second", above=1), 7, "7 packets a second are dropped, above 1"),
        (GuardRule(watch="io_pressure", above=5), 8, "something waits for disks 8 % of the time, above 5 %"),
    ],
)
def test_it_says_why(rule: GuardRule, value: float, words: str) -> None:
    before = watch(Guarding(), {rule.watch: value}, (rule,), 0.0)
    now = watch(before, {rule.watch: value}, (rule,), 5.0)
    assert (before.because, now.because) == ("", words)


def test_without_rules_it_lets_go() -> None:
    assert watch(Guarding(level=2, because="x"), {}, (), 0.0).level == 1


@given(st.lists(st.none() | st.floats(0, 100), max_size=60))
def test_it_moves_one_level_at_a_time_and_always_knows_why(readings: list[float | None]) -> None:
    now = Guarding()
    for second, value in enumerate(readings):
        after = watch(now, {} if value is None else {"round_trip_ms": value}, (TRIP,), float(second))
        assert abs(after.level - now.level) <= 1
        assert (after.because == "") == (after.level == 0)
        now = after
