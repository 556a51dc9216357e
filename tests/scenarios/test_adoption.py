"""Runs that a dead process left: who takes them over, what binds him, and what is told when something goes wrong."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from orchestrator.engine.runner import LEASE_LASTS, RENEW_EVERY, WAIT_FOR_STORE
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.command import BeginMove, Cancel
from orchestrator.model.entry import Intent, Ordered, Recorded, Seen
from orchestrator.model.event import Event
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.lease import Fence
from orchestrator.model.ledger import Ledger
from orchestrator.model.move import Doubt, State
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId
from orchestrator.operations.apply import apply
from orchestrator.operations.history import history, status
from orchestrator.operations.resume import orphans, resume
from orchestrator.operations.unbegun import interrupted
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.world import Copy
from tests.scenarios.simulated import LINK, MIB, WHO, A, B, Bench, Plan

UNAVAILABLE = OrchestratorError.of("store.unavailable", "locked by another process")


def left_in_copy(bench: Bench, number: int = 1) -> GuestId:
    """Begin to move a large guest and die."""
    guest = bench.guest(number, memory=4096 * MIB)
    with pytest.raises(Killed):
        bench.apply(bench.move(guest), killer=Killer(before=frozenset({40})))
    assert guest in bench.world.flights
    return guest


def left_with_one_waiting(bench: Bench) -> Run:
    """Begin the first of two moves and die."""
    guests = [bench.guest(n, memory=4096 * MIB) for n in (1, 2)]
    with pytest.raises(Killed):
        bench.apply(*map(bench.move, guests), killer=Killer(before=frozenset({40})))
    assert set(bench.world.flights) == {guests[0]}
    (run,) = bench.store.runs()
    return run


def contradict(bench: Bench, guest: GuestId) -> None:
    """The guest runs at the destination while the source believes that it is still being moved."""
    del bench.world.flights[guest]
    now = bench.clock.ticks()
    bench.world.copies[A, guest] = Copy(power=Power.PAUSED, reason="migration", persistent=True, since=now)
    bench.world.copies[B, guest] = Copy(power=Power.RUNNING, reason="migrated", persistent=True, since=now)


def before_renewing(bench: Bench, do: Callable[[Fence], None]) -> None:
    """Have something done whenever a lease is about to be renewed."""
    renew = bench.store.renew

    def renewing(fence: Fence, *, lasts: float) -> None:
        do(fence)
        renew(fence, lasts=lasts)

    bench.store.renew = renewing  # type: ignore[method-assign]


def intents(bench: Bench) -> list[Intent]:
    entries = [e.entry for run in bench.store.runs() for e in bench.store.entries(run.id)]
    return [e for e in entries if isinstance(e, Intent)]


def begun(bench: Bench) -> set[GuestId]:
    return {e.guest for e in intents(bench) if isinstance(e.command, BeginMove)}


def codes(report: RunReport) -> list[str | None]:
    return [m.outcome.code for m in report.moves]


def test_a_lease_is_taken_when_its_run_is_driven_and_a_run_closed_meanwhile_is_left_alone() -> None:
    bench = Bench()
    left_in_copy(bench, 1)
    held = left_in_copy(bench, 2)  # the newest is driven first, and a contradiction takes longer than a lease lasts
    contradict(bench, held)
    other = replace(bench.doors(), lives=lambda _holder: True)
    other = replace(other, holder=replace(other.holder, controller="ctl2"))
    taken: list[RunReport] = []

    def meanwhile(fence: Fence) -> None:
        if fence.name == "run-2" and not taken and bench.clock.ticks() > began + LEASE_LASTS:
            taken.extend(resume(other, RunId("run-1"), WHO, (), Stop()))

    began = bench.clock.ticks()
    doors = replace(bench.doors(), lives=lambda _holder: False)
    before_renewing(bench, meanwhile)
    failures: list[OrchestratorError] = []
    reports = resume(doors, None, WHO, (), Stop(), failed=failures.append)
    assert [(r.run.id, r.exit_code) for r in reports] == [("run-2", 7)]
    assert [(r.run.id, r.exit_code) for r in taken] == [("run-1", 0)]
    assert failures == []


def test_a_run_that_cannot_be_driven_does_not_hide_how_the_others_ended() -> None:
    bench = Bench()
    left_in_copy(bench, 1)
    contradict(bench, left_in_copy(bench, 2))

    def fail(fence: Fence) -> None:
        if fence.name == "run-1":
            raise UNAVAILABLE

    before_renewing(bench, fail)
    failures: list[OrchestratorError] = []
    reports = resume(bench.doors(), None, WHO, (), Stop(), failed=failures.append)
    assert [(r.run.id, r.exit_code) for r in reports] == [("run-2", 7)]
    (problem,) = failures[0].problems
    assert (problem.code, "ferry resume run-1" in problem.fix) == ("store.unavailable", True)


def test_what_hinders_every_run_is_raised() -> None:
    bench = Bench()
    left_in_copy(bench)
    bench.store.append = lambda *_args, **_more: (_ for _ in ()).throw(UNAVAILABLE)  # type: ignore[method-assign]
    with pytest.raises(OrchestratorError, match=r"store\.unavailable"):
        bench.resume()


def test_a_host_that_was_removed_from_the_configuration_is_a_silent_one() -> None:
    bench = Bench()
    guest = left_in_copy(bench, 1)
    del bench.world.flights[guest]
    left_in_copy(bench, 2)
    doors = bench.doors()
    known = {host: entry for host, entry in doors.settings.hosts.items() if host != B}

    def hypervisor(host):
        assert host in known, "no door is made to a host that the configuration does not have"
        return doors.hypervisor(host)

    settings = replace(doors.settings, hosts=known)
    reports = resume(replace(doors, settings=settings, hypervisor=hypervisor), None, WHO, (), Stop())
    assert [(r.exit_code, r.moves[0].outcome.doubt) for r in reports] == [(6, Doubt.SILENCE)] * 2
    assert "kvm02 is no longer in ferry.yaml" in reports[1].moves[0].outcome.because
    assert orphans(bench.doors()) == (), "nobody is held up by it for ever"
    assert len(bench.resume()) == 2, "asked again once the host is back"


class Told:
    """A sink that hands every event on."""

    def __init__(self, then: Callable[[Event], None]) -> None:
        self.emit = then


def dies(event: Event) -> None:
    if isinstance(event, Recorded) and isinstance(event.entry, Ordered):
        raise Killed


@pytest.mark.parametrize("deaths", [1, 2])
@pytest.mark.parametrize(("orders", "first"), [(1, State.MIGRATED), (2, State.KEPT)])
def test_an_order_on_record_binds_whoever_takes_the_run_over(orders: int, first: State, deaths: int) -> None:
    bench = Bench(live=1)
    guests = [bench.guest(n, memory=4096 * MIB) for n in (1, 2)]
    stop, ledger = Stop(), bench.store.ledger

    def ordering() -> Ledger:
        """The operator's order comes while the first guest is being copied, in the middle of a step of the runner."""
        if bench.world.flights and stop.level is Level.GO:
            for _ in range(orders):
                stop.more("ada")
        return ledger()

    bench.store.ledger = ordering  # type: ignore[method-assign]
    plan = Plan(moves=tuple(map(bench.move, guests)), findings=())
    with pytest.raises(Killed):
        apply(bench.doors(), plan, WHO, (Told(dies),), stop)
    bench.store.ledger = ledger  # type: ignore[method-assign]
    assert not any(isinstance(e.command, Cancel) for e in intents(bench)), "nobody has obeyed it yet"
    for _ in range(deaths - 1):
        with pytest.raises(Killed):
            bench.resume(killer=Killer(after=frozenset({9})))
    (report,) = bench.resume()
    assert [m.state for m in report.moves] == [first, State.KEPT]
    assert (begun(bench), report.exit_code) == ({guests[0]}, 130)
    assert "stopped by ada" in report.moves[1].outcome.because


