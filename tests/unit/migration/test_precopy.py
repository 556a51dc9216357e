"""A running copy: orders, the guard against a silent destination, levers."""

from dataclasses import replace

import pytest

from orchestrator.migration import precopy
from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, Wait, Watch
from orchestrator.migration.lever import Lever
from orchestrator.migration.record import advance
from orchestrator.migration.terms import Level
from orchestrator.model.command import Cancel, SetDowntimeLimit
from orchestrator.model.entry import Seen
from orchestrator.model.move import State
from orchestrator.model.transport import Mode
from tests.unit.migration import scenes as s


def decided(record, look, *, watch: Watch | None = None, **terms):
    decision, _ = decide(record, watch or Watch(), look, s.terms(**terms))
    return decision


COPYING = s.record(State.PRECOPY)


class TestTheGuard:
    def silent(self, seconds: float, record=COPYING):
        watch = Watch(destination_answered_at=100.0 - seconds)
        return decided(record, s.look(s.LEAVING, s.SILENT), watch=watch)

    def test_a_slow_answer_is_no_silence(self) -> None:
        assert isinstance(self.silent(2.0), Wait)

    def test_nothing_is_handed_over_to_a_daemon_that_does_not_answer(self) -> None:
        decision = self.silent(3.5)
        assert decision.command == SetDowntimeLimit(guest=s.GUEST, limit_ms=precopy.LEAST_LIMIT_MS, brake=True)
        assert "has not answered" in decision.because

    def test_that_is_ordered_once(self) -> None:
        assert isinstance(self.silent(3.5, replace(COPYING, braked=True)), Wait)

    def test_nor_again_where_libvirt_refuses_it(self) -> None:
        refused = SetDowntimeLimit(guest=s.GUEST, limit_ms=precopy.LEAST_LIMIT_MS, brake=True)
        assert isinstance(self.silent(3.5, replace(COPYING, declined=(refused,))), Wait)

    def test_the_limit_comes_back_with_the_answers(self) -> None:
        record = replace(COPYING, limit_ms=220, braked=True)
        decision = decided(record, s.look(s.LEAVING, s.INCOMING), watch=Watch(destination_answered_at=99.0))
        assert decision.command == SetDowntimeLimit(guest=s.GUEST, limit_ms=220)

    def test_the_copy_does_not_wait_for_ever(self) -> None:
        decision = self.silent(16.0)
        assert isinstance(decision.command, Cancel)
        assert decision.command.code == "migration.destination-silent"

    def test_in_the_pause_it_is_too_late_for_both(self) -> None:
        switching = s.record(State.SWITCHOVER)
        decision = decided(switching, s.look(s.HALTED, s.SILENT), watch=Watch(destination_answered_at=60.0))
        assert isinstance(decision, Wait)

    def test_a_budget_that_leaves_one_millisecond_is_no_brake(self) -> None:
        tight = replace(COPYING, limit_ms=precopy.LEAST_LIMIT_MS)
        decision = decided(tight, s.look(s.LEAVING, s.INCOMING), downtime_ms=100)
        assert not isinstance(decision, Do)

    def test_an_adopter_gives_the_destination_its_time(self) -> None:
        assert isinstance(decided(COPYING, s.look(s.LEAVING, s.SILENT)), Wait)


