"""What a copy that came to nothing has left at the destination."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Do, End, Side
from orchestrator.migration.place import Place
from orchestrator.model.command import Undefine
from orchestrator.model.effect import Refused, Unclear
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.sighting import Returned, Sighting
from tests.unit.migration import scenes as s

HERE = replace(s.RUNNING, persistent=True, call=Returned(effect=Unclear(why="client socket is closed")))
LEFT = Sighting(power=Power.SHUT_OFF, reason="destroyed", persistent=True)


def decided(record, source=HERE, destination=LEFT):
    return decide(record, s.settled(Place.SOURCE), s.look(source, destination), s.terms())[0]


def test_the_definition_that_the_copy_left_is_removed() -> None:
    decision = decided(s.record(State.SWITCHOVER))
    assert isinstance(decision, Do)
    assert (decision.side, decision.command) == (Side.DESTINATION, Undefine(guest=s.GUEST))


def test_then_the_move_ends_as_it_would_have() -> None:
    decision = decided(s.record(State.SWITCHOVER), destination=s.ABSENT)
    assert (decision.state, decision.code, decision.warnings) == (State.KEPT, "migration.failed", ())


def test_one_that_cannot_be_removed_is_a_warning() -> None:
    decision = decided(s.record(State.SWITCHOVER, tried=("begin-move", "undefine")))
    assert isinstance(decision, End)
    assert (decision.code, decision.warnings) == ("migration.failed", ("its definition is still on kvm02",))


@pytest.mark.parametrize(
    ("known", "source"),
    [
        ({"defined_there": True}, HERE),
        ({"destination_was_free": False}, HERE),
        ({"refused": Refused(why="no")}, HERE),
        ({"the_move": s.move(persistent=False)}, HERE),
        ({}, replace(HERE, persistent=False)),
    ],
    ids=["was there before", "not seen before", "never begun", "a transient guest", "the only definition left"],
)
def test_no_other_definition_is_touched(known, source) -> None:
    decision = decided(s.record(State.SWITCHOVER, **known), source)
    assert isinstance(decision, End)
    assert decision.state is State.KEPT
