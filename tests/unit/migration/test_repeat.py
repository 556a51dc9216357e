"""Orders that are given again, and when."""

import pytest

from orchestrator.migration.decision import Do, Side, Wait, Watch
from orchestrator.migration.repeat import TRIES, spaced
from orchestrator.model.command import Announce, Resume, Suspend
from tests.unit.migration import scenes as s


def order(side: Side = Side.SOURCE, command=None) -> Do:
    return Do(side=side, command=command or Suspend(guest=s.GUEST), because="it runs twice")


def given_at(decision: Do, lasts: float) -> list[float]:
    """When it is given, where it is decided ten times a second."""
    watch, found = Watch(), []
    for tenth in range(int(lasts * 10) + 1):
        answer, watch = spaced(decision, watch, tenth / 10)
        if answer is decision:
            found.append(tenth / 10)
        else:
            assert isinstance(answer, Wait)
    return found


def test_the_pauses_grow_up_to_a_longest_one() -> None:
    assert given_at(order(), 20.0) == [0.0, 0.5, 1.5, 3.5, 7.5, 12.5, 17.5]


def test_all_tries_outlast_a_lock_that_is_held_for_ten_seconds() -> None:
    assert given_at(order(), 20.0)[TRIES - 1] > 10.0


@pytest.mark.parametrize("other", [order(Side.DESTINATION), order(command=Resume(guest=s.GUEST))])
def test_another_host_or_another_order_does_not_wait(other) -> None:
    _, watch = spaced(order(), Watch(), 1.0)
    assert spaced(other, watch, 1.0)[0] is other


def test_what_is_ordered_once_is_not_held_back() -> None:
    announce = order(command=Announce(guest=s.GUEST))
    _, watch = spaced(announce, Watch(), 1.0)
    assert spaced(announce, watch, 1.0)[0] is announce


def test_anything_else_passes() -> None:
    wait = Wait(seconds=3.0)
    assert spaced(wait, Watch(), 1.0) == (wait, Watch())
