"""A guest whose definition alone moves: the table, and every decision taken from it."""

from dataclasses import replace
from itertools import product

import pytest

from orchestrator.migration import double_run, settle
from orchestrator.migration.decide import decide
from orchestrator.migration.decision import Become, Do, End, Side, Wait, Watch
from orchestrator.migration.offline import ROWS, Phase, Step, step
from orchestrator.migration.place import Place, Says
from orchestrator.migration.record import advance, fold
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level
from orchestrator.model.command import BeginMove, SetAutostart, ShutDown, Start, Undefine
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.entry import Happened, Intent
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.sighting import InFlight, Returned
from orchestrator.model.transport import Mode
from tests.unit.migration import scenes as s

OFFLINE = replace(s.TRANSPORT, mode=Mode.OFFLINE)
COLD = replace(s.TRANSPORT, mode=Mode.COLD)
SHUT_DOWN = replace(s.OFF, reason="shutdown")
RETURNED = Returned(effect=Done(), took_ms=40)
BROKEN = Returned(effect=Unclear(why="the connection broke"))
DEFINED = replace(s.OFF, reason="unknown")
LOST = replace(s.ABSENT, call=RETURNED)
LONG_SEEN = s.settled(Place.NOWHERE, looks=9)
ABORT = s.terms(level=Level.ABORT, by="ada")
GRANTED = {"begun": False, "transport": None, "attempt": 0}
ASKED = {"begun": True, "transport": None, "attempt": 0, "tried": ("shut-down",)}


def decided(record, looked, *, watch: Watch | None = None, terms=None):
    return decide(record, watch or Watch(), looked, terms or s.terms())[0]


def of(how, /, state=State.PREPARING, **more):
    the_move = more.pop("the_move", None) or s.move(transport=how)
    fields = {"transport": how, "destination_was_free": True} | more
    return s.record(state, the_move=the_move, **fields)


class TestTable:
    def test_every_situation_has_a_step(self) -> None:
        for phase, mode, here, there in product(Phase, (Mode.OFFLINE, Mode.COLD), Says, Says):
            assert step(phase, mode, here, there) in Step

    def test_every_row_is_the_first_for_some_situation(self) -> None:
        used = set()
        for phase, mode, here, there in product(Phase, (Mode.OFFLINE, Mode.COLD), Says, Says):
            rows = (n for n, r in enumerate(ROWS) if r[0] is phase and mode in r[1] and here in r[2] and there in r[3])
            used.add(next(rows))
        assert used == set(range(len(ROWS)))

    @pytest.mark.parametrize("phase", Phase)
    @pytest.mark.parametrize("mode", [Mode.OFFLINE, Mode.COLD])
    def test_nothing_is_ordered_beside_a_silent_or_a_second_copy(self, phase, mode) -> None:
        harmless = {Step.SETTLE, Step.NOT_BEGUN, Step.DRIFTED}
        silent = [(Says.SILENT, other) for other in Says] + [(other, Says.SILENT) for other in Says]
        twice = list(product((Says.RUNNING, Says.PAUSED), repeat=2))
        assert {step(phase, mode, here, there) for here, there in (*silent, *twice)} <= harmless


