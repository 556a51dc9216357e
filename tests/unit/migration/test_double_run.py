"""A guest that runs on both hosts: who is suspended, when that is believed, and what is said of it."""

from dataclasses import replace

import pytest

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Do, End, Look, Side, Wait, Watch
from orchestrator.migration.double_run import SILENCE_LASTS, TRIES
from orchestrator.migration.place import Place
from orchestrator.model.command import Suspend
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, State
from orchestrator.model.sighting import InFlight, NoProcess, ProcessSeen
from tests.unit.migration import scenes as s

SOURCE, DESTINATION = HostName("kvm01"), HostName("kvm02")
MOVED = s.record(State.SWITCHOVER)
AGAIN = s.settled(Place.TWICE)


def decided(record, look, watch=AGAIN, policy="suspend-source"):
    return decide(record, watch, look, s.terms(policy=s.policy(double_run=policy)))[0]


def seen(record, *looks: Look, policy="suspend-source"):
    """What is decided at the last of these looks."""
    watch, decision = Watch(), None
    for look in looks:
        decision, watch = decide(record, watch, look, s.terms(policy=s.policy(double_run=policy)))
    return decision


def process(seconds: float, pid: int = 77) -> ProcessSeen:
    return ProcessSeen(pid=pid, vcpu_seconds=seconds)


def unheard(at: float, seconds: float, source=s.RUNNING) -> Look:
    """The destination's libvirt is silent and its kernel is not."""
    return s.look(source, s.SILENT, at, destination_process=process(seconds))