def test_an_order_in_one_run_does_not_bind_another() -> None:
    bench = Bench()
    stop = Stop()
    stop.more("ada")
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1)), stop=stop, killer=Killer(after=frozenset({9})))
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(2)), killer=Killer(after=frozenset({5})))
    (stopped,) = [r for r in bench.store.runs() if r.id == "run-1"]
    assert any(isinstance(e.entry, Ordered) for e in bench.store.entries(stopped.id))
    assert {r.run.id: r.exit_code for r in bench.resume()} == {"run-1": 130, "run-2": 0}


def test_a_changing_command_follows_what_had_begun_and_begins_nothing() -> None:
    bench = Bench(live=1)
    left_with_one_waiting(bench)
    (report,) = bench.resume(unbegun=interrupted)
    assert [(m.state, m.outcome.where) for m in report.moves] == [(State.MIGRATED, B), (State.KEPT, A)]
    assert (codes(report), report.exit_code) == ([None, "migration.interrupted"], 1)
    assert len(begun(bench)) == 1
    assert bench.store.ledger().tickets == ()


def test_resume_begins_what_had_not_begun() -> None:
    bench = Bench(live=1)
    left_with_one_waiting(bench)
    (report,) = bench.resume()
    assert [m.state for m in report.moves] == [State.MIGRATED] * 2