class TestOffline:
    def test_it_goes_straight_to_work(self) -> None:
        decision = decided(of(OFFLINE, State.WAITING, **GRANTED), s.look(DEFINED, s.ABSENT))
        assert isinstance(decision, Become)
        assert decision.state is State.PREPARING

    def test_a_shut_off_guest_is_moved(self) -> None:
        decision = decided(of(OFFLINE, **GRANTED), s.look(DEFINED, s.ABSENT))
        assert isinstance(decision.command, BeginMove)
        assert (decision.side, decision.command.transport) == (Side.SOURCE, OFFLINE)

    @pytest.mark.parametrize("source", [s.RUNNING, s.PAUSED, s.ABSENT])
    def test_one_that_is_not_is_left_alone(self, source) -> None:
        decision = decided(of(OFFLINE, **GRANTED), s.look(source, s.ABSENT))
        assert (decision.state, decision.code) == (State.KEPT, "migration.drifted")

    @pytest.mark.parametrize(("source", "destination"), [(s.SILENT, s.ABSENT), (DEFINED, s.SILENT)])
    def test_nothing_is_begun_with_a_silent_host(self, source, destination) -> None:
        decision = decided(of(OFFLINE, **GRANTED), s.look(source, destination))
        assert (decision.state, decision.code, decision.where) == (State.KEPT, "host.unreachable", None)

    def test_a_stopped_run_begins_nothing(self) -> None:
        stopped = s.terms(level=Level.STOP, by="ada")
        decision = decided(of(OFFLINE, **GRANTED), s.look(DEFINED, s.ABSENT), terms=stopped)
        assert (decision.state, decision.code, decision.where) == (State.KEPT, "migration.cancelled", "kvm01")

    def test_it_has_arrived_when_only_the_destination_defines_it(self) -> None:
        assert decided(of(OFFLINE), s.look(LOST, DEFINED)).state is State.CONFIRMING
        decision = decided(of(OFFLINE, State.CONFIRMING), s.look(LOST, DEFINED))
        assert (decision.state, decision.where, decision.code) == (State.MIGRATED, "kvm02", None)

    def test_autostart_is_carried_and_its_refusal_is_named(self) -> None:
        the_move = s.move(transport=OFFLINE, autostart=True)
        confirming = of(OFFLINE, State.CONFIRMING, the_move=the_move)
        assert decided(confirming, s.look(LOST, DEFINED)).command == SetAutostart(guest=s.GUEST, on=True)
        refused = replace(confirming, tried=("set-autostart",))
        decision = decided(refused, s.look(LOST, DEFINED))
        assert (decision.code, decision.warnings) == ("guest.left-behind", ("autostart is not set on kvm02",))

    def test_while_the_call_lasts_nothing_is_decided(self) -> None:
        calling = replace(DEFINED, call=InFlight())
        for source, destination in (
            (calling, s.ABSENT),
            (calling, DEFINED),
            (replace(s.ABSENT, call=InFlight()), DEFINED),
        ):
            assert isinstance(decided(of(OFFLINE), s.look(source, destination), watch=LONG_SEEN), Wait)

    def test_a_definition_that_has_not_moved_stays(self) -> None:
        decision = decided(of(OFFLINE), s.look(replace(DEFINED, call=BROKEN), s.ABSENT))
        assert (decision.state, decision.code, decision.because) == (
            State.KEPT, "migration.failed", "the connection broke",
        )  # fmt: skip

    def test_a_call_of_a_dead_process_may_still_be_waiting_in_the_daemon(self) -> None:
        looked = s.look(DEFINED, s.ABSENT, at=30.0)
        assert isinstance(decided(of(OFFLINE), looked, watch=LONG_SEEN), Wait)
        late = replace(looked, at=settle.ACCEPTED_SETTLES + 1)
        assert decided(of(OFFLINE), late, watch=LONG_SEEN).state is State.KEPT

    def test_what_libvirt_left_halfway_is_finished(self) -> None:
        looked = s.look(replace(DEFINED, call=BROKEN), DEFINED)
        decision = decided(of(OFFLINE), looked)
        assert (decision.side, decision.command) == (Side.SOURCE, Undefine(guest=s.GUEST))
        decision = decided(of(OFFLINE, State.CONFIRMING, tried=("undefine",)), looked)
        assert (decision.state, decision.warnings) == (State.MIGRATED, ("its definition is still on kvm01",))

    def test_a_definition_that_was_there_before_proves_nothing(self) -> None:
        looked = s.look(replace(DEFINED, call=BROKEN), DEFINED)
        decision = decided(of(OFFLINE, defined_there=True), looked)
        assert (decision.state, decision.where) == (State.KEPT, "kvm01")
        done = s.look(replace(DEFINED, call=RETURNED), DEFINED)
        assert isinstance(decided(of(OFFLINE, defined_there=True), done).command, Undefine)

    def test_a_definition_that_is_nowhere_is_said(self) -> None:
        decision = decided(of(OFFLINE), s.look(LOST, s.ABSENT))
        assert (decision.state, decision.code) == (State.ENDED, "guest.gone")


