"""The transition table against itself and against the documentation."""

from pathlib import Path

import pytest

from orchestrator.migration.states import FINAL, TRANSITIONS, diagram, may
from orchestrator.model.move import State

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "states.md"


@pytest.mark.parametrize("step", TRANSITIONS, ids=lambda step: f"{step[0]}-{step[1]}")
def test_every_row_is_allowed_and_has_its_reason(step) -> None:
    assert may(*step)
    assert TRANSITIONS[step]
    may_stay = (State.PREPARING, State.SWITCHOVER, State.CANCELLING)  # a new attempt; the copy is seen running
    assert step[0] is not step[1] or step[0] in may_stay


def test_every_state_can_be_reached_and_left() -> None:
    reached = {after for _, after in TRANSITIONS} | {State.PLANNED}
    left = {before for before, _ in TRANSITIONS}
    assert reached == set(State)
    assert set(State) - left == FINAL - {State.UNCLEAR}


def test_nothing_leaves_a_verdict() -> None:
    assert not [step for step in TRANSITIONS if step[0] in FINAL - {State.UNCLEAR}]


def test_the_page_shows_the_table() -> None:
    assert diagram() in PAGE.read_text(), "docs/reference/states.md is out of date: paste states.diagram() into it"
