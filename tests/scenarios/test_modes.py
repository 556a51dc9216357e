"""Guests that do not move live, in the simulator: the ordinary ways, and a death of ferry at every step."""

from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.model.command import BeginMove
from orchestrator.model.entry import Intent
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.policy import Policy
from orchestrator.model.transport import Mode
from orchestrator.simulator.announcer import SimAnnouncer
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import A, B, Bench


def only(report):
    (move,) = report.moves
    return move.outcome


def cold_bench(shuts_down_after: float | None = 3.0, **bench):
    made = Bench(**bench)
    guest = made.guest(1, autostart=True)
    inside(made, guest, shuts_down_after=shuts_down_after)
    return made, guest


def inside(bench: Bench, guest, **changes) -> None:
    bench.world.guests[guest] = replace(bench.world.guests[guest], **changes)


def where(bench: Bench, guest) -> dict[str, Power]:
    return {host: copy.power for host in bench.hosts if (copy := bench.world.copy(host, guest)) is not None}


def commands(bench: Bench) -> list[str]:
    runs = bench.store.runs()
    return [e.entry.command.kind for r in runs for e in bench.store.entries(r.id) if isinstance(e.entry, Intent)]


class TestOffline:
    def test_a_definition_moves_with_its_autostart(self) -> None:
        bench = Bench()
        guest = bench.guest(1, power=Power.SHUT_OFF, autostart=True)
        outcome = only(bench.apply(bench.move(guest, mode=Mode.OFFLINE)))
        assert (outcome.state, outcome.where, outcome.code) == (State.MIGRATED, B, None)
        assert where(bench, guest) == {B: Power.SHUT_OFF}
        assert bench.world.copy(B, guest).autostart

    def test_a_guest_that_was_started_meanwhile_stays(self) -> None:
        bench = Bench()
        guest = bench.guest(1, power=Power.SHUT_OFF)
        move = bench.move(guest, mode=Mode.OFFLINE)
        bench.world.power(A, guest, Power.RUNNING, "booted")
        outcome = only(bench.apply(move))
        assert (outcome.state, outcome.code) == (State.KEPT, "migration.drifted")
        assert where(bench, guest) == {A: Power.RUNNING}
        assert commands(bench) == []

    def test_no_death_of_ferry_loses_or_doubles_it(self) -> None:
        for number in range(1, 60):
            for killer in (Killer(before=frozenset({number})), Killer(after=frozenset({number}))):
                bench = Bench()
                guest = bench.guest(1, power=Power.SHUT_OFF, autostart=True)
                try:
                    bench.apply(bench.move(guest, mode=Mode.OFFLINE), killer=killer)
                except Killed:
                    bench.resume()
                there = where(bench, guest)
                assert there in ({A: Power.SHUT_OFF}, {B: Power.SHUT_OFF}), f"killed at call {number}: {there}"


class TestCold:
    def test_it_is_shut_down_moved_and_started(self) -> None:
        bench, guest = cold_bench()
        outcome = only(bench.apply(bench.move(guest, mode=Mode.COLD)))
        assert (outcome.state, outcome.where, outcome.code) == (State.MIGRATED, B, None)
        assert where(bench, guest) == {B: Power.RUNNING}
        assert bench.world.copy(B, guest).autostart
        assert commands(bench) == ["shut-down", "begin-move", "set-autostart", "start"]

    def test_one_that_does_not_care_runs_on(self) -> None:
        bench, guest = cold_bench(shuts_down_after=None)
        outcome = only(bench.apply(bench.move(guest, mode=Mode.COLD)))
        assert (outcome.state, outcome.code, outcome.where) == (State.KEPT, "guest.not-shut-down", A)
        assert where(bench, guest) == {A: Power.RUNNING}
        assert commands(bench) == ["shut-down"]

    def test_an_operator_who_aborts_gets_it_back(self) -> None:
        bench, guest = cold_bench()
        stop, later = Stop(), bench.world.later

        def shutting_down(*args):
            stop.more("ada")
            stop.more("ada")
            later(*args)

        bench.world.later = shutting_down  # type: ignore[method-assign]
        outcome = only(bench.apply(bench.move(guest, mode=Mode.COLD), stop=stop))
        assert (outcome.state, outcome.code) == (State.KEPT, "migration.cancelled")
        assert where(bench, guest) == {A: Power.RUNNING}
        assert "begin-move" not in commands(bench)

    def test_one_whose_definition_cannot_move_is_started_again(self) -> None:
        bench, guest = cold_bench()
        bench.world.accept = lambda *_args, **_kwargs: "no route to host"  # type: ignore[method-assign]
        outcome = only(bench.apply(bench.move(guest, mode=Mode.COLD)))
        assert (outcome.state, outcome.where) == (State.KEPT, A)
        assert "no route" in outcome.because
        assert where(bench, guest) == {A: Power.RUNNING}

    def test_no_death_of_ferry_leaves_it_shut_off(self) -> None:
        """Whatever it dies at, the guest runs once after `ferry resume`; or, undisturbed, it was never touched."""
        killed = 0
        for number in range(1, 90):
            for killer in (Killer(before=frozenset({number})), Killer(after=frozenset({number}))):
                bench, guest = cold_bench(shuts_down_after=1.0)
                try:
                    bench.apply(bench.move(guest, mode=Mode.COLD), killer=killer)
                except Killed:
                    killed += 1
                    bench.pass_time(20.0)
                    bench.resume()
                there = where(bench, guest)
                assert there in ({A: Power.RUNNING}, {B: Power.RUNNING}), f"killed at call {number}: {there}"
        assert killed > 60

    def test_two_deaths_in_a_row_do_not_either(self) -> None:
        for first in range(10, 50, 3):
            for second in range(3, 40, 3):
                bench, guest = cold_bench(shuts_down_after=1.0)
                try:
                    bench.apply(bench.move(guest, mode=Mode.COLD), killer=Killer(after=frozenset({first})))
                except Killed:
                    bench.pass_time(5.0)
                    try:
                        bench.resume(killer=Killer(after=frozenset({second})))
                    except Killed:
                        bench.pass_time(5.0)
                        bench.resume()
                there = where(bench, guest)
                assert there in ({A: Power.RUNNING}, {B: Power.RUNNING}), f"killed at {first} and {second}: {there}"


