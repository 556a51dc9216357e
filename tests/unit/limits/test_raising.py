"""Limits raised for one run: never lowered, never invented."""

import pytest

from orchestrator.limits.raising import obstacle, raised
from orchestrator.model.policy import Limits

POLICY = Limits(live=2, total=4)


def test_what_is_named_is_raised_and_nothing_else() -> None:
    assert raised(POLICY, {"live": 5}) == Limits(live=5, total=4)


def test_a_host_that_already_allows_more_keeps_it_and_one_without_a_limit_gets_none() -> None:
    assert raised(Limits(live=8, total=None), {"live": 5, "total": 6}) == Limits(live=8, total=None)


@pytest.mark.parametrize(
    ("by", "why"),
    [
        ({"speed": 3}, "there is no limit speed"),
        ({"share": 90}, "there is no limit share"),
        ({"pool": 3}, "the policy sets no limit pool"),
        ({"live": 1}, "the policy allows live: 2, and 1 would lower it"),
    ],
)
def test_what_raising_is_not_for(by, why) -> None:
    assert why in (obstacle(POLICY, by) or "")


def test_raising_is_no_obstacle() -> None:
    assert obstacle(POLICY, {"live": 3, "total": 4}) is None
