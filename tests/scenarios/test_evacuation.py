"""Hosts are emptied in the simulated world: over several destinations, with failures, limits of time, and deaths."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.event import Retrying
from orchestrator.model.guest import Power
from orchestrator.model.offer import Crossing
from orchestrator.model.policy import Emptying, OnFailure
from orchestrator.operations import emptying, unbegun
from orchestrator.operations.evacuate import Bounded
from orchestrator.operations.host_leases import taken
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed
from tests.scenarios.evacuating import D, Town, killer
from tests.scenarios.simulated import MIB, A, B, C


@pytest.fixture
def town(monkeypatch) -> Town:
    return Town(monkeypatch)


def test_a_host_of_eight_guests_becomes_empty(town: Town) -> None:
    guests = town.street()
    told = town.evacuate()
    assert (told.exit_code, told.empty, town.on(A)) == (0, True, [])
    assert told.summary == "kvm01 is empty: 7 guests moved"
    assert [(one.name, one.live) for one in told.staying] == [("guest-05", False)], "a definition keeps no host busy"
    assert told.cordoned == (A,), "it was emptied on purpose"
    assert [len(town.places(g)) for g in guests if g != guests[4]] == [1] * 7
    assert town.places(guests[0]) != town.places(guests[1]), "they keep apart"
    assert town.bench.world.copy(town.places(guests[3])[0], guests[3]).power is Power.PAUSED
    (run,) = told.runs
    assert (run.run.purpose, run.run.emptied) == ("evacuate", (A,))


def test_definitions_move_too_where_that_is_asked_for(town: Town) -> None:
    guests = town.street()
    told = town.evacuate(offline="move")
    assert (told.exit_code, told.staying) == (0, ())
    assert [host for host in (B, C, D) if town.on(host, (Power.SHUT_OFF,)) == [guests[4]]]


def test_who_stays_is_said_and_hinders_nobody(town: Town) -> None:
    guests = town.street()
    town.blocked.add(guests[5])
    told = town.evacuate()
    assert (told.exit_code, told.empty, town.on(A)) == (1, False, [guests[5]])
    (one,) = [one for one in told.staying if one.live]
    assert (one.name, one.why) == ("guest-06", "memory: no host takes guest-06")
    assert told.summary == "kvm01 NOT empty: 6 guests moved, 1 left: guest-06"


def test_only_and_exclude(town: Town) -> None:
    guests = town.street()
    told = town.evacuate(only=("guest-0[1-4]",), exclude=(f"{A}/guest-03",))
    assert (told.exit_code, told.empty) == (0, False), "what was asked for was done"
    assert town.on(A) == [guests[2], *guests[5:8]]
    assert {one.name: one.why for one in told.staying if one.live}["guest-03"] == "left out with --exclude"


def test_a_guest_that_its_policy_leaves_alone_keeps_the_host_from_being_empty(monkeypatch) -> None:
    town = Town(monkeypatch, evacuation=Emptying(guests="leave"))
    town.bench.guest(1)
    told = town.evacuate()
    assert (told.exit_code, told.runs, len(town.on(A))) == (1, (), 1)


def test_only_to_these_hosts(town: Town) -> None:
    town.street()
    town.apart = frozenset()
    told = town.evacuate(to=(C, D))
    assert (told.exit_code, town.on(B)) == (0, [])


def test_two_hosts_at_once_do_not_fill_each_other(town: Town) -> None:
    town.street()
    town.bench.guest(9, host=B)
    told = town.evacuate(A, B)
    assert (told.exit_code, town.on(A), town.on(B)) == (0, [], [])


def test_a_copy_that_breaks_off_is_tried_elsewhere_after_a_pause(monkeypatch) -> None:
    town = Town(monkeypatch, fault=Fault(breaks_after=1.0))
    guest, heard = town.bench.guest(1), []

    class Heals:
        def emit(self, event) -> None:
            if isinstance(event, Retrying):
                heard.append(event)
                town.bench.world.fault.breaks_after = None

    told = town.evacuate(sinks=[Heals()])
    first, second = told.runs
    assert (told.exit_code, town.on(A)) == (0, [])
    assert first.moves[0].move.destination != second.moves[0].move.destination
    assert (second.run.retry.follows, second.run.purpose) == (first.run.id, "evacuate")
    assert (heard[0].seconds, heard[0].guests) == (10.0, (guest,))


def test_attempts_end(monkeypatch) -> None:
    town = Town(monkeypatch, fault=Fault(breaks_after=1.0), evacuation=Emptying(attempts=3))
    town.bench.guest(1)
    told = town.evacuate()
    assert (told.exit_code, len(told.runs)) == (1, 3)
    assert {run.moves[0].move.destination for run in told.runs} == {B, C, D}, "each time the next one"


def test_a_destination_that_fills_up_meanwhile_is_planned_around(town: Town, monkeypatch) -> None:
    guests = [town.bench.guest(number, memory=1024 * MIB) for number in (1, 2, 3)]
    seen = []
    ask = town.propose

    def fills_up(doors, request, *, soon=False):
        seen.append(request.to)
        if len(seen) == 2:  # the plan is made; this is the last look before the first move begins
            town.room[request.to] = 0
        return ask(doors, request, soon=soon)

    for module in (emptying, unbegun):
        monkeypatch.setattr(module, "propose", fills_up)
    told = town.evacuate()
    full = seen[1]
    assert (told.exit_code, town.on(A), town.on(full)) == (0, [], [])
    drifted = [m.outcome.code for m in told.runs[0].moves if m.outcome.code]
    assert drifted == ["migration.drifted"], guests


def test_nothing_begins_that_would_last_longer_than_the_deadline(town: Town) -> None:
    guests = [town.bench.guest(number, memory=2048 * MIB) for number in (1, 2)]
    small = town.bench.guest(3, memory=64 * MIB)
    until = town.bench.clock.now() + timedelta(seconds=60)
    told = town.evacuate(bounds=Bounded(deadline=until))
    assert (told.exit_code, town.on(A), small not in town.on(A)) == (1, guests, True)
    codes = {m.move.guest: m.outcome.code for run in told.runs for m in run.moves}
    assert codes[guests[0]] == codes[guests[1]] == "evacuation.deadline"


@pytest.mark.parametrize(("then", "left"), [("finish", 0), ("cancel", 1)])
def test_what_goes_on_at_the_deadline(town: Town, then: str, left: int) -> None:
    town.bench.guest(1, memory=512 * MIB, dirty=30 * MIB)
    town.bench.store.keep_crossing = lambda *_args, **_more: None
    town.bench.store.crossing = lambda _source, _destination: Crossing(bytes_per_second=1024 * MIB)
    until = town.bench.clock.now() + timedelta(seconds=8)
    told = town.evacuate(bounds=Bounded(deadline=until, at_deadline=then))
    assert (len(town.on(A)), told.exit_code) == (left, left)


@pytest.mark.parametrize(("then", "runs", "code"), [("continue", 2, 1), ("pause", 1, 1), ("stop", 1, 1)])
def test_what_failures_are_borne(monkeypatch, then: str, runs: int, code: int) -> None:
    bears = Emptying(on_failure=OnFailure(then=then, after=2), attempts=2)
    town = Town(monkeypatch, fault=Fault(breaks_after=1.0), evacuation=bears)
    for number in range(1, 7):
        town.bench.guest(number)
    told = town.evacuate()
    assert (len(told.runs), told.exit_code, len(town.on(A))) == (runs, code, 6)
    begun = sum(m.outcome.code != "migration.cancelled" for m in told.runs[0].moves)
    assert begun == 6 if then == "continue" else begun < 6
    assert ("on_failure" in told.stopped) is (then != "continue")


def test_an_operator_stops_it(town: Town) -> None:
    town.street()
    stop = Stop()

    class Stops:
        def emit(self, _event) -> None:
            stop.more("Ctrl-C", at_most=1)

    told = town.evacuate(stop=stop, sinks=[Stops()])
    assert (told.exit_code, told.stopped, len(told.runs)) == (130, "Ctrl-C", 1)
    assert town.evacuate().exit_code == 0, "asked again, it goes on"
    assert town.on(A) == []


def test_a_second_ferry_is_told_who_is_at_work(town: Town) -> None:
    first = town.doors()
    with taken(first, (A, B)):
        second = replace(town.doors(), lives=lambda _holder: True)
        with pytest.raises(OrchestratorError) as raised, taken(second, (A,)):
            pytest.fail("two ferries empty one host")
        assert (raised.value.problems[0].code, raised.value.exit_code) == ("evacuation.running", 75)
        assert "process 1 on ctl" in raised.value.problems[0].saw
        with taken(second, (C,)):
            assert town.bench.store.lease("host kvm03") is not None
    assert town.bench.store.lease("host kvm01") is None, "given back"


@pytest.mark.parametrize("calls", [7, 23, 41, 60, 95, 140, 220, 333, 480, 640])
def test_killed_and_asked_again_it_always_ends_empty(monkeypatch, calls: int) -> None:
    town = Town(monkeypatch)
    guests = town.street()
    for death in (calls, calls // 2 + 11):
        try:
            town.evacuate(killer=killer(death))
        except Killed:
            continue
    told = town.evacuate()
    assert (told.exit_code, told.empty, town.on(A)) == (0, True, [])
    assert [len(town.places(g)) for g in guests if g != guests[4]] == [1] * 7, "each exactly once"
