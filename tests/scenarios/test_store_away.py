"""The store goes away in the middle of everything: what has begun goes on, nothing begins, nothing is lost or twice."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from orchestrator.engine.runner import LEASE_LASTS, WAIT_FOR_STORE
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import BeginMove, Cancel, SetAutostart, StartHeld, StartPostCopy, Suspend, Undefine
from orchestrator.model.entry import Adopted, Closed, Ended, Happened, Intent, Ordered, Recorded, Seen
from orchestrator.model.event import Event, Waiting
from orchestrator.model.guest import Power
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, State
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Convergence, Policy
from orchestrator.model.report import RunReport
from orchestrator.operations.apply import apply
from orchestrator.operations.history import status
from orchestrator.operations.resume import resume
from orchestrator.ports import Spill, Store
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.spill import MemorySpill
from orchestrator.simulator.store_outage import Outage
from orchestrator.simulator.world import Fault
from tests.scenarios.simulated import LINK, MIB, WHO, A, B, Bench

EVER = 1e9
FIRST = Fence(name="run-1", number=1)


class Heard:
    """A view that remembers, and does something once, when it hears what it waits for."""

    def __init__(self, when: Callable[[Event], bool] = lambda _event: False, do: Callable[[], Any] = list) -> None:
        self.events: list[Event] = []
        self._when, self._do, self._done = when, do, False

    def emit(self, event: Event) -> None:
        self.events.append(event)
        if not self._done and self._when(event):
            self._done = True
            self._do()


def seen(state: State) -> Callable[[Event], bool]:
    return lambda event: isinstance(event, Recorded) and isinstance(event.entry, Seen) and event.entry.state is state


def intended(kind: type) -> Callable[[Event], bool]:
    return lambda e: isinstance(e, Recorded) and isinstance(e.entry, Intent) and isinstance(e.entry.command, kind)


def away(bench: Bench, when: Callable[[Event], bool], lasts: float, *, answers_lost: bool = False) -> Heard:
    """The store goes away behind that event."""

    def go() -> None:
        now = bench.clock.ticks()
        bench.outages.append(Outage(begins=now, ends=now + lasts, answers_lost=answers_lost))

    return Heard(when, go)


def run(bench: Bench, *moves: Move, sink: Heard, killer: Killer | None = None, stop: Stop | None = None) -> RunReport:
    return apply(bench.doors(killer), Plan(moves=moves, findings=()), WHO, (cast(Any, sink),), stop or Stop())


def entries(bench: Bench) -> list[Recorded]:
    (head,) = bench.store.runs()
    return list(bench.store.entries(head.id))


def intents(bench: Bench) -> list[Any]:
    return [e.entry.command for e in entries(bench) if isinstance(e.entry, Intent)]


def sound(bench: Bench) -> None:
    """The journal is in order, answers name what they answer, nothing is there twice, and nothing waits beside it."""
    journal = entries(bench)
    assert [e.at for e in journal] == sorted(e.at for e in journal)
    assert all((a.at, a.entry) != (b.at, b.entry) for n, a in enumerate(journal) for b in journal[:n])
    by_number = {e.seq: e.entry for e in journal}
    for each in journal:
        if isinstance(each.entry, Happened):
            intent = by_number[each.entry.intent]
            assert isinstance(intent, Intent)
            assert (intent.guest, intent.host) == (each.entry.guest, each.entry.host)
            assert each.entry.intent < each.seq
    assert bench.spill.waiting() == []


def left(bench: Bench, sink: Heard, move: Move) -> OrchestratorError:
    """The run ends with exit 6, because the store stays away."""
    with pytest.raises(OrchestratorError) as raised:
        run(bench, move, sink=sink)
    assert raised.value.exit_code == 6
    (problem,) = raised.value.problems
    assert "ferry resume run-1" in problem.fix
    return raised.value


def back(bench: Bench) -> None:
    bench.outages.clear()
    bench.pass_time(LEASE_LASTS)


def test_a_store_that_is_away_at_the_beginning_begins_nothing() -> None:
    bench = Bench()
    move = bench.move(bench.guest(1))
    bench.outages.append(Outage(begins=0, ends=EVER))
    with pytest.raises(OrchestratorError, match=r"store\.unavailable"):
        bench.apply(move)
    assert bench.store.runs() == ()
    assert bench.clock.ticks() == 0


def test_a_move_waits_for_the_store_and_says_so_and_begins_when_it_is_back() -> None:
    bench = Bench()
    guest = bench.guest(1)
    heard = away(bench, seen(State.PREPARING), 10.0)
    report = run(bench, bench.move(guest), sink=heard)
    assert report.moves[0].state is State.MIGRATED
    (begun,) = [e for e in entries(bench) if isinstance(e.entry, Intent) and isinstance(e.entry.command, BeginMove)]
    assert bench.outages[0].ends <= (begun.at - report.run.started_at).total_seconds() <= bench.outages[0].ends + 5.0
    told = [e.because for e in heard.events if isinstance(e, Waiting)]
    assert told == ["nothing is begun without the store: the simulated store is away"]
    sound(bench)


def test_where_the_store_stays_away_nothing_was_begun_and_resume_begins_it_later() -> None:
    bench = Bench()
    guest = bench.guest(1)
    error = left(bench, away(bench, seen(State.PREPARING), EVER), bench.move(guest))
    assert error.problems[0].now.startswith("guest-01 was not begun and is left on kvm01.")
    assert WAIT_FOR_STORE <= bench.clock.ticks() <= WAIT_FOR_STORE + 5.0
    assert bench.world.active(guest) == [A]
    assert not any(isinstance(c, BeginMove) for c in intents(bench))
    back(bench)
    (report,) = bench.resume()
    assert report.moves[0].state is State.MIGRATED
    sound(bench)


@pytest.mark.parametrize("lost", [False, True])
@pytest.mark.parametrize("lasts", [0.5, 3.0, 10.0, 40.0])
@pytest.mark.parametrize(
    "when",
    [
        intended(BeginMove), seen(State.WAITING), seen(State.PREPARING), seen(State.PRECOPY), seen(State.SWITCHOVER),
        seen(State.CONFIRMING), intended(SetAutostart),
    ],
)  # fmt: skip
def test_an_outage_changes_nothing_about_how_a_move_ends(when: Any, lasts: float, lost: bool) -> None:
    bench = Bench()
    guest = bench.guest(1, memory=512 * MIB, autostart=True)
    report = run(bench, bench.move(guest), sink=away(bench, when, lasts, answers_lost=lost))
    assert (report.exit_code, report.moves[0].state) == (0, State.MIGRATED)
    assert bench.world.active(guest) == [B]
    assert bench.world.copy(A, guest) is None
    # An intent that arrived without an answer was not acted on, and is written again.
    assert len([c for c in intents(bench) if isinstance(c, BeginMove)]) in ((1, 2) if lost else (1,))
    sound(bench)


@pytest.mark.parametrize("open_verdict", [False, True])
def test_a_store_that_goes_away_behind_the_last_entry_closes_the_run_once(open_verdict: bool) -> None:
    bench = Bench(fault=Fault(reply_lost=open_verdict))
    heard = away(bench, lambda e: isinstance(e, Recorded) and isinstance(e.entry, Closed), 5.0)
    with pytest.raises(OrchestratorError, match=r"store\.unavailable"):  # its report cannot be read any more
        run(bench, bench.move(bench.guest(1, memory=512 * MIB)), sink=heard)
    back(bench)
    assert [type(e.entry) for e in entries(bench)].count(Closed) == 1
    assert bench.resume() == ()
    sound(bench)


def test_a_copy_arrives_and_is_confirmed_while_the_store_stays_away() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=512 * MIB, persistent=False)
    error = left(bench, away(bench, seen(State.PRECOPY), EVER), bench.move(guest))
    now = error.problems[0].now
    assert now.startswith("guest-01: migrated, on kvm02.")
    assert "spill/run-1.1.jsonl" in now
    assert not any(isinstance(e.entry, Ended) for e in entries(bench)), "the store had no part in it"
    back(bench)
    (report,) = bench.resume()
    assert (report.exit_code, report.moves[0].state) == (0, State.MIGRATED)
    sound(bench)


def test_a_definition_that_was_left_behind_is_removed_once_the_store_is_back() -> None:
    bench = Bench()
    guest, remove = bench.guest(1, memory=512 * MIB), bench.world.remove

    def keep_definition(host: Any, guest: Any, reason: str, **_more: Any) -> None:
        remove(host, guest, reason)

    bench.world.remove = keep_definition  # type: ignore[method-assign]
    heard = away(bench, seen(State.PRECOPY), EVER)
    error = left(bench, heard, bench.move(guest))
    assert error.problems[0].now.startswith("guest-01 has arrived on kvm02; that is not confirmed yet.")
    assert any(isinstance(e, Waiting) and "nothing is ended or removed" in e.because for e in heard.events)
    assert not any(intended(Undefine)(e) for e in heard.events)
    assert bench.world.active(guest) == [B]
    assert bench.world.copy(A, guest) is not None
    back(bench)
    (report,) = bench.resume()
    assert (report.exit_code, report.moves[0].state) == (0, State.MIGRATED)
    assert [type(c) for c in intents(bench)] == [BeginMove, Undefine]
    sound(bench)


def test_a_held_arrival_is_let_run_at_once() -> None:
    bench = Bench(policy=Policy(name="test", start_at_destination="verified"))
    guest = bench.guest(1, memory=512 * MIB)
    heard = away(bench, seen(State.PRECOPY), 40.0)
    report = run(bench, bench.move(guest, held=True), sink=heard)
    assert report.moves[0].state is State.MIGRATED
    (started,) = [e for e in heard.events if intended(StartHeld)(e)]
    assert cast(Recorded, started).seq < 0, "while the store was away"
    sound(bench)


def test_a_copy_can_be_called_off_by_signals() -> None:
    bench = Bench()
    guest, stop = bench.guest(1, memory=4096 * MIB), Stop()
    bench.world.later(10.0, lambda: (stop.more("Ctrl-C"), stop.more("Ctrl-C")))
    heard = away(bench, seen(State.PRECOPY), 40.0)
    report = run(bench, bench.move(guest), sink=heard, stop=stop)
    assert (report.exit_code, report.moves[0].outcome.code) == (130, "migration.cancelled")
    (cancelled,) = [e for e in heard.events if intended(Cancel)(e)]
    assert cast(Recorded, cancelled).seq < 0
    assert bench.world.active(guest) == [A]
    sound(bench)


@pytest.mark.parametrize("lasts", [30.0, EVER])
def test_no_copy_is_switched_to_postcopy_meanwhile(lasts: float) -> None:
    bench = Bench(
        policy=Policy(name="test", postcopy=True, convergence=Convergence(measure="never")), max_duration="2m"
    )
    guest = bench.guest(1, memory=1024 * MIB, dirty=1.5 * LINK)
    move, heard = bench.move(guest, postcopy=True), away(bench, seen(State.PRECOPY), lasts)
    if lasts == EVER:
        left(bench, heard, move)
        assert bench.world.active(guest) == [A], "cancelled after max_duration, as ever"
    else:
        assert run(bench, move, sink=heard).moves[0].state is State.MIGRATED
    switched = [e for e in heard.events if intended(StartPostCopy)(e)]
    assert all(cast(Recorded, e).seq > 0 for e in switched)
    assert bool(switched) is (lasts != EVER)


@pytest.mark.parametrize("lasts", [30.0, EVER])
def test_a_double_run_is_contained_without_the_store(lasts: float) -> None:
    bench = Bench(fault=Fault(reply_lost=True))
    guest = bench.guest(1, memory=512 * MIB)
    heard, move = away(bench, seen(State.PRECOPY), lasts), bench.move(guest)
    if lasts == EVER:
        left(bench, heard, move)
        back(bench)
        (report,) = bench.resume()
    else:
        report = run(bench, move, sink=heard)
    assert report.moves[0].outcome.code == "guest.runs-twice"
    powers = {bench.world.copy(host, guest).power for host in (A, B)}  # type: ignore[union-attr]
    assert powers == {Power.RUNNING, Power.PAUSED}
    assert any(isinstance(c, Suspend) for c in intents(bench))
    sound(bench)


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("call", range(8, 120, 4))
def test_a_process_that_dies_meanwhile_is_followed_by_one_that_knows_what_it_did(call: int, after: bool) -> None:
    bench = Bench()
    guest = bench.guest(1, memory=512 * MIB, autostart=True)
    killer = Killer(after=frozenset({call})) if after else Killer(before=frozenset({call}))
    heard = away(bench, intended(BeginMove), EVER)
    try:
        run(bench, bench.move(guest), sink=heard, killer=killer)
    except (Killed, OrchestratorError):
        back(bench)
    reports = bench.resume()
    assert not reports or reports[0].moves[0].state in (State.MIGRATED, State.KEPT)
    told = [e.entry for e in heard.events if isinstance(e, Recorded)]
    kept = [e.entry for e in entries(bench)]
    unmatched = [t for t in told if t not in kept and not isinstance(t, Happened)]
    assert unmatched == [], "what a view was shown is in the journal"
    assert len(bench.world.active(guest)) == 1
    assert len([c for c in intents(bench) if isinstance(c, BeginMove)]) <= 1
    sound(bench)


def test_a_verdict_that_is_written_later_tells_of_the_silence_as_it_was() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=512 * MIB, autostart=True)
    stops: list[float] = []
    probe = bench.doors().probe()

    class Once:
        def __init__(self, watch: Any) -> None:
            self.answering, self._stop = watch.answering, watch.stop

        def stop(self) -> Any:
            stops.append(bench.clock.ticks())
            return self._stop()

    def nearly_over(event: Event) -> bool:  # nothing is left but the verdict
        done = isinstance(event, Recorded) and isinstance(event.entry, Happened)
        return done and isinstance(intents(bench)[-1], SetAutostart)

    def full() -> None:
        bench.spill.full = True
        now = bench.clock.ticks()
        bench.outages.append(Outage(begins=now, ends=now + 30.0))

    watching = cast(Any, type("Probe", (), {"watch": lambda _self, address: Once(probe.watch(address))})())
    doors = replace(bench.doors(), probe=lambda: watching)
    sinks = (cast(Any, Heard(nearly_over, full)),)
    report = apply(doors, Plan(moves=(bench.move(guest),), findings=()), WHO, sinks, Stop())
    assert report.moves[0].state is State.MIGRATED
    assert bench.clock.ticks() > 30.0, "the verdict had to wait"
    assert len(stops) == 1


def test_status_reads_what_was_left_and_takes_no_run_from_resume() -> None:
    bench = Bench()
    left(bench, away(bench, seen(State.PRECOPY), EVER), bench.move(bench.guest(1, persistent=False)))
    bench.outages.clear()
    (told,) = status(bench.doors())
    assert told.moves[0].state is State.MIGRATED
    sound(bench)
    (report,) = bench.resume()
    assert report.exit_code == 0


@pytest.mark.parametrize("same_machine", [True, False])
def test_a_process_that_takes_over_meanwhile_has_the_copy_and_entries_that_come_late_are_set_aside(
    same_machine: bool,
) -> None:
    bench = Bench()
    guest, stop = bench.guest(1, memory=8192 * MIB), Stop()
    bench.world.later(20.0, lambda: stop.more("Ctrl-C"))  # an order that only this process knows of
    adopted: list[RunReport] = []

    def take_over() -> None:
        others = replace(bench.doors(), store=lambda: cast(Store, bench.store))
        if not same_machine:
            others = replace(others, spill=lambda: cast(Spill, MemorySpill()))
        adopted.extend(resume(others, None, WHO, (), Stop(), unbegun=lambda _doors, _moves: ()))

    def go() -> None:
        now = bench.clock.ticks()
        bench.outages.append(Outage(begins=now, ends=now + 60.0))

    class Both(Heard):
        def emit(self, event: Event) -> None:
            super().emit(event)
            if not adopted and bench.outages and bench.clock.ticks() > bench.outages[0].begins + 45.0:
                adopted.append(cast(RunReport, None))
                take_over()

    with pytest.raises(OrchestratorError, match=r"fence-lost.*spill/run-1\.1\.jsonl" if not same_machine else "lost"):
        run(bench, bench.move(guest), sink=Both(seen(State.PRECOPY), go), stop=stop)
    assert adopted[1].moves[0].state is State.MIGRATED, "the copy was left alone"
    assert bench.world.active(guest) == [B]
    before = entries(bench)
    assert [type(e.entry) for e in before].count(Adopted) == 1
    known = any(isinstance(e.entry, Ordered) for e in before)
    assert known is same_machine, "what it had written reached the one that took over, where that could read it"
    assert bench.spill.waiting() == ([] if same_machine else [FIRST])
    status(bench.doors())
    assert list(bench.spill.late) == ([] if same_machine else [FIRST])
    assert entries(bench) == before


def test_nothing_is_done_where_not_even_the_spill_takes_an_entry() -> None:
    bench = Bench()
    guest = bench.guest(1, memory=1024 * MIB)
    heard = away(bench, seen(State.PRECOPY), EVER)
    bench.spill.full = True
    error = left(bench, heard, bench.move(guest))
    assert "guest-01 may be on its way from kvm01 to kvm02" in error.problems[0].now
    assert [type(c) for c in intents(bench)] == [BeginMove]
    assert bench.world.active(guest) == [B], "the copy went on by itself"
    assert any(isinstance(e, Waiting) and "No space left" in e.because for e in heard.events)
    bench.spill.full = False
    back(bench)
    (report,) = bench.resume()
    assert report.moves[0].state is State.MIGRATED
    sound(bench)