class TestOrders:
    def test_an_abort_names_who_wanted_it(self) -> None:
        decision = decided(COPYING, s.look(s.LEAVING, s.INCOMING), level=Level.ABORT, by="ada on ctl")
        assert isinstance(decision.command, Cancel)
        assert "ada on ctl" in decision.because

    def test_an_abort_ends_also_what_was_to_be_begun_anew(self) -> None:
        record = s.record(State.CANCELLING, cancelled=Cancel(guest=s.GUEST, again=s.TRANSPORT), cancelled_because="x")
        decision = decided(record, s.look(s.LEAVING, s.INCOMING), watch=Watch(cancelled_at=99.0), level=Level.ABORT)
        assert decision.command == Cancel(guest=s.GUEST)

    def test_a_cancel_that_was_refused_is_given_again_only_after_a_while(self) -> None:
        look = s.look(s.LEAVING, s.INCOMING)
        assert isinstance(decided(COPYING, look, watch=Watch(cancelled_at=99.0), level=Level.ABORT), Wait)
        assert isinstance(decided(COPYING, look, watch=Watch(cancelled_at=80.0), level=Level.ABORT), Do)

    def test_max_duration_counts_over_all_attempts(self) -> None:
        watch = Watch(first_begun_at=0.0, begun_at=90.0)
        decision = decided(COPYING, s.look(s.LEAVING, s.INCOMING, at=100.0), watch=watch)
        assert decision.command.code == "migration.too-long"
        assert "max_duration 1m" in decision.because

    def test_a_guest_that_stands_for_the_whole_copy_can_be_left_where_it_is(self) -> None:
        record = replace(COPYING, transport=replace(s.TRANSPORT, mode=Mode.PAUSE))
        decision = decided(record, s.look(s.HALTED, s.INCOMING), level=Level.ABORT)
        assert isinstance(decision.command, Cancel)


class TestSteering:
    lever = Lever(command=SetDowntimeLimit(guest=s.GUEST, limit_ms=400), because="it would never end")

    @pytest.fixture
    def pulled(self, monkeypatch: pytest.MonkeyPatch) -> list:
        seen: list = []
        monkeypatch.setattr(precopy, "steer", lambda now: seen.append(now) or self.lever)
        return seen

    def test_a_lever_is_pulled_at_the_source(self, pulled: list) -> None:
        decision = decided(COPYING, s.look(s.LEAVING, s.INCOMING))
        assert isinstance(decision, Do)
        assert (decision.command, decision.because) == (self.lever.command, self.lever.because)
        assert pulled[0].limit_ms == s.TRANSPORT.downtime_limit_ms

    def test_not_twice_where_the_host_refused_it(self, pulled: list) -> None:
        record = replace(COPYING, declined=(self.lever.command,))
        assert isinstance(decided(record, s.look(s.LEAVING, s.INCOMING)), Wait)

    @pytest.mark.parametrize(
        ("record", "look"),
        [
            (s.record(State.SWITCHOVER), s.look(s.HALTED, s.INCOMING)),
            (s.record(State.CANCELLING, cancelled=Cancel(guest=s.GUEST)), s.look(s.LEAVING, s.INCOMING)),
            (COPYING, s.look(s.LEAVING, s.SILENT)),
            (COPYING, s.look(replace(s.LEAVING, job=None), s.INCOMING)),
        ],
        ids=["in the pause", "cancelled already", "the destination is silent", "no figures yet"],
    )
    def test_at_these_moments_none_is(self, pulled: list, record, look) -> None:
        decided(record, look, watch=Watch(cancelled_at=99.0, destination_answered_at=99.0))
        assert not pulled


def test_what_is_seen_first_is_told_before_anything_is_steered() -> None:
    decision = decided(s.record(State.PREPARING), s.look(s.LEAVING, s.INCOMING))
    assert decision == Become(state=State.PRECOPY, because="being copied")


class TestTheDestinationRunsIt:
    """The source has not let go yet, and may go on with older memory if it never does."""

    @pytest.mark.parametrize("state", [State.SWITCHOVER, State.CANCELLING])
    def test_it_is_put_on_record_at_once(self, state) -> None:
        cancelled = Cancel(guest=s.GUEST) if state is State.CANCELLING else None
        record = s.record(state, cancelled=cancelled, cancelled_because="ordered to abort" if cancelled else None)
        look = s.look(s.HALTED, s.ARRIVED)
        decision = decided(record, look)
        assert isinstance(decision, Become)
        assert decision.state is state
        seen = Seen(guest=s.GUEST, state=state, because="", source=look.source, destination=look.destination)
        after = advance(record, seen, s.NOW)
        assert after.ran_there
        assert isinstance(decided(after, look), Wait), "once"

    def test_one_that_is_not_running_yet_is_none(self) -> None:
        assert isinstance(decided(s.record(State.SWITCHOVER), s.look(s.HALTED, s.INCOMING)), Wait)