class TestPause:
    def test_it_stands_still_for_the_whole_copy_and_arrives_running(self) -> None:
        bench = Bench()
        guest = bench.guest(1, dirty=bench.rate)  # live it would never arrive
        outcome = only(bench.apply(bench.move(guest, mode=Mode.PAUSE)))
        assert (outcome.state, outcome.where) == (State.MIGRATED, B)
        assert where(bench, guest) == {B: Power.RUNNING}
        assert outcome.downtime_ms >= 256 / 50 * 1000
        assert commands(bench) == ["begin-move"]

    def test_a_copy_that_breaks_off_leaves_it_running(self) -> None:
        bench = Bench(fault=Fault(breaks_after=2.0))
        guest = bench.guest(1)
        outcome = only(bench.apply(bench.move(guest, mode=Mode.PAUSE)))
        assert (outcome.state, outcome.where) == (State.KEPT, A)
        assert where(bench, guest) == {A: Power.RUNNING}


class TestWhatThePolicyHasDoneAfterwards:
    @pytest.mark.parametrize("by", ["host", "qemu"])
    def test_it_is_announced_and_its_clock_is_set(self, by, monkeypatch) -> None:
        asked, announce = [], SimAnnouncer.announce
        monkeypatch.setattr(SimAnnouncer, "announce", lambda *a, **k: asked.append("host") or announce(*a, **k))
        bench = Bench(policy=Policy(name="test", announce=by, sync_time=True))
        guest = bench.guest(1)
        inside(bench, guest, agent=True)
        outcome = only(bench.apply(bench.move(guest)))
        assert (outcome.state, outcome.code, outcome.warnings) == (State.MIGRATED, None, ())
        intents = [e.entry for e in bench.store.entries("run-1") if isinstance(e.entry, Intent)]
        assert [i.command.kind for i in intents if not isinstance(i.command, BeginMove)][-2:] == [
            "announce",
            "sync-time",
        ]
        assert [(host, uuid) for _, uuid, host in bench.world.announced] == [(B, guest)]
        assert asked == (["host"] if by == "host" else [])

    def test_without_an_agent_it_is_a_warning(self) -> None:
        bench = Bench(policy=Policy(name="test", sync_time=True))
        guest = bench.guest(1)
        outcome = only(bench.apply(bench.move(guest)))
        assert (outcome.state, outcome.code) == (State.MIGRATED, None)
        assert "its clock was not set" in outcome.warnings[0]


def test_the_time_a_guest_may_take_is_in_its_transport() -> None:
    bench, guest = cold_bench(shuts_down_after=50.0)
    move = bench.move(guest, mode=Mode.COLD)
    short = replace(move, transport=replace(move.transport, shutdown_timeout_ms=10_000))
    assert only(bench.apply(short)).code == "guest.not-shut-down"
    bench.pass_time(60.0)
    assert where(bench, guest) == {A: Power.SHUT_OFF}, "it was asked to, and obeyed late: the verdict had said so"