class TestBothHostsSaySo:
    def test_one_look_is_not_enough(self) -> None:
        assert isinstance(seen(MOVED, s.look(s.RUNNING, s.RUNNING)), Wait)

    @pytest.mark.parametrize("source", [s.RUNNING, s.LEAVING], ids=["running", "with a job"])
    def test_the_source_is_suspended(self, source) -> None:
        decision = decided(MOVED, s.look(source, s.RUNNING))
        assert isinstance(decision, Do)
        assert (decision.side, decision.command) == (Side.SOURCE, Suspend(guest=s.GUEST))

    def test_also_by_an_adopter_that_saw_nothing_before(self) -> None:
        looks = [s.look(s.RUNNING, s.RUNNING, at) for at in (1.0, 1.2)]
        assert isinstance(seen(s.record(State.PRECOPY), *looks), Do)

    def test_then_the_move_is_held_and_says_what_was_suspended(self) -> None:
        decision = decided(replace(MOVED, suspended=(SOURCE,)), s.look(s.PAUSED, s.RUNNING))
        assert isinstance(decision, End)
        assert (decision.state, decision.code, decision.doubt) == (
            State.UNCLEAR,
            "guest.runs-twice",
            Doubt.CONTRADICTION,
        )
        assert decision.where is None
        assert "ferry has suspended the copy on kvm01" in decision.because

    def test_both_where_the_policy_says_so(self) -> None:
        first = decided(MOVED, s.look(s.RUNNING, s.RUNNING), policy="suspend-both")
        half = replace(MOVED, suspended=(SOURCE,))
        second = decided(half, s.look(s.PAUSED, s.RUNNING), policy="suspend-both")
        whole = replace(MOVED, suspended=(SOURCE, DESTINATION))
        third = decided(whole, s.look(s.PAUSED, s.PAUSED), policy="suspend-both")
        assert (first.side, second.side) == (Side.SOURCE, Side.DESTINATION)
        assert "suspended the copy on kvm01" in third.because
        assert "suspended the copy on kvm02" in third.because

    def test_none_where_the_policy_says_alarm(self) -> None:
        decision = decided(MOVED, s.look(s.RUNNING, s.RUNNING), policy="alarm")
        assert isinstance(decision, End)
        assert decision.code == "guest.runs-twice"
        assert "nothing was touched" in decision.because
        assert decision.doubt is Doubt.CONTRADICTION

    @pytest.mark.parametrize("known", [{"destination_was_free": False}, {"begun": False}])
    def test_none_of_a_guest_whose_second_copy_is_not_of_our_making(self, known) -> None:
        decision = decided(replace(MOVED, **known), s.look(s.RUNNING, s.RUNNING))
        assert isinstance(decision, End)
        assert "this run has not made the second copy" in decision.because

    def test_a_copy_that_somebody_paused_is_not_contained_further(self) -> None:
        assert isinstance(decided(MOVED, s.look(s.PAUSED, s.RUNNING)), End)
        assert isinstance(decided(MOVED, s.look(s.RUNNING, s.PAUSED)), End)

    def test_a_suspension_that_fails_is_tried_again_and_then_told(self) -> None:
        look = s.look(s.RUNNING, s.RUNNING)
        assert isinstance(decided(replace(MOVED, suspended=(SOURCE,) * (TRIES - 1)), look), Do)
        tired = decided(replace(MOVED, suspended=(SOURCE,) * TRIES), look)
        assert isinstance(tired, End)
        assert "the copy on kvm01 could not be suspended" in tired.because
        assert tired.doubt is Doubt.UNFINISHED, "every resume goes on containing it"

    def test_a_copy_that_could_not_be_suspended_is_no_word_about_the_other(self) -> None:
        tired = decided(
            replace(MOVED, suspended=(SOURCE,) * TRIES), s.look(s.RUNNING, s.RUNNING), policy="suspend-both"
        )
        assert tired.side is Side.DESTINATION

    def test_none_waits_until_the_other_has_obeyed(self) -> None:
        once = replace(MOVED, suspended=(SOURCE,))
        assert decided(once, s.look(s.RUNNING, s.RUNNING), policy="suspend-both").side is Side.DESTINATION

    def test_half_of_what_the_policy_wants_is_not_done(self) -> None:
        record = replace(MOVED, suspended=(SOURCE, *(DESTINATION,) * TRIES))
        tired = decided(record, s.look(s.PAUSED, s.RUNNING), policy="suspend-both")
        assert (tired.code, tired.doubt) == ("guest.runs-twice", Doubt.UNFINISHED)

    def test_the_reason_says_which_copy_was_seen_first(self) -> None:
        looks = [
            s.look(s.HALTED, s.SILENT, 50.0),
            s.look(s.RUNNING, s.SILENT, 70.0),
            s.look(s.RUNNING, s.RUNNING, 100.0),
            s.look(s.RUNNING, s.RUNNING, 100.5),
        ]
        because = seen(MOVED, *looks).because
        assert "on kvm01 first seen to run 30.5 s ago, on kvm02 first seen to run 0.5 s ago" in because

    def test_a_copy_that_stood_meanwhile_runs_since_it_went_on(self) -> None:
        looks = [
            s.look(s.LEAVING, s.INCOMING, 10.0),
            s.look(s.HALTED, s.ARRIVED, 20.0),
            s.look(s.RUNNING, s.ARRIVED, 45.0),
            s.look(s.RUNNING, s.ARRIVED, 45.5),
        ]
        assert (
            "on kvm02 first seen to run 25.5 s ago, on kvm01 first seen to run 0.5 s ago" in seen(MOVED, *looks).because
        )

    def test_also_of_the_copy_that_was_suspended_then(self) -> None:
        looks = [
            s.look(s.RUNNING, s.ARRIVED, 45.0),
            s.look(s.PAUSED, s.ARRIVED, 46.0),
            s.look(s.PAUSED, s.ARRIVED, 46.5),
        ]
        because = seen(replace(MOVED, suspended=(SOURCE,)), *looks).because
        assert "on kvm01 first seen to run 1.5 s ago" in because
        assert "on kvm01" not in seen(MOVED, *looks).because, "somebody else has paused it"

    def test_while_the_call_has_not_returned(self) -> None:
        source = replace(s.RUNNING, call=InFlight())
        assert isinstance(decided(MOVED, s.look(source, s.RUNNING)), Do)

    def test_in_the_middle_of_confirming(self) -> None:
        assert isinstance(decided(s.record(State.CONFIRMING), s.look(s.RUNNING, s.RUNNING)), Do)


