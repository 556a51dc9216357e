"""What must hold before a move is called migrated."""

from dataclasses import replace

import pytest

from orchestrator.migration.confirm import confirm
from orchestrator.migration.decision import Do, End, Side, Wait, Watch, scene
from orchestrator.model.command import SetAutostart, Undefine
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from tests.unit.migration import scenes as s

LONG_AGO = Watch(confirming_since=0.0, vcpu_time_ns=15)


def confirmed(source, destination, *, watch: Watch = LONG_AGO, answering: bool | None = None, **record):
    now = scene(s.record(State.CONFIRMING, **record), watch, s.look(source, destination, answering=answering))
    return confirm(now)[0]


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


def test_the_outside_probe_is_waited_for_a_little() -> None:
    soon = Watch(confirming_since=99.0)
    assert isinstance(confirmed(s.ABSENT, s.ARRIVED, watch=soon, answering=False), Wait)
    assert isinstance(confirmed(s.ABSENT, s.ARRIVED, answering=False), End)


def test_a_guest_that_is_back_at_the_source_is_a_contradiction() -> None:
    assert isinstance(confirmed(s.RUNNING, s.ABSENT), Wait)
