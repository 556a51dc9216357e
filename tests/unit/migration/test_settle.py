"""What a copy that came to nothing has left at the destination."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Do, End, Side, Wait
from orchestrator.migration.place import Place
from orchestrator.migration.settle import ACCEPTED_SETTLES, ADOPTED_SETTLES, CONTRADICTION_LASTS
from orchestrator.migration.witness import Witness
from orchestrator.model.command import Undefine
from orchestrator.model.effect import Refused, Unclear
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.sighting import NotOurs, Returned, Sighting
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


class TestACopyThatRan:
    """The source has the guest again, with memory that is older than what the copy has written to its disks."""

    @pytest.mark.parametrize(
        ("known", "seen"),
        [({"ran_there": True}, {}), ({"start_meant": True}, {}), ({}, {"destination_seen": Witness(ran_since=9.0)})],
        ids=["on record", "was to be started", "seen by this process"],
    )
    def test_is_never_called_kept_and_nothing_of_it_is_removed(self, known, seen) -> None:
        record = s.record(State.SWITCHOVER, **known)
        for at, kind in ((50.0 + CONTRADICTION_LASTS, Wait), (51.0 + CONTRADICTION_LASTS, End)):
            watch = s.settled(Place.SOURCE, since=50.0, **seen)
            decision, _ = decide(record, watch, s.look(HERE, LEFT, at), s.terms())
            assert isinstance(decision, kind)
        assert (decision.state, decision.code, decision.where) == (State.UNCLEAR, "guest.contradiction", None)
        assert decision.doubt is Doubt.CONTRADICTION
        assert "the memory on kvm01 is the older one" in decision.because

    def test_may_have_done_so_unseen_where_its_definition_is_left(self) -> None:
        unwatched = replace(HERE, call=NotOurs())
        assert decided(s.record(State.SWITCHOVER), unwatched).code == "guest.contradiction"
        held = s.record(State.SWITCHOVER, transport=replace(s.TRANSPORT, held=True))
        assert decided(held, unwatched).command == Undefine(guest=s.GUEST), "that one waits for ferry to start it"
        assert decided(s.record(State.SWITCHOVER), unwatched, s.ABSENT).state is State.KEPT

    def test_one_that_was_never_begun_is_somebody_elses(self) -> None:
        watch = s.settled(Place.SOURCE, destination_seen=Witness(ran_since=9.0))
        refused = s.record(State.PREPARING, refused=Refused(why="already active"))
        assert decide(refused, watch, s.look(HERE, s.ABSENT), s.terms())[0].state is State.KEPT


class TestACallWhoseConnectionBroke:
    cut = replace(HERE, call=Returned(effect=Unclear(why="Connection reset by peer", cut=True)))

    def waits(self, state: State, seconds: float, **seen: object) -> bool:
        watch = s.settled(Place.SOURCE, **({"since": 100.0 - seconds} | seen))
        return isinstance(decide(s.record(state), watch, s.look(self.cut, s.ABSENT), s.terms())[0], Wait)

    def test_may_have_left_an_order_that_waits_in_the_daemon(self) -> None:
        assert self.waits(State.PREPARING, ACCEPTED_SETTLES - 1)
        assert not self.waits(State.PREPARING, ACCEPTED_SETTLES + 1)

    def test_counted_from_that_order_on(self) -> None:
        assert self.waits(State.PREPARING, 90.0, begun_at=100.0 - ACCEPTED_SETTLES + 1)

    def test_is_over_sooner_where_the_copy_was_seen_before(self) -> None:
        assert self.waits(State.PRECOPY, ADOPTED_SETTLES - 1)
        assert not self.waits(State.PRECOPY, ADOPTED_SETTLES + 1)


class TestACopyThatWasNeverBorn:
    """libvirt lists a copy that waits for its memory, and no migration feeds it: its process may be gone."""

    def held(self, source=s.RUNNING, **known: object) -> End:
        watch = s.settled(Place.UNSETTLED, since=50.0)
        look = s.look(source, s.INCOMING, 51.0 + CONTRADICTION_LASTS)
        decision, _ = decide(s.record(State.PRECOPY, **known), watch, look, s.terms())
        assert isinstance(decision, End)
        return decision

    def test_leaves_the_guest_where_it_is_seen_to_run(self) -> None:
        decision = self.held()
        assert (decision.state, decision.code, decision.where) == (State.UNCLEAR, "guest.contradiction", "kvm01")

    def test_but_nobody_knows_where_one_is_that_ran_there_or_stands(self) -> None:
        assert self.held(ran_there=True).where is None
        assert self.held(s.STRANDED).where is None
