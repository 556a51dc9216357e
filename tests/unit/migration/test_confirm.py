"""What must hold before a move is called migrated."""

from dataclasses import replace

import pytest

from orchestrator.migration.confirm import confirm
from orchestrator.migration.decision import Do, End, Side, Wait, Watch, scene
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import Announce, SetAutostart, StartHeld, SyncTime, Undefine
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.transport import Mode
from tests.unit.migration import scenes as s

LONG_AGO = Watch(confirming_since=0.0, vcpu_time_ns=15)


def confirmed(
    source,
    destination,
    *,
    watch: Watch = LONG_AGO,
    answering: bool | None = None,
    terms: Terms | None = None,
    **record,
):
    now = scene(s.record(State.CONFIRMING, **record), watch, s.look(source, destination, answering=answering))
    return confirm(now, terms or s.terms())[0]


def test_gone_from_the_source_and_running_at_the_destination() -> None:
    decision = confirmed(s.ABSENT, s.ARRIVED)
    assert isinstance(decision, End)
    assert (decision.state, decision.code, decision.where, decision.warnings) == (State.MIGRATED, None, "kvm02", ())


def test_a_definition_left_at_the_source_is_removed_once() -> None:
    decision = confirmed(s.OFF, s.ARRIVED)
    assert isinstance(decision, Do)
    assert isinstance(decision.command, Undefine)
    assert decision.side is Side.SOURCE
    tried = confirmed(s.OFF, s.ARRIVED, tried=("undefine",))
    assert tried.code == "guest.left-behind"
    assert "definition is still on kvm01" in tried.warnings[0]


def test_a_guest_that_ferry_paused_is_started_until_it_runs() -> None:
    known = {"paused_meanwhile": True, "start_meant": True}
    again = confirmed(s.ABSENT, s.PAUSED, tried=("start-held",) * (TRIES - 1), **known)
    assert again.command == StartHeld(guest=s.GUEST)
    tired = confirmed(s.ABSENT, s.PAUSED, tried=("start-held",) * TRIES, **known)
    assert (tired.state, tired.code, tired.doubt) == (State.UNCLEAR, "guest.arrived-paused", Doubt.UNFINISHED)


def test_one_that_somebody_paused_again_is_left_to_them() -> None:
    decision = confirmed(s.ABSENT, s.PAUSED, paused_meanwhile=True, start_meant=True, started=True)
    assert (decision.state, decision.code) == (State.MIGRATED, "guest.arrived-paused")


@pytest.mark.parametrize(
    ("destination", "the_move"),
    [
        (replace(s.ARRIVED, persistent=False), s.move()),
        (s.ARRIVED, s.move(persistent=False)),
        (replace(s.ARRIVED, power=Power.PAUSED), s.move()),
    ],
    ids=["not defined there", "was transient", "stands still there"],
)
def test_the_definition_stays_where_it_may_still_be_needed(destination, the_move) -> None:
    decision = confirmed(s.OFF, destination, the_move=the_move)
    assert not isinstance(decision, Do)


def test_a_definition_that_no_move_left_is_not_removed() -> None:
    cold = replace(s.OFF, reason="shutdown")
    assert confirmed(cold, s.ARRIVED).code == "guest.left-behind"


def test_autostart_is_carried_once() -> None:
    decision = confirmed(s.ABSENT, s.ARRIVED, the_move=s.move(autostart=True))
    assert decision.command == SetAutostart(guest=s.GUEST, on=True)
    assert decision.side is Side.DESTINATION
    tried = confirmed(s.ABSENT, s.ARRIVED, the_move=s.move(autostart=True), tried=("set-autostart",))
    assert tried.warnings == ("autostart is not set on kvm02",)


class TestVirtualCpus:
    waiting = Watch(confirming_since=99.5, vcpu_time_ns=20)

    def test_they_must_run_if_they_ran_before(self) -> None:
        assert isinstance(confirmed(s.ABSENT, s.ARRIVED, watch=self.waiting, was_advancing=True), Wait)

    def test_a_guest_that_was_idle_before_is_not_waited_for(self) -> None:
        assert isinstance(confirmed(s.ABSENT, s.ARRIVED, watch=self.waiting), End)

    def test_after_a_second_it_is_said(self) -> None:
        late = Watch(confirming_since=98.0, vcpu_time_ns=20)
        decision = confirmed(s.ABSENT, s.ARRIVED, watch=late, was_advancing=True)
        assert (decision.state, decision.code) == (State.MIGRATED, "guest.not-advancing")

    def test_the_wait_is_told(self) -> None:
        advanced = replace(s.ARRIVED, vcpu_time_ns=30)
        decision = confirmed(s.ABSENT, advanced, watch=self.waiting, was_advancing=True)
        assert decision.vcpu_wait_ms == 500


def test_a_paused_guest_is_proven_by_being_paused() -> None:
    paused = s.move(paused=True)
    arrived = replace(s.PAUSED, persistent=True)
    assert confirmed(s.ABSENT, arrived, the_move=paused).code is None


