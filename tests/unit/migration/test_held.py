"""A copy that arrives paused, and is started once the source was seen without the guest."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Side, Wait
from orchestrator.migration.place import Place
from orchestrator.migration.record import advance
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.witness import Witness
from orchestrator.model.command import Discard, Resume, StartHeld
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.entry import Happened, Intent, Seq
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, State
from tests.unit.migration import scenes as s

HELD = replace(s.TRANSPORT, held=True)


def record(state: State, **more):
    return s.record(state, **({"transport": HELD} | more))


def decided(the_record, look, **watch):
    decision, _ = decide(the_record, s.settled(**({"where": Place.HELD} | watch)), look, s.terms())
    return decision


@pytest.mark.parametrize("before", [State.PRECOPY, State.SWITCHOVER, State.PREPARING, State.CANCELLING])
def test_its_arrival_is_told(before) -> None:
    assert decided(record(before), s.look(s.ABSENT, s.WAITING)).state is State.ARRIVED


def test_it_is_started_once_the_source_has_let_go() -> None:
    decision = decided(record(State.ARRIVED), s.look(s.ABSENT, s.WAITING))
    assert (decision.command, decision.side) == (StartHeld(guest=s.GUEST), Side.DESTINATION)


@pytest.mark.parametrize("source", [s.SILENT, s.RUNNING, s.LEAVING, s.HALTED, s.STRANDED])
def test_not_before(source) -> None:
    for where in (Place.HELD, Place.SILENT, Place.SOURCE_AND_HELD, Place.STRANDED):
        decision = decided(record(State.SWITCHOVER), s.look(source, s.WAITING), where=where, since=99.9)
        assert not isinstance(getattr(decision, "command", None), StartHeld)


def test_a_guest_that_was_paused_before_stays_paused() -> None:
    paused = record(State.PRECOPY, the_move=s.move(paused=True))
    assert decided(paused, s.look(s.ABSENT, s.WAITING)).state is State.CONFIRMING


def test_once_started_it_is_confirmed_like_any_other() -> None:
    started = record(State.ARRIVED, tried=("begin-move", "start-held"), start_meant=True, started=True)
    assert decided(started, s.look(s.ABSENT, s.ARRIVED)).state is State.CONFIRMING


def test_one_that_does_not_start_is_ordered_again_and_never_taken_for_arrived() -> None:
    tried = record(State.ARRIVED, tried=("start-held",) * (TRIES - 1), start_meant=True)
    assert decided(tried, s.look(s.ABSENT, s.WAITING)).command == StartHeld(guest=s.GUEST)


def test_at_last_the_move_stays_open_for_the_next_ferry() -> None:
    tired = record(State.ARRIVED, tried=("start-held",) * TRIES, refusals={"start-held": "no lock"}, start_meant=True)
    decision = decided(tired, s.look(s.ABSENT, s.WAITING))
    assert (decision.state, decision.where, decision.code) == (State.UNCLEAR, "kvm02", "guest.arrived-paused")
    assert decision.doubt is Doubt.UNFINISHED
    assert "no lock" in decision.because


@pytest.mark.parametrize("known", [{"started": True}, {"ran_there": True}])
def test_one_that_somebody_paused_after_it_ran_is_left_to_them(known) -> None:
    assert decided(record(State.ARRIVED, **known), s.look(s.ABSENT, s.WAITING)).state is State.CONFIRMING


def test_what_is_on_record_of_its_start() -> None:
    meant = Intent(guest=s.GUEST, host=HostName("kvm02"), command=StartHeld(guest=s.GUEST), because="")
    intended = advance(record(State.ARRIVED), meant, s.NOW)
    assert (intended.start_meant, intended.started) == (True, False)
    for effect, started in ((Done(), True), (Unclear(why=""), False), (Refused(why=""), False)):
        answer = Happened(guest=s.GUEST, host=meant.host, intent=Seq(1), effect=effect)
        after = advance(intended, answer, s.NOW)
        assert (after.start_meant, after.started) == (True, started)


class TestBesideTheSource:
    """The switch failed, the source runs on, and the held copy is left."""

    look = s.look(s.RUNNING, s.WAITING)

    def test_libvirt_is_given_time_to_clear_it_away(self) -> None:
        decision = decided(record(State.SWITCHOVER), self.look, where=Place.SOURCE_AND_HELD, since=99.5)
        assert isinstance(decision, Wait)

    def test_then_the_copy_that_never_ran_is_ended(self) -> None:
        decision = decided(record(State.SWITCHOVER), self.look, where=Place.SOURCE_AND_HELD)
        assert (decision.command, decision.side) == (Discard(guest=s.GUEST), Side.DESTINATION)

    @pytest.mark.parametrize(
        "doubt", [{"destination_was_free": False}, {"start_meant": True}, {"tried": ("discard",) * TRIES}]
    )
    def test_unless_anything_speaks_against_it(self, doubt) -> None:
        decision = decided(record(State.SWITCHOVER, **doubt), self.look, where=Place.SOURCE_AND_HELD)
        assert decision.code == "guest.contradiction"

    def test_nor_one_that_was_seen_to_run(self) -> None:
        seen = s.settled(Place.SOURCE_AND_HELD, destination_seen=Witness(ran_since=90.0))
        assert decide(record(State.SWITCHOVER), seen, self.look, s.terms())[0].code == "guest.contradiction"

    def test_one_that_was_started_is_a_second_copy(self) -> None:
        started = record(State.SWITCHOVER, tried=("begin-move", "start-held"), started=True)
        decision = decided(started, self.look, where=Place.TWICE)
        assert not isinstance(getattr(decision, "command", None), Discard)

    def test_one_that_was_suspended_as_a_second_copy_stays_one(self) -> None:
        known = {"start_meant": True, "suspended": (HostName("kvm02"),)}
        decision = decided(record(State.SWITCHOVER, **known), self.look, where=Place.TWICE)
        assert getattr(decision, "code", None) != "guest.contradiction"
        assert decision.side is Side.SOURCE, "the other one is suspended as well"

    def test_a_source_left_paused_goes_on(self) -> None:
        look = s.look(s.STRANDED, s.WAITING)
        decision = decided(record(State.SWITCHOVER), look, where=Place.STRANDED, begun_at=1.0)
        assert (decision.command, decision.side) == (Resume(guest=s.GUEST), Side.SOURCE)
