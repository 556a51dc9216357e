"""What is decided in each situation of a move."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Measure, Side, Wait, Watch
from orchestrator.migration.place import Place
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level
from orchestrator.migration.witness import Witness
from orchestrator.model.command import BeginMove, Cancel, Resume
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.offer import Measurement
from orchestrator.model.policy import Convergence
from orchestrator.model.sighting import Returned
from tests.unit.migration import scenes as s


def decided(record, look, *, watch: Watch | None = None, level: Level = Level.GO):
    decision, _ = decide(record, watch or Watch(), look, s.terms(level=level))
    return decision


class TestBeforeTheCopy:
    fresh = s.record(State.PREPARING, begun=False)

    def test_a_granted_move_is_prepared(self) -> None:
        never = s.policy(convergence=Convergence(measure="never"))
        record = s.record(State.WAITING)
        decision, _ = decide(record, Watch(), s.look(s.RUNNING, s.ABSENT), s.terms(policy=never))
        assert decision.state is State.PREPARING

    def test_or_measured_first(self) -> None:
        always = s.terms(policy=s.policy(convergence=Convergence(measure="always")))
        look = s.look(s.RUNNING, s.ABSENT)
        decision, _ = decide(s.record(State.WAITING), Watch(), look, always)
        assert decision.state is State.MEASURING
        decision, _ = decide(s.record(State.MEASURING), Watch(), look, always)
        assert isinstance(decision, Measure)
        done = s.record(State.MEASURING, measurement=Measurement())
        assert decide(done, Watch(), look, always)[0].state is State.PREPARING

    def test_it_begins_when_both_hosts_agree(self) -> None:
        decision = decided(self.fresh, s.look(s.RUNNING, s.ABSENT))
        assert isinstance(decision, Do)
        assert isinstance(decision.command, BeginMove)
        assert decision.side is Side.SOURCE

    @pytest.mark.parametrize(
        ("source", "destination", "code"),
        [
            (s.SILENT, s.ABSENT, "host.unreachable"),
            (s.RUNNING, s.SILENT, "host.unreachable"),
            (s.PAUSED, s.ABSENT, "migration.drifted"),
            (s.LEAVING, s.ABSENT, "migration.drifted"),
            (s.ABSENT, s.RUNNING, "migration.drifted"),
            (s.ABSENT, s.ABSENT, "migration.drifted"),
            (s.RUNNING, s.INCOMING, "migration.drifted"),
        ],
    )
    def test_it_does_not_begin_otherwise(self, source, destination, code) -> None:
        decision = decided(self.fresh, s.look(source, destination))
        assert isinstance(decision, End)
        assert (decision.state, decision.code) == (State.KEPT, code)

    def test_a_guest_that_already_runs_twice_is_an_alarm_and_nothing_is_touched(self) -> None:
        watch = s.settled(Place.TWICE)
        decision = decided(self.fresh, s.look(s.RUNNING, s.RUNNING), watch=watch)
        assert isinstance(decision, End)
        assert decision.code == "guest.runs-twice"

    def test_a_stopped_run_does_not_begin(self) -> None:
        decision = decided(self.fresh, s.look(s.RUNNING, s.ABSENT), level=Level.STOP)
        assert isinstance(decision, End)
        assert decision.code == "migration.cancelled"


class TestTheCopy:
    @pytest.mark.parametrize(
        ("state", "source", "seen"),
        [
            (State.PREPARING, s.LEAVING, State.PRECOPY),
            (State.PRECOPY, s.HALTED, State.SWITCHOVER),
            (State.SWITCHOVER, s.LEAVING, State.PRECOPY),
        ],
    )
    def test_what_is_seen_is_told(self, state, source, seen) -> None:
        assert decided(s.record(state), s.look(source, s.INCOMING)) == Become(state=seen, because=_where(source))

    def test_it_is_watched(self) -> None:
        assert isinstance(decided(s.record(State.PRECOPY), s.look(s.LEAVING, s.INCOMING)), Wait)

    def test_a_silent_destination_does_not_outvote_the_sources_job(self) -> None:
        assert isinstance(decided(s.record(State.PRECOPY), s.look(s.LEAVING, s.SILENT)), Wait)

    def test_it_is_looked_at_more_often_near_its_end(self) -> None:
        nearly = replace(s.LEAVING, job=s.sample(remaining=1000))
        far = decided(s.record(State.PRECOPY), s.look(s.LEAVING, s.INCOMING))
        near = decided(s.record(State.PRECOPY), s.look(nearly, s.INCOMING))
        assert near.seconds < far.seconds

    @pytest.mark.parametrize("elapsed", [60_001, 600_000])
    def test_it_is_cancelled_when_it_takes_too_long(self, elapsed) -> None:
        long = replace(s.LEAVING, job=s.sample(elapsed_ms=elapsed))
        decision = decided(s.record(State.PRECOPY), s.look(long, s.INCOMING))
        assert isinstance(decision, Do)
        assert isinstance(decision.command, Cancel)

    def test_one_ctrl_c_does_not_cancel_it(self) -> None:
        assert isinstance(decided(s.record(State.PRECOPY), s.look(s.LEAVING, s.INCOMING), level=Level.STOP), Wait)

    def test_two_do(self) -> None:
        decision = decided(s.record(State.PRECOPY), s.look(s.LEAVING, s.INCOMING), level=Level.ABORT)
        assert isinstance(decision.command, Cancel)

    def test_a_guest_that_somebody_paused_can_still_be_cancelled(self) -> None:
        paused = replace(s.LEAVING, power=Power.PAUSED, reason="user")
        decision = decided(s.record(State.PRECOPY), s.look(paused, s.INCOMING), level=Level.ABORT)
        assert isinstance(decision.command, Cancel)

    def test_the_switchover_is_not_cancelled(self) -> None:
        decision = decided(s.record(State.SWITCHOVER), s.look(s.HALTED, s.INCOMING), level=Level.ABORT)
        assert isinstance(decision, Wait)

    def test_a_cancel_is_repeated_only_after_a_while(self) -> None:
        cancelling = s.record(State.CANCELLING, cancelled=Cancel(guest=s.GUEST), cancelled_because="ordered to abort")
        soon = Watch(cancelled_at=95.0)
        late = Watch(cancelled_at=80.0)
        assert isinstance(decided(cancelling, s.look(s.LEAVING, s.INCOMING), watch=soon), Wait)
        assert isinstance(decided(cancelling, s.look(s.LEAVING, s.INCOMING), watch=late), Do)


class TestTheEnd:
    def test_arrived(self) -> None:
        assert decided(s.record(State.PRECOPY), s.look(s.ABSENT, s.ARRIVED)).state is State.CONFIRMING

    @pytest.mark.parametrize(
        ("effect", "code"),
        [
            (Unclear(why="operation failed"), "migration.failed"),
            (Refused(why="unsafe", code="migration.refused"), "migration.refused"),
        ],
    )
    def test_a_call_that_failed_is_kept_once_the_hosts_agree(self, effect, code) -> None:
        source = replace(s.RUNNING, call=Returned(effect=effect))
        first = decided(s.record(State.PRECOPY), s.look(source, s.ABSENT))
        again = decided(s.record(State.PRECOPY), s.look(source, s.ABSENT), watch=s.settled(Place.SOURCE))
        assert isinstance(first, Wait), "one look is not enough"
        assert (again.state, again.code, again.because) == (State.KEPT, code, effect.why)

    def test_a_reported_success_that_the_hosts_deny_is_held(self) -> None:
        source = replace(s.RUNNING, call=Returned(effect=Done()))
        now = decided(s.record(State.PRECOPY), s.look(source, s.ABSENT), watch=s.settled(Place.SOURCE, since=99.0))
        later = decided(s.record(State.PRECOPY), s.look(source, s.ABSENT), watch=s.settled(Place.SOURCE))
        assert isinstance(now, Wait)
        assert (later.state, later.doubt) == (State.UNCLEAR, Doubt.CONTRADICTION)

    def test_adopted_and_back_at_the_source_needs_a_moment(self) -> None:
        now = decided(s.record(State.PREPARING), s.look(s.RUNNING, s.ABSENT), watch=s.settled(Place.SOURCE, since=99))
        later = decided(s.record(State.PREPARING), s.look(s.RUNNING, s.ABSENT), watch=s.settled(Place.SOURCE))
        assert isinstance(now, Wait), "the call of the dead process may still be on its way"
        assert (later.state, later.code) == (State.KEPT, "migration.interrupted")

    def test_a_guest_left_paused_at_the_source_may_go_on(self) -> None:
        decision = decided(s.record(State.SWITCHOVER), s.look(s.STRANDED, s.ABSENT), watch=s.settled(Place.STRANDED))
        assert isinstance(decision.command, Resume)
        assert decision.side is Side.SOURCE

    def test_but_not_while_the_destination_is_silent(self) -> None:
        decision = decided(
            s.record(State.SWITCHOVER), s.look(s.STRANDED, s.SILENT, at=200.0), watch=s.settled(Place.SILENT)
        )
        assert isinstance(decision, End)
        assert decision.doubt is Doubt.SILENCE

    @pytest.mark.parametrize(
        ("destination", "watch", "record"),
        [
            (replace(s.OFF, reason="shutdown"), {}, {}),
            (s.ABSENT, {"destination_seen": Witness(ran_since=90.0)}, {}),
            (s.ABSENT, {}, {"ran_there": True}),
            (s.ABSENT, {"begun_at": None}, {"the_move": s.move(persistent=False)}),
        ],
        ids=["defined there: it ran", "seen running there", "journaled running there", "transient and unwatched"],
    )
    def test_nor_where_its_memory_may_be_older_than_its_disk(self, destination, watch, record) -> None:
        watched = s.settled(Place.STRANDED, **({"begun_at": 1.0} | watch))
        decision = decided(s.record(State.SWITCHOVER, **record), s.look(s.STRANDED, destination), watch=watched)
        assert isinstance(decision, End)
        assert decision.code == "guest.contradiction"

    @pytest.mark.parametrize("level", [Level.GO, Level.ABORT])
    def test_somebody_elses_migration_is_neither_followed_nor_cancelled(self, level) -> None:
        record = s.record(State.PREPARING, refused=Refused(why="another migration job is already running"))
        decision = decided(record, s.look(s.LEAVING, s.ABSENT), level=level)
        assert isinstance(decision, End)
        assert (decision.code, decision.where) == ("migration.drifted", None)

    def test_an_earlier_move_that_arrived_says_nothing_of_one_that_was_refused(self) -> None:
        record = s.record(State.PREPARING, refused=Refused(why="no connection", code="host.unreachable"))
        earlier = replace(s.RUNNING, call=Returned(effect=Done()))
        decision = decided(record, s.look(earlier, s.ABSENT))
        assert isinstance(decision, End)
        assert (decision.state, decision.code, decision.where) == (State.KEPT, "host.unreachable", "kvm01")

    def test_an_accepted_call_may_wait_in_the_daemon_for_half_a_minute(self) -> None:
        watch = s.settled(Place.SOURCE, since=65.0)
        assert isinstance(decided(s.record(State.PREPARING), s.look(s.RUNNING, s.ABSENT), watch=watch), Wait)

    def test_nor_more_often_than_it_makes_sense(self) -> None:
        tired = s.record(State.SWITCHOVER, tried=("resume",) * TRIES)
        watch = s.settled(Place.STRANDED)
        assert decided(tired, s.look(s.STRANDED, s.ABSENT), watch=watch).code == "guest.contradiction"

    @pytest.mark.parametrize(
        ("reason", "code"),
        [("shutdown", "guest.ended"), ("crashed", "guest.crashed"), ("destroyed", "guest.gone")],
    )
    def test_active_nowhere(self, reason, code) -> None:
        off = replace(s.OFF, reason=reason)
        decision = decided(s.record(State.PRECOPY), s.look(off, s.ABSENT), watch=s.settled(Place.NOWHERE))
        assert (decision.state, decision.code, decision.where) == (State.ENDED, code, None)

    def test_how_it_ended_is_asked_where_it_ran_last(self) -> None:
        there = replace(s.OFF, reason="shutdown")
        record = s.record(State.PRECOPY, ran_there=True)
        decision = decided(record, s.look(s.ABSENT, there), watch=s.settled(Place.NOWHERE))
        assert decision.code == "guest.ended"

    def test_active_nowhere_and_nobody_tells(self) -> None:
        decision = decided(s.record(State.PRECOPY), s.look(s.ABSENT, s.ABSENT), watch=s.settled(Place.NOWHERE))
        assert decision.code == "guest.gone"

    def test_a_paused_copy_left_at_the_source_is_never_removed(self) -> None:
        decision = decided(s.record(State.SWITCHOVER), s.look(s.STRANDED, s.ARRIVED), watch=s.settled(Place.LEFTOVER))
        assert isinstance(decision, End)
        assert (decision.state, decision.doubt, decision.where) == (State.UNCLEAR, Doubt.CONTRADICTION, "kvm02")


def _where(source) -> str:
    return Place.SWITCHING.value if source is s.HALTED else Place.UNDERWAY.value