def test_a_running_guest_that_arrived_paused_needs_a_person() -> None:
    assert confirmed(s.ABSENT, s.PAUSED).code == "guest.arrived-paused"


class TestFromOutside:
    silent_for_a_second = Watch(confirming_since=99.0, vcpu_time_ns=15, answered=True)
    silent_for_long = Watch(confirming_since=69.0, vcpu_time_ns=15, answered=True)

    def test_a_guest_that_answered_has_half_a_minute_to_do_so_again(self) -> None:
        decision = confirmed(s.ABSENT, s.ARRIVED, watch=self.silent_for_a_second, answering=False)
        assert isinstance(decision, Wait)

    def test_after_that_it_is_said(self) -> None:
        the_move = s.move(probe_address="10.0.0.5")
        decision = confirmed(s.ABSENT, s.ARRIVED, watch=self.silent_for_long, answering=False, the_move=the_move)
        assert (decision.state, decision.code) == (State.MIGRATED, "guest.unreachable")
        assert decision.warnings == ("10.0.0.5 answered before the move and has not for 31 s since it arrived",)

    @pytest.mark.parametrize("answering", [True, None])
    def test_one_that_answers_costs_no_waiting(self, answering) -> None:
        decision = confirmed(s.ABSENT, s.ARRIVED, watch=self.silent_for_a_second, answering=answering)
        assert (decision.state, decision.code) == (State.MIGRATED, None)

    def test_one_that_was_not_heard_since_the_copy_began_has_two_seconds_and_no_warning(self) -> None:
        unheard = replace(self.silent_for_a_second, answered=False)
        assert isinstance(confirmed(s.ABSENT, s.ARRIVED, watch=unheard, answering=False), Wait)
        later = replace(unheard, confirming_since=97.0)
        assert confirmed(s.ABSENT, s.ARRIVED, watch=later, answering=False).code is None

    def test_an_operator_who_stops_the_run_does_not_wait_that_long(self) -> None:
        stopped, later = s.terms(level=Level.STOP, by="ada"), replace(self.silent_for_a_second, confirming_since=97.0)
        assert isinstance(confirmed(s.ABSENT, s.ARRIVED, watch=later, answering=False), Wait)
        assert confirmed(s.ABSENT, s.ARRIVED, watch=later, answering=False, terms=stopped).code == "guest.unreachable"

    def test_one_that_was_started_anew_is_not_waited_for(self) -> None:
        cold = s.move(transport=replace(s.TRANSPORT, mode=Mode.COLD))
        decision = confirmed(s.ABSENT, s.ARRIVED, watch=self.silent_for_a_second, answering=False, the_move=cold)
        assert decision.code is None

    def test_an_answer_is_remembered(self) -> None:
        looked = s.look(s.LEAVING, s.INCOMING, answering=True)
        heard = scene(s.record(State.PRECOPY), Watch(), looked).watch
        assert heard.answered
        assert scene(s.record(State.PRECOPY), heard, replace(looked, answering=False)).watch.answered


class TestWhatThePolicyHasDone:
    @pytest.mark.parametrize("by", ["host", "qemu"])
    def test_it_is_announced_where_it_is_now(self, by) -> None:
        decision = confirmed(s.ABSENT, s.ARRIVED, terms=s.terms(policy=s.policy(announce=by)))
        assert decision.command == Announce(guest=s.GUEST, by=by)
        assert decision.side is Side.DESTINATION

    def test_its_clock_is_set_once(self) -> None:
        wanted = s.terms(policy=s.policy(sync_time=True))
        decision = confirmed(s.ABSENT, s.ARRIVED, terms=wanted)
        assert (decision.command, decision.side) == (SyncTime(guest=s.GUEST), Side.DESTINATION)
        assert isinstance(confirmed(s.ABSENT, s.ARRIVED, terms=wanted, tried=("sync-time",)), End)

    def test_a_refusal_is_a_warning_and_no_more(self) -> None:
        both = s.terms(policy=s.policy(sync_time=True, announce="host"))
        refusals = {"sync-time": "no agent", "announce": "no bridge"}
        decision = confirmed(s.ABSENT, s.ARRIVED, terms=both, tried=("announce", "sync-time"), refusals=refusals)
        assert (decision.state, decision.code) == (State.MIGRATED, None)
        assert decision.warnings == ("it was not announced once more: no bridge", "its clock was not set: no agent")

    def test_nothing_of_it_is_done_to_a_paused_guest(self) -> None:
        both = s.terms(policy=s.policy(sync_time=True, announce="qemu"))
        arrived = replace(s.PAUSED, persistent=True)
        assert isinstance(confirmed(s.ABSENT, arrived, terms=both, the_move=s.move(paused=True)), End)


def test_a_guest_that_is_back_at_the_source_is_a_contradiction() -> None:
    assert isinstance(confirmed(s.RUNNING, s.ABSENT), Wait)