class TestOneHostIsSilent:
    def test_cpu_time_that_grows_twice_is_a_copy_that_runs(self) -> None:
        looks = [unheard(1.0, 5.0), unheard(2.0, 5.1), unheard(3.0, 5.3)]
        decision = seen(MOVED, *looks)
        assert isinstance(decision, Do)
        assert decision.side is Side.SOURCE
        assert isinstance(seen(MOVED, *looks[:2]), Wait), "once may be its devices being loaded"

    def test_an_idle_guest_may_pause_between_two_growths(self) -> None:
        looks = [unheard(at, seconds) for at, seconds in ((1, 5.0), (2, 5.1), (3, 5.1), (4, 5.2))]
        assert isinstance(seen(MOVED, *looks), Do)

    def test_cpu_time_that_stands_still_is_none(self) -> None:
        assert isinstance(seen(MOVED, *(unheard(at, 5.0) for at in range(1, 9))), Wait)

    def test_growth_while_the_source_does_not_run_it_says_nothing(self) -> None:
        looks = [unheard(1.0, 5.0, s.HALTED), unheard(2.0, 5.1, s.HALTED), unheard(3.0, 5.2, s.STRANDED)]
        assert isinstance(seen(MOVED, *looks, unheard(4.0, 5.2)), Wait)

    def test_another_process_begins_anew(self) -> None:
        other = s.look(s.RUNNING, s.SILENT, 3.0, destination_process=process(9.0, pid=78))
        assert isinstance(seen(MOVED, unheard(1.0, 5.0), unheard(2.0, 5.1), other), Wait)

    def test_a_shell_that_is_silent_too_forgets_nothing(self) -> None:
        deaf = s.look(s.RUNNING, s.SILENT, 2.5, destination_process=Unknown(why="no route"))
        assert isinstance(seen(MOVED, unheard(1.0, 5.0), unheard(2.0, 5.1), deaf, unheard(3.0, 5.2)), Do)

    @pytest.mark.parametrize("policy", ["suspend-source", "suspend-both"])
    def test_where_the_source_is_the_silent_one_the_destination_is_suspended(self, policy) -> None:
        looks = [s.look(s.SILENT, s.ARRIVED, at, source_process=process(at)) for at in (1.0, 2.0, 3.0)]
        decision = seen(MOVED, *looks, policy=policy)
        assert isinstance(decision, Do)
        assert decision.side is Side.DESTINATION

    @pytest.mark.parametrize("look", [s.look(s.PAUSED, s.SILENT), s.look(s.SILENT, s.PAUSED)])
    def test_after_that_the_move_is_held_at_once(self, look) -> None:
        record = replace(MOVED, suspended=(SOURCE, DESTINATION))
        decision = decided(record, look, watch=s.settled(Place.SILENT, since=99.0))
        assert isinstance(decision, End)
        assert (decision.code, decision.doubt) == ("guest.runs-twice", Doubt.CONTRADICTION)

    def test_it_is_watched_for_a_long_time_and_then_asked_again_by_resume(self) -> None:
        watch = s.settled(Place.SILENT, since=100.0)
        assert isinstance(decided(MOVED, s.look(s.RUNNING, s.SILENT, 100.0 + SILENCE_LASTS), watch), Wait)
        decision = decided(MOVED, s.look(s.RUNNING, s.SILENT, 101.0 + SILENCE_LASTS), watch)
        assert isinstance(decision, End)
        assert (decision.code, decision.doubt, decision.where) == ("guest.side-silent", Doubt.SILENCE, None)

    def test_also_while_the_call_has_not_returned(self) -> None:
        source = replace(s.RUNNING, call=InFlight())
        looks = [unheard(at, at, source) for at in (1.0, 2.0, 3.0)]
        assert isinstance(seen(MOVED, *looks), Do)

    def test_the_reason_says_what_is_known_of_the_silent_copy(self) -> None:
        late = SILENCE_LASTS + 20.0
        looks = [s.look(s.HALTED, s.INCOMING, 0.0), unheard(10.0, 5.0), unheard(late, 5.0)]
        because = seen(MOVED, *looks).because
        assert "kvm02 is silent" in because
        assert "170 s before, it said incoming" in because
        assert "process 77" in because
        assert "may start with its libvirt" in because

    def test_a_host_without_the_process_is_told(self) -> None:
        gone = [s.look(s.RUNNING, s.SILENT, at, destination_process=NoProcess()) for at in (1.0, SILENCE_LASTS + 9)]
        assert "its kernel has no process of the guest" in seen(MOVED, *gone).because
