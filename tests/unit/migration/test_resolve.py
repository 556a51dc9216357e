"""A person has chosen a copy: each step, in an order in which no two run and none is ended too early."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Side, Wait, Watch
from orchestrator.migration.place import Says, place, says
from orchestrator.migration.record import advance
from orchestrator.migration.resolve import SILENCE_LASTS, TRIES, reopened, resolvable
from orchestrator.model.command import Discard, Resume, Suspend, Undefine
from orchestrator.model.effect import Refused
from orchestrator.model.entry import Happened, Intent
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, Outcome, State
from orchestrator.model.sighting import Sighting
from tests.unit.migration import scenes as s

SOURCE, DESTINATION = HostName("kvm01"), HostName("kvm02")
HELD = s.record(State.UNCLEAR, suspended=(SOURCE,))
OFF = Sighting(power=Power.SHUT_OFF, reason="destroyed", persistent=True)
BROKEN = Sighting(power=Power.PAUSED, reason="i/o error")
HERE = replace(s.RUNNING, persistent=True)


def decided(look, keep, record=HELD, watch: Watch | None = None):
    known = watch or Watch(where=_where(look), looks=3, place_since=look.at)
    return decide(record, known, look, s.terms(keep=keep))[0]


def _where(look):
    return place(says(look.source, paused_before=False), says(look.destination, paused_before=False))


class TestKeepTheDestination:
    def test_the_paused_copy_at_the_source_is_ended(self) -> None:
        decision = decided(s.look(s.PAUSED, s.ARRIVED), "destination")
        assert (decision.side, decision.command) == (Side.SOURCE, Discard(guest=s.GUEST))

    def test_one_look_is_not_enough(self) -> None:
        assert isinstance(decided(s.look(s.PAUSED, s.ARRIVED), "destination", watch=Watch()), Wait)

    def test_one_that_runs_is_paused_first(self) -> None:
        decision = decided(s.look(s.RUNNING, s.ARRIVED), "destination")
        assert (decision.side, decision.command) == (Side.SOURCE, Suspend(guest=s.GUEST))

    def test_a_leftover_of_a_broken_switch_is_ended_too(self) -> None:
        decision = decided(s.look(s.STRANDED, s.ARRIVED), "destination", s.record(State.UNCLEAR))
        assert decision.command == Discard(guest=s.GUEST)

    def test_the_kept_one_goes_on_only_when_the_other_stands(self) -> None:
        record = replace(HELD, suspended=(SOURCE, DESTINATION))
        decision = decided(s.look(s.PAUSED, s.PAUSED), "destination", record)
        assert (decision.side, decision.command) == (Side.DESTINATION, Resume(guest=s.GUEST))
        first = decided(s.look(s.RUNNING, s.PAUSED), "destination", record)
        assert (first.side, first.command) == (Side.SOURCE, Suspend(guest=s.GUEST))

    def test_then_it_is_confirmed_as_any_guest_that_arrived(self) -> None:
        decision = decided(s.look(OFF, s.ARRIVED), "destination")
        assert isinstance(decision, Become)
        assert decision.state is State.CONFIRMING

    def test_and_the_definition_of_the_ended_copy_is_removed(self) -> None:
        decision = decide(s.record(State.CONFIRMING), Watch(), s.look(OFF, s.ARRIVED), s.terms(keep="destination"))[0]
        assert (decision.side, decision.command) == (Side.SOURCE, Undefine(guest=s.GUEST))

    def test_but_none_that_this_run_has_not_ended(self) -> None:
        decision = decide(s.record(State.CONFIRMING), Watch(), s.look(OFF, s.ARRIVED), s.terms())[0]
        assert not isinstance(decision, Do)


class TestKeepTheSource:
    def test_the_copy_at_the_destination_is_paused_the_one_at_the_source_goes_on_the_other_is_ended(self) -> None:
        steps = [
            (s.look(s.PAUSED, s.ARRIVED), Side.DESTINATION, Suspend(guest=s.GUEST)),
            (s.look(s.PAUSED, s.PAUSED), Side.SOURCE, Resume(guest=s.GUEST)),
            (s.look(s.RUNNING, s.PAUSED), Side.DESTINATION, Discard(guest=s.GUEST)),
            (s.look(s.RUNNING, OFF), Side.DESTINATION, Undefine(guest=s.GUEST)),
        ]
        for look, side, command in steps:
            decision = decided(look, "source")
            assert (decision.side, decision.command) == (side, command)

    @pytest.mark.parametrize("there", [s.ABSENT, OFF])
    def test_then_the_move_is_over(self, there) -> None:
        record = replace(HELD, defined_there=there is OFF)
        decision = decided(s.look(HERE, there), "source", record)
        assert isinstance(decision, End)
        assert (decision.state, decision.where, decision.code) == (State.KEPT, "kvm01", None)

    def test_a_definition_that_cannot_be_removed_is_a_warning(self) -> None:
        decision = decided(s.look(HERE, OFF), "source", replace(HELD, tried=("undefine",) * TRIES))
        assert (decision.state, decision.code) == (State.KEPT, "guest.left-behind")
        assert decision.warnings == ("its definition is still on kvm02",)

    def test_a_source_that_lost_its_definition_is_a_warning(self) -> None:
        decision = decided(s.look(replace(HERE, persistent=False), s.ABSENT), "source")
        assert decision.code == "guest.left-behind"


class TestNothingIsEndedTooEarly:
    @pytest.mark.parametrize("other", [s.PAUSED, s.STRANDED])
    @pytest.mark.parametrize("kept", [BROKEN, s.ABSENT, OFF, s.INCOMING, s.HALTED, s.LEAVING, s.SILENT, s.FETCHING])
    @pytest.mark.parametrize("keep", ["source", "destination"])
    def test_while_the_kept_copy_does_not_run(self, kept, other, keep) -> None:
        look = s.look(kept, other) if keep == "source" else s.look(other, kept)
        decision = decided(look, keep, s.record(State.UNCLEAR))
        assert not (isinstance(decision, Do) and isinstance(decision.command, Discard))

    @pytest.mark.parametrize("other", [s.RUNNING, s.LEAVING, s.HALTED, s.INCOMING, s.SERVING, s.TORN_HERE, s.SILENT])
    @pytest.mark.parametrize("keep", ["source", "destination"])
    def test_nor_anything_that_does_not_stand_paused(self, other, keep) -> None:
        look = s.look(s.RUNNING, other) if keep == "source" else s.look(other, s.RUNNING)
        decision = decided(look, keep)
        assert not (isinstance(decision, Do) and isinstance(decision.command, Discard))

    @pytest.mark.parametrize("other", [s.HALTED, s.INCOMING, s.SERVING, s.TORN_HERE])
    @pytest.mark.parametrize("keep", ["source", "destination"])
    def test_and_then_the_move_is_not_over(self, other, keep) -> None:
        look = s.look(s.RUNNING, other) if keep == "source" else s.look(other, s.RUNNING)
        decision = decided(look, keep)
        assert isinstance(decision, End)
        assert (decision.state, decision.code) == (State.UNCLEAR, "guest.contradiction")

    def test_a_copy_that_somebody_else_paused_does_not_go_on(self) -> None:
        decision = decided(s.look(s.PAUSED, s.PAUSED), "destination")
        assert isinstance(decision, End)
        assert (decision.code, decision.doubt) == ("guest.contradiction", Doubt.CONTRADICTION)

    def test_nor_one_that_has_stopped_at_a_broken_disk_since(self) -> None:
        assert isinstance(decided(s.look(BROKEN, s.PAUSED), "source"), End)

    def test_a_guest_that_was_paused_before_is_kept_paused(self) -> None:
        record = s.record(State.UNCLEAR, the_move=s.move(paused=True))
        watch = Watch(where=place(Says.PAUSED, Says.PAUSED), looks=3)
        decision = decided(s.look(s.PAUSED, s.PAUSED), "source", record, watch)
        assert (decision.side, decision.command) == (Side.DESTINATION, Discard(guest=s.GUEST))

    @pytest.mark.parametrize(
        ("kind", "look"),
        [
            ("suspend", s.look(s.RUNNING, s.ARRIVED)),
            ("discard", s.look(s.PAUSED, s.ARRIVED)),
            ("resume", s.look(s.PAUSED, s.PAUSED)),
        ],
    )
    def test_what_is_ordered_in_vain_is_told(self, kind, look) -> None:
        record = replace(HELD, suspended=(SOURCE, DESTINATION))
        assert isinstance(decided(look, "destination", replace(record, tried=(kind,) * (TRIES - 1))), Do)
        tired = decided(look, "destination", replace(record, tried=(kind,) * TRIES))
        assert isinstance(tired, End)
        assert kind in tired.because

    def test_a_silent_host_is_waited_for_and_then_asked_again_by_resume(self) -> None:
        look = s.look(s.SILENT, s.ARRIVED)
        assert isinstance(decided(look, "destination"), Wait)
        late = s.look(s.SILENT, s.ARRIVED, at=101.0 + SILENCE_LASTS)
        decision = decided(late, "destination", watch=Watch(where=_where(late), looks=9, place_since=100.0))
        assert isinstance(decision, End)
        assert decision.doubt is Doubt.SILENCE


class TestTheOrder:
    @pytest.mark.parametrize(
        ("code", "doubt", "may"),
        [
            ("guest.runs-twice", Doubt.CONTRADICTION, True),
            ("guest.runs-twice", Doubt.UNFINISHED, True),
            ("guest.contradiction", Doubt.CONTRADICTION, True),
            ("guest.arrived-paused", Doubt.UNFINISHED, False),
            ("guest.half-lost", Doubt.CONTRADICTION, False),
            ("guest.side-silent", Doubt.SILENCE, False),
            ("migration.failed", None, False),
        ],
    )
    def test_only_a_move_that_is_held_for_it_can_be_resolved(self, code, doubt, may) -> None:
        outcome = Outcome(guest=s.GUEST, state=State.UNCLEAR, where=None, because="", code=code, doubt=doubt)
        assert resolvable(outcome) is may
        assert not resolvable(None)

    def test_it_may_order_again_what_was_ordered_in_vain(self) -> None:
        vain = ("begin-move", "suspend", "start-held", "discard", "resume", "undefine", "announce")
        record = reopened(replace(HELD, tried=vain, suspended=(SOURCE,) * TRIES))
        assert record.tried == ("begin-move", "announce")
        assert record.suspended == (SOURCE,), "that it was suspended stays known"
        assert record.outcome is None


def test_a_suspension_is_on_record_from_its_intent_on() -> None:
    meant = Intent(guest=s.GUEST, host=SOURCE, command=Suspend(guest=s.GUEST), because="it runs twice")
    record = advance(s.record(State.SWITCHOVER), meant, s.NOW)
    assert record.suspended == (SOURCE,)
    meanwhile = replace(meant, command=Suspend(guest=s.GUEST, meanwhile=True))
    assert advance(s.record(State.SWITCHOVER), meanwhile, s.NOW).suspended == ()


def test_a_suspension_that_was_refused_makes_no_paused_copy_ours() -> None:
    """Somebody else has paused it since, and knows why."""
    meant = Intent(guest=s.GUEST, host=SOURCE, command=Suspend(guest=s.GUEST), because="it runs twice")
    refused = Happened(guest=s.GUEST, host=SOURCE, intent=1, effect=Refused(why="not a good moment"))
    record = advance(advance(s.record(State.UNCLEAR), meant, s.NOW), refused, s.NOW)
    assert isinstance(decided(s.look(s.PAUSED, s.PAUSED), "source", record), End)
    again = advance(record, meant, s.NOW)
    assert isinstance(decided(s.look(s.PAUSED, s.PAUSED), "source", again), Do), "this order may have been obeyed"
    assert reopened(record).suspended == ()
