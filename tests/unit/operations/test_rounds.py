"""What runs that follow each other answer together: nothing that became of a guest is lost in the fold."""

from typing import Any, cast

import pytest

from orchestrator.model.move import Outcome, State
from orchestrator.model.report import MoveReport, RunReport
from orchestrator.model.run import Run
from orchestrator.operations.harm import harm
from orchestrator.operations.rounds import code_of
from tests.scenarios.simulated import A, B, Bench

OVER = {"state": State.MIGRATED, "code": None}


def report(**changes: Any) -> RunReport:
    """A run of one move that ended so."""
    bench = Bench()
    guest = bench.guest(1)
    given = {"guest": guest, "where": B, "because": "it was seen", **OVER, **changes}
    move = MoveReport(
        move=bench.move(guest, B, A),
        state=given["state"],
        because="",
        since=bench.clock.now(),
        outcome=Outcome(**given),
    )
    return RunReport(run=cast(Run, None), moves=(move,), exit_code=0, ended_at=None)


@pytest.mark.parametrize(
    ("state", "code", "answers"),
    [
        (State.MIGRATED, None, 0), (State.MIGRATED, "migration.over-budget", 0),
        (State.MIGRATED, "guest.left-behind", 1),
        (State.MIGRATED, "guest.not-advancing", 1), (State.MIGRATED, "guest.unreachable", 1),
        (State.MIGRATED, "guest.arrived-paused", 7), (State.ENDED, "guest.crashed", 7), (State.ENDED, "guest.ended", 0),
        (State.UNCLEAR, "guest.side-silent", 6), (State.UNCLEAR, "guest.runs-twice", 7),
        (State.KEPT, "migration.failed", 0),
    ],
)  # fmt: skip
def test_what_became_of_a_guest_counts_although_the_host_is_empty(state: State, code: str, answers: int) -> None:
    """And who stayed where it was is missing, or tried again: its own failure is no answer of the whole."""
    ended = report(state=state, code=code)
    assert code_of([ended, report()], missing=False, by_operator=False) == answers
    assert harm(ended.moves[0].outcome) == answers


def test_the_first_that_applies() -> None:
    left, held = report(code="guest.left-behind"), report(code="guest.arrived-paused")
    silent = report(state=State.UNCLEAR, code="guest.side-silent")
    assert code_of([left, held], missing=True, by_operator=True) == 7
    assert code_of([left], missing=True, by_operator=True) == 130
    assert code_of([left], missing=False, by_operator=True) == 1, "nothing is missing: nothing was stopped"
    assert code_of([silent], missing=True, by_operator=False) == 1
    assert code_of([], missing=True, by_operator=False) == 1
    assert code_of([], missing=False, by_operator=True) == 0
