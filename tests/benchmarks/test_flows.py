"""The judge of shares can fail, and does so for each of its reasons."""

from collections.abc import Callable, Mapping

import pytest

from tests.benchmarks.flows import Count, gaps, judge, stretches
from tests.integration.traffic import Look

SHARE = 200e6
ENDS = {"a": 10.0, "b": 20.0, "c": 30.0}
Rate = Callable[[str, float], float]


def even(guest: str, at: float) -> float:
    """Bit/s of a guest: the share by those that still move."""
    return SHARE / sum(at < end for end in ENDS.values())


def seen(rate: Rate, ends: Mapping[str, float] = ENDS) -> tuple[list[Look], list[Count]]:
    """Looks and counts at 20 Hz."""
    sent = dict.fromkeys(ends, 1.0)
    looks, counts = [], []
    for beat in range(int(20 * max(ends.values())) + 20):
        at = beat / 20
        for guest, end in ends.items():
            if at < end:
                sent[guest] += rate(guest, at) / 8 / 20
        looks.append(Look(at, "kvm01", {guest: int(sent[guest]) for guest, end in ends.items() if at < end}))
        counts.append(Count(at, int(sum(sent.values()))))
    return looks, counts


def complaints(rate: Rate, ends: Mapping[str, float] = ENDS) -> tuple[str, ...]:
    return judge(SHARE, *seen(rate, ends), moves=3).complaints


def test_what_is_good_is_called_good() -> None:
    verdict = judge(SHARE, *seen(even), moves=3)
    assert verdict.complaints == ()
    assert [len(phase.rates) for phase in verdict.phases] == [3, 2, 1]
    assert verdict.phases[0].rates["a"] == pytest.approx(SHARE / 3, rel=0.01)


def test_it_may_take_two_seconds_to_settle_and_no_longer() -> None:
    def late(seconds: float) -> Rate:
        return lambda guest, at: even(guest, at) * (0.66 if 10.0 <= at < 10.0 + seconds else 1.0)

    assert complaints(late(1.9)) == ()
    assert any("with 2 moves the link carried" in text for text in complaints(late(3.0)))


@pytest.mark.parametrize("factor", [0.9, 1.1])
def test_too_much_and_too_little(factor: float) -> None:
    said = complaints(lambda guest, at: factor * even(guest, at))
    assert sum("the link carried" in text for text in said) == 6  # the lowest and the highest of three phases


def test_a_move_that_gets_less_than_the_others() -> None:
    uneven = {"a": 0.8, "b": 1.1, "c": 1.1}
    said = complaints(lambda guest, at: even(guest, at) * (uneven[guest] if at < 10 else 1.0))
    assert [text for text in said if " a got " in text and text.startswith("with 3 moves")]
    assert not [text for text in said if "the link" in text]


def test_moves_that_were_not_together_prove_nothing() -> None:
    assert "2 moves together were not seen for long enough" in complaints(even, {"a": 10.0, "b": 12.0, "c": 30.0})
    assert "1 moves together were not seen for long enough" in complaints(even, {"a": 10.0, "b": 20.0, "c": 20.0})


def test_stretches_begin_with_the_first_byte() -> None:
    looks = [
        Look(0.0, "h", {"a": 0}),
        Look(1.0, "h", {"a": 5, "b": 0}),
        Look(2.0, "h", {"a": 6, "b": 1}),
        Look(3.0, "h", {}),
    ]
    assert list(stretches(looks)) == [(1.0, 2.0, frozenset("a")), (2.0, 3.0, frozenset("ab"))]


def test_the_longest_time_without_a_look() -> None:
    assert gaps([Count(0.0, 0), Count(0.1, 0), Count(0.4, 0)]) == pytest.approx(0.3)
