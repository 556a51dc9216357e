"""A copy that is begun anew: in a better way, or without what a host lacks."""

from dataclasses import replace

from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End
from orchestrator.migration.place import Place
from orchestrator.migration.record import advance, fold
from orchestrator.migration.terms import Level
from orchestrator.model.command import BeginMove, Cancel, Resume, SetDowntimeLimit, Suspend
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.entry import Happened, Intent, Recorded, Seen
from orchestrator.model.move import State
from orchestrator.model.offer import Feature
from orchestrator.model.run import RunId
from orchestrator.model.sighting import Returned
from orchestrator.model.transport import Method
from tests.unit.migration import scenes as s

PARALLEL = replace(s.TRANSPORT, method=Method.PARALLEL, channels=4)
SMALL_CHANGES = replace(s.TRANSPORT, method=Method.XBZRLE, xbzrle_cache_bytes=2**28)
BROKEN_OFF = replace(s.RUNNING, call=Returned(effect=Unclear(why="operation aborted")))
LACKING = replace(s.RUNNING, call=Returned(effect=Refused(why="multifd is not supported", unsupported=True)))


def entries(*these):
    return [Recorded(run=RunId("r"), seq=n + 1, at=s.NOW, entry=e) for n, e in enumerate(these)]


def seen(state, source=s.RUNNING, destination=s.ABSENT):
    return Seen(guest=s.GUEST, state=state, because="", source=source, destination=destination)


def ordered(command, effect=None):
    effect = effect or Done()
    return (
        Intent(guest=s.GUEST, host="kvm01", command=command, because="it will never end"),
        Happened(guest=s.GUEST, host="kvm01", intent=1, effect=effect),
    )


def begin(transport):
    return BeginMove(guest=s.GUEST, destination="kvm02", peer_uri="", transport=transport)


FIRST = (seen(State.WAITING), seen(State.PREPARING), *ordered(begin(PARALLEL)), seen(State.PRECOPY))
BETTER = (*FIRST, *ordered(Cancel(guest=s.GUEST, again=SMALL_CHANGES)), seen(State.CANCELLING))


def decided(record, source, **more):
    decision, _ = decide(record, s.settled(Place.SOURCE), s.look(source, s.ABSENT), s.terms(**more))
    return decision


def test_a_copy_broken_off_for_a_better_way_is_prepared_again() -> None:
    record = fold(s.move(), entries(*BETTER))
    assert decided(record, BROKEN_OFF) == Become(state=State.PREPARING, because="it will never end")


def test_and_begun_in_that_way() -> None:
    record = fold(s.move(), entries(*BETTER, seen(State.PREPARING)))
    assert (record.begun, record.attempt, record.cancelled) == (False, 1, None)
    decision = decided(record, BROKEN_OFF)
    assert isinstance(decision, Do)
    assert decision.command.transport == SMALL_CHANGES
    begun = advance(record, Intent(guest=s.GUEST, host="kvm01", command=decision.command, because=""), s.NOW)
    assert (begun.begun, begun.attempt, begun.again) == (True, 2, None)


def test_an_order_to_stop_does_not_end_what_had_begun() -> None:
    record = fold(s.move(), entries(*BETTER, seen(State.PREPARING)))
    assert isinstance(decided(record, BROKEN_OFF, level=Level.STOP), Do)
    assert decided(record, BROKEN_OFF, level=Level.ABORT).code == "migration.cancelled"


def test_an_abort_in_between_keeps_the_guest_where_it_is() -> None:
    record = fold(s.move(), entries(*BETTER, *ordered(Cancel(guest=s.GUEST))))
    decision = decided(record, BROKEN_OFF)
    assert isinstance(decision, End)
    assert (decision.state, decision.code) == (State.KEPT, "migration.cancelled")


def test_what_a_host_lacks_is_left_out() -> None:
    record = fold(s.move(), entries(*FIRST[:-1]))
    decision = decided(record, LACKING)
    assert isinstance(decision, Become)
    assert decision.state is State.PREPARING
    assert "parallel" in decision.because
    again = advance(record, seen(State.PREPARING, source=LACKING), s.NOW)
    assert again.absent == {Feature.PARALLEL: "multifd is not supported"}
    assert not again.begun


def test_but_only_once() -> None:
    record = replace(fold(s.move(), entries(*FIRST[:-1])), absent={Feature.PARALLEL: "no"})
    assert isinstance(decided(record, LACKING), End)


def test_a_plain_copy_that_is_refused_has_nothing_to_leave_out() -> None:
    record = fold(s.move(), entries(*FIRST[:2], *ordered(begin(s.TRANSPORT))))
    assert isinstance(decided(record, LACKING), End)


def test_a_guest_that_ferry_paused_goes_on_before_anything_else() -> None:
    record = replace(fold(s.move(), entries(*BETTER)), paused_meanwhile=True)
    paused = replace(s.PAUSED, call=BROKEN_OFF.call)
    assert isinstance(decided(record, paused).command, Resume)


def test_the_reason_of_a_cancel_is_the_code_of_the_end() -> None:
    cancelled = (*FIRST, *ordered(Cancel(guest=s.GUEST, code="migration.stalled")))
    decision = decided(fold(s.move(), entries(*cancelled)), BROKEN_OFF)
    assert (decision.code, decision.because) == ("migration.stalled", "it will never end")


def test_what_was_refused_has_not_happened() -> None:
    refused = Refused(why="too late")
    cancelled = fold(s.move(), entries(*FIRST, *ordered(Cancel(guest=s.GUEST, code="migration.stalled"), refused)))
    assert (cancelled.cancelled, cancelled.again) == (None, None)
    paused = fold(s.move(), entries(*FIRST, *ordered(Suspend(guest=s.GUEST, meanwhile=True), refused)))
    assert not paused.paused_meanwhile
    unclear = fold(s.move(), entries(*FIRST, *ordered(Suspend(guest=s.GUEST, meanwhile=True), Unclear(why="?"))))
    assert unclear.paused_meanwhile


def test_a_brake_keeps_the_limit_that_comes_back() -> None:
    brake = ordered(SetDowntimeLimit(guest=s.GUEST, limit_ms=1, brake=True))
    braked = fold(s.move(), entries(*FIRST, *brake))
    assert (braked.braked, braked.limit_ms) == (True, PARALLEL.downtime_limit_ms)
    lifted = fold(s.move(), entries(*FIRST, *brake, *ordered(SetDowntimeLimit(guest=s.GUEST, limit_ms=300))))
    assert (lifted.braked, lifted.limit_ms) == (False, 300)


def test_a_guest_that_crashed_between_two_attempts_is_told_apart_from_one_that_never_moved() -> None:
    crashed = replace(s.OFF, reason="crashed")
    between = s.record(State.PREPARING, begun=False, attempt=1)
    decision, _ = decide(between, s.settled(Place.NOWHERE), s.look(crashed, s.ABSENT), s.terms())
    assert isinstance(decision, End)
    assert (decision.state, decision.code) == (State.ENDED, "guest.crashed")