def test_only_moves_that_had_not_begun_are_checked_and_the_lease_outlives_the_questions() -> None:
    bench = Bench(live=1)
    run = left_with_one_waiting(bench)
    asked: list[list[GuestId]] = []

    def slow(_doors, moves):
        asked.append([m.guest for m in moves])
        bench.pass_time(LEASE_LASTS + 1)
        return ()

    def held(_event: Event) -> None:
        assert not asked or not bench.store.lease(run.id).expired

    resume(bench.doors(), None, WHO, (Told(held),), Stop(), unbegun=slow)
    assert asked == [[run.moves[1].guest]]
    assert bench.report(run).exit_code == 0


@pytest.mark.parametrize("failing", [1, 5])
def test_a_store_that_fails_for_a_moment_ends_no_run(failing: int) -> None:
    bench = Bench()
    moves = [bench.move(bench.guest(n, memory=4096 * MIB)) for n in (1, 2)]
    calls: list[float] = []

    def fail(_fence: Fence) -> None:
        calls.append(bench.clock.ticks())
        if len(calls) <= failing:
            raise UNAVAILABLE

    before_renewing(bench, fail)
    assert bench.apply(*moves).exit_code == 0
    assert calls[1] - calls[0] < RENEW_EVERY / 2, "it is asked again soon"


def test_a_store_that_stays_away_ends_the_run_a_minute_after_its_copies_and_tells_where_its_guests_are() -> None:
    bench = Bench()
    move = bench.move(bench.guest(1, memory=8192 * MIB))
    before_renewing(bench, lambda _fence: (_ for _ in ()).throw(UNAVAILABLE))
    with pytest.raises(OrchestratorError) as raised:
        bench.apply(move)
    (problem,) = raised.value.problems
    copied = 8192 * MIB / LINK
    assert copied + WAIT_FOR_STORE <= bench.clock.ticks() <= copied + WAIT_FOR_STORE + 10.0
    assert problem.now.startswith("guest-01: migrated, on kvm02.")
    assert "spill/run-1.1.jsonl" in problem.now
    assert "ferry resume run-1" in problem.fix


def test_a_lost_lease_is_not_waited_for() -> None:
    bench = Bench()
    move = bench.move(bench.guest(1, memory=8192 * MIB))

    def lose(_fence: Fence) -> None:
        raise OrchestratorError.of("store.fence-lost", "it was given away")

    before_renewing(bench, lose)
    with pytest.raises(OrchestratorError, match=r"store\.fence-lost"):
        bench.apply(move)
    assert bench.clock.ticks() < RENEW_EVERY + 2


def test_an_adopted_copy_is_shown_where_it_is() -> None:
    bench = Bench()
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1)), killer=Killer(before=frozenset({40})))
    shown: list[State] = []

    class Sink:
        def emit(self, event: Event) -> None:
            if isinstance(event, Recorded) and isinstance(event.entry, Seen):
                shown.append(event.entry.state)

    resume(bench.doors(), None, WHO, [Sink()], Stop())
    assert shown[0] is State.PRECOPY


def test_status_says_that_the_process_is_dead() -> None:
    bench = Bench()
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1)), killer=Killer(before=frozenset({20})))
    (told,) = status(bench.doors())
    assert told.lease is not None and told.lease.dead and not told.lease.expired


def test_history_says_like_status_that_the_process_is_dead() -> None:
    bench = Bench()
    left_in_copy(bench)
    doors = bench.doors()
    (open_run,), (latest,) = status(doors), history(doors, 1)
    assert open_run.lease is not None
    assert open_run.lease.dead
    assert latest.lease == open_run.lease