class TestCold:
    def test_a_running_guest_is_asked_to_shut_itself_down(self) -> None:
        decision = decided(of(COLD, **GRANTED), s.look(s.RUNNING, s.ABSENT))
        assert (decision.side, decision.command) == (Side.SOURCE, ShutDown(guest=s.GUEST))

    @pytest.mark.parametrize("source", [SHUT_DOWN, s.PAUSED, s.ABSENT])
    def test_one_that_does_not_run_is_left_alone(self, source) -> None:
        decision = decided(of(COLD, **GRANTED), s.look(source, s.ABSENT))
        assert (decision.state, decision.code) == (State.KEPT, "migration.drifted")

    def test_a_stopped_run_asks_nobody(self) -> None:
        decision = decided(of(COLD, **GRANTED), s.look(s.RUNNING, s.ABSENT), terms=s.terms(level=Level.STOP))
        assert (decision.state, decision.code) == (State.KEPT, "migration.cancelled")

    def test_the_question_counts_as_begun_from_its_intent_on(self) -> None:
        granted = of(COLD, **GRANTED)
        intent = Intent(guest=s.GUEST, host="kvm01", command=ShutDown(guest=s.GUEST), because="")
        assert advance(granted, intent, s.NOW).begun
        assert not fold(granted.move, ()).begun

    def test_it_is_waited_for(self) -> None:
        watch = Watch(begun_at=0.0)
        assert isinstance(decided(of(COLD, **ASKED), s.look(s.RUNNING, s.ABSENT, at=119.0), watch=watch), Wait)

    def test_it_is_asked_once_more_where_nobody_knows_whether_it_was(self) -> None:
        unanswered = of(COLD, **(ASKED | {"tried": ()}))
        assert decided(unanswered, s.look(s.RUNNING, s.ABSENT)).command == ShutDown(guest=s.GUEST)
        assert isinstance(decided(unanswered, s.look(s.RUNNING, s.ABSENT), terms=ABORT), Wait)

    def test_the_limit_begins_anew_with_another_process(self) -> None:
        decision, watch = decide(of(COLD, **ASKED), Watch(), s.look(s.RUNNING, s.ABSENT, at=500.0), s.terms())
        assert isinstance(decision, Wait)
        assert watch.begun_at == 500.0

    def test_one_that_takes_too_long_stays_and_nothing_is_forced(self) -> None:
        looked = s.look(s.RUNNING, s.ABSENT, at=121.0)
        decision = decided(of(COLD, **ASKED), looked, watch=Watch(begun_at=0.0))
        assert (decision.state, decision.code, decision.where) == (State.KEPT, "guest.not-shut-down", "kvm01")
        assert "it was asked to, and may still do so" in decision.because

    def test_the_limit_is_the_operators(self) -> None:
        short = replace(COLD, shutdown_timeout_ms=5_000)
        asked = of(short, **ASKED)
        looked = s.look(s.RUNNING, s.ABSENT, at=6.0)
        assert isinstance(decided(asked, looked, watch=Watch(begun_at=0.0)), End)

    def test_a_host_that_refuses_to_ask_ends_it_at_once(self) -> None:
        refused = of(COLD, **ASKED, refusals={"shut-down": "no agent, no ACPI"})
        decision = decided(refused, s.look(s.RUNNING, s.ABSENT))
        assert (decision.state, decision.code) == (State.KEPT, "guest.not-shut-down")
        assert "no agent, no ACPI" in decision.because

    @pytest.mark.parametrize("reason", ["shutdown", "daemon", "unknown"])
    def test_once_it_is_shut_off_its_definition_moves(self, reason) -> None:
        looked = s.look(replace(s.OFF, reason=reason), s.ABSENT)
        assert isinstance(decided(of(COLD, **ASKED), looked), Wait), "one look is not enough"
        assert isinstance(decided(of(COLD, **ASKED), looked, watch=LONG_SEEN).command, BeginMove)

    @pytest.mark.parametrize(
        ("reason", "state", "code"),
        [
            ("crashed", State.ENDED, "guest.crashed"),
            ("failed", State.ENDED, "guest.crashed"),
            ("destroyed", State.KEPT, "migration.drifted"),
            ("saved", State.KEPT, "migration.drifted"),
        ],
    )
    def test_one_that_ended_otherwise_is_not_moved(self, reason, state, code) -> None:
        decision = decided(of(COLD, **ASKED), s.look(replace(s.OFF, reason=reason), s.ABSENT), watch=LONG_SEEN)
        assert (decision.state, decision.code) == (state, code)

    def test_it_is_started_at_the_destination(self) -> None:
        decision = decided(of(COLD, State.CONFIRMING), s.look(LOST, DEFINED))
        assert (decision.side, decision.command) == (Side.DESTINATION, Start(guest=s.GUEST))

    def test_it_has_moved_when_it_runs_there(self) -> None:
        decision = decided(
            of(COLD, State.CONFIRMING, tried=("shut-down", "begin-move", "start")), s.look(LOST, s.ARRIVED)
        )
        assert (decision.state, decision.where, decision.code) == (State.MIGRATED, "kvm02", None)

    def test_one_that_cannot_be_started_there_is_said_to_be_off(self) -> None:
        tried = of(COLD, State.CONFIRMING, tried=("start",) * TRIES, refusals={"start": "no such device"})
        decision = decided(tried, s.look(LOST, DEFINED))
        assert (decision.state, decision.code, decision.where) == (State.ENDED, "guest.left-off", "kvm02")
        assert "no such device" in decision.because

    @pytest.mark.parametrize(
        "failed",
        [
            {"refused": Refused(why="no route")},
            {"source": replace(SHUT_DOWN, call=BROKEN)},
        ],
        ids=["refused", "broken"],
    )
    def test_one_whose_definition_does_not_move_is_started_again_at_its_source(self, failed) -> None:
        source = failed.pop("source", SHUT_DOWN)
        decision = decided(of(COLD, **failed), s.look(source, s.ABSENT))
        assert (decision.side, decision.command) == (Side.SOURCE, Start(guest=s.GUEST))
        again = decided(of(COLD, **failed, tried=("start",)), s.look(replace(s.RUNNING, call=source.call), s.ABSENT))
        assert (again.state, again.where) == (State.KEPT, "kvm01")
        assert again.because in ("no route", "the connection broke")

    def test_it_is_not_started_while_the_order_to_move_it_may_wait_in_the_daemon(self) -> None:
        """A call whose connection was cut is not over: its definition may yet move, and the guest would be started."""
        source = replace(SHUT_DOWN, call=Returned(effect=Unclear(why="Connection reset by peer", cut=True)))
        for at, kind in ((139.0, Wait), (141.0, Do)):
            watch = s.settled(Place.NOWHERE, since=100.0, looks=9)
            assert isinstance(decided(of(COLD), s.look(source, s.ABSENT, at), watch=watch), kind)

    def test_one_that_cannot_be_started_again_is_said_to_be_off(self) -> None:
        tried = of(COLD, tried=("start",) * TRIES, refused=Refused(why="no route"), refusals={"start": "no memory"})
        decision = decided(tried, s.look(SHUT_DOWN, s.ABSENT))
        assert (decision.state, decision.code, decision.where) == (State.ENDED, "guest.left-off", "kvm01")
        assert "no route; it is shut off on kvm01 and could not be started there: no memory" in decision.because

    def test_an_order_to_abort_starts_it_again(self) -> None:
        off = s.look(SHUT_DOWN, s.ABSENT)
        asked = of(COLD, **ASKED)
        assert isinstance(decided(asked, s.look(s.RUNNING, s.ABSENT), terms=ABORT), Wait), "it may still shut down"
        assert decided(asked, off, watch=LONG_SEEN, terms=ABORT).command == Start(guest=s.GUEST)
        started = replace(asked, tried=("shut-down", "start"))
        decision = decided(started, s.look(s.RUNNING, s.ABSENT), terms=ABORT)
        assert (decision.state, decision.code) == (State.KEPT, "migration.cancelled")

    def test_a_second_copy_is_contained_as_ever(self) -> None:
        looked = s.look(s.RUNNING, s.ARRIVED)
        watch = s.settled(Place.TWICE, looks=9, ran_first=Side.SOURCE)
        decision = decided(of(COLD), looked, watch=watch)
        assert not isinstance(decision, Do) or decision.command.kind == "suspend"

    def test_a_silent_host_is_asked_again_later(self) -> None:
        looked = s.look(SHUT_DOWN, s.SILENT, at=double_run.SILENCE_LASTS + 1)
        decision = decided(of(COLD), looked, watch=s.settled(Place.SILENT))
        assert (decision.state, decision.code) == (State.UNCLEAR, "guest.side-silent")


def test_a_guest_that_somebody_pauses_while_it_shuts_down_is_waited_for() -> None:
    paused = replace(s.PAUSED, power=Power.PAUSED)
    assert isinstance(decided(of(COLD, **ASKED), s.look(paused, s.ABSENT), watch=Watch(begun_at=99.0)), Wait)


def test_an_answer_that_was_refused_is_kept_with_its_reason() -> None:
    record = of(COLD, **GRANTED)
    host, command = "kvm01", ShutDown(guest=s.GUEST)
    record = advance(record, Intent(guest=s.GUEST, host=host, command=command, because=""), s.NOW)
    record = advance(record, Happened(guest=s.GUEST, host=host, intent=1, effect=Refused(why="no agent")), s.NOW)
    assert record.refusals == {"shut-down": "no agent"}
