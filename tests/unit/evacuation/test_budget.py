"""What counts as a failure, when it is too many, and what is worth another attempt."""

import pytest

from orchestrator.evacuation.budget import exhausted, failed, worth_trying
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Outcome, State
from orchestrator.model.policy import OnFailure


def ended(state: State, code: str | None = None) -> Outcome:
    return Outcome(guest=GuestId("g"), state=state, where=None, because="", code=code)


FAILED = ended(State.KEPT, "migration.failed")


@pytest.mark.parametrize(
    ("outcome", "counts", "again"),
    [
        (ended(State.MIGRATED), False, False),
        (FAILED, True, True),
        (ended(State.KEPT, "migration.not-converging"), True, False),
        (ended(State.KEPT, "migration.drifted"), False, True),
        (ended(State.KEPT, "migration.cancelled"), False, False),
        (ended(State.UNCLEAR, "guest.side-silent"), True, False),
        (ended(State.ENDED), False, False),
    ],
)
def test_one_outcome(outcome: Outcome, counts: bool, again: bool) -> None:
    assert (failed(outcome), worth_trying(outcome)) == (counts, again)


def test_too_many() -> None:
    outcomes = [FAILED, ended(State.MIGRATED), FAILED]
    assert exhausted(outcomes, OnFailure(then="continue", after=1)) == ""
    assert exhausted(outcomes, OnFailure(then="pause", after=3)) == ""
    assert exhausted(outcomes, OnFailure(then="stop", after=2)) == "on_failure (2 of 2 failures: stop)"
