"""Hosts are emptied in the simulated world: over several destinations, with failures, limits of time, and deaths."""

from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Closed, Ended, Recorded
from orchestrator.model.event import Retrying
from orchestrator.model.guest import Power
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying, OnFailure
from orchestrator.operations import unbegun
from orchestrator.operations.apply import apply
from orchestrator.operations.evacuate import Bounded
from orchestrator.operations.host_leases import demand_still, taken
from orchestrator.operations.resume import resume
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed
from tests.scenarios.evacuating import D, Town, killer
from tests.scenarios.simulated import MIB, WHO, A, B, C


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
    assert {one.name: one.why for one in told.staying if one.live}["guest-03"] == "it was excluded"


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
        if len(seen) == 1:  # the plan is made; this is the last look before the first move begins
            town.room[request.to] = 0
        return ask(doors, request, soon=soon)

    monkeypatch.setattr(unbegun, "propose", fills_up)
    told = town.evacuate()
    full = seen[0]
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


def test_the_deadline_of_a_dead_run_stops_that_run_and_not_who_takes_it_over(town: Town) -> None:
    for number in (1, 2, 3):
        town.bench.guest(number, memory=512 * MIB)
    until = town.bench.clock.now() + timedelta(seconds=60)
    with pytest.raises(Killed):
        town.evacuate(killer=killer(120), bounds=Bounded(deadline=until))
    town.bench.clock.advance_to(town.bench.clock.ticks() + 120)
    town.bench.guest(4, host=B)
    other = town.bench.move(town.bench.guest_ids[3], C, B)
    with pytest.raises(Killed):
        apply(town.doors(killer(30)), Plan(moves=(other,), findings=()), WHO, (), Stop())
    assert len(town.bench.store.runs(unfinished=True)) == 2
    stop = Stop()
    reports = resume(town.doors(), None, WHO, (), stop)
    assert (len(reports), stop.level) == (2, 0), "its deadline is its own"
    assert town.places(other.guest) == [C]
    assert (town.evacuate().exit_code, town.on(A)) == (0, [])


@pytest.mark.parametrize("too_late", [False, True])
def test_an_order_to_stop_binds_the_runs_that_would_follow(monkeypatch, too_late: bool) -> None:
    town = Town(monkeypatch, fault=Fault(breaks_after=1.0))
    town.bench.guest(1)
    ask = Order(kind="stop", by="eve on ctl")

    class Orders:
        """The order comes while the copy goes on, or once it has broken off."""

        def emit(self, event) -> None:
            ended = isinstance(event, Recorded) and isinstance(event.entry, Ended | Closed)
            if ended is too_late and not town.bench.store.orders("run-1"):
                town.bench.store.order("run-1", ask, at=town.bench.clock.now())

    told = town.evacuate(sinks=[Orders()])
    assert (len(told.runs), told.stopped, told.exit_code) == (1, "an order from elsewhere", 130)


def test_a_guest_that_is_arriving_keeps_a_host_from_being_empty(town: Town) -> None:
    town.bench.guest(1)
    arriving = town.bench.guest(2, power=Power.INCOMING)
    told = town.evacuate()
    assert (told.exit_code, told.empty) == (1, False)
    assert [(one.guest, one.why) for one in told.staying] == [(arriving, "it is just arriving on kvm01")]


def test_a_guest_that_was_started_meanwhile_is_said_to_be(town: Town) -> None:
    town.bench.guest(1)
    off = town.bench.guest(2, power=Power.SHUT_OFF)

    class Starts:
        def emit(self, _event) -> None:
            town.bench.world.copy(A, off).power = Power.RUNNING

    told = town.evacuate(sinks=[Starts()])
    assert (told.exit_code, [(one.guest, one.why) for one in told.staying]) == (1, [(off, "it was started meanwhile")])


def test_who_took_too_long_to_agree_finds_another_ferry_at_work(town: Town) -> None:
    first = town.doors()
    with taken(first, (A,)) as fences:
        demand_still(first, fences)
        town.bench.clock.advance_to(town.bench.clock.ticks() + 1000)
        demand_still(first, fences)
        town.bench.clock.advance_to(town.bench.clock.ticks() + 2000)
        with taken(town.doors(), (A,)), pytest.raises(OrchestratorError) as raised:
            demand_still(first, fences)
        assert raised.value.problems[0].code == "evacuation.running"


class Scripts:
    """The operator's hooks: what they were told, and what they refuse."""

    def __init__(self, *refused: tuple[str, str]) -> None:
        self.refused = refused
        self.told: list[tuple[str, str, str]] = []

    def call(self, event, facts, *, within):
        about = facts.get("name") or facts["host"]
        self.told.append((event, about, facts.get("state", facts.get("empty", ""))))
        return "no.sh: status 1: not today" if (event, about) in self.refused else ""


def with_scripts(town: Town, monkeypatch, scripts: Scripts) -> None:
    made = town.doors
    monkeypatch.setattr(town, "doors", lambda killer=None: replace(made(killer), hooks=lambda: scripts))


def test_scripts_are_called_before_and_after_each_guest_and_host(town: Town, monkeypatch) -> None:
    town.bench.guest(1), town.bench.guest(2)
    scripts = Scripts()
    with_scripts(town, monkeypatch, scripts)
    assert town.evacuate().exit_code == 0
    assert scripts.told[0] == ("before-host", A, "") and scripts.told[-1] == ("after-host", A, "yes")
    assert sorted(scripts.told[1:-1]) == [
        ("after-guest", "guest-01", "migrated"),
        ("after-guest", "guest-02", "migrated"),
        ("before-guest", "guest-01", ""),
        ("before-guest", "guest-02", ""),
    ]


def test_a_guest_that_a_script_refuses_stays_and_hinders_nobody(town: Town, monkeypatch) -> None:
    kept, _ = town.bench.guest(1), town.bench.guest(2)
    scripts = Scripts(("before-guest", "guest-01"))
    with_scripts(town, monkeypatch, scripts)
    told = town.evacuate()
    assert (told.exit_code, town.on(A), len(told.runs)) == (1, [kept], 1)
    assert told.staying[0].why == "not begun: the hook before-guest refused it: no.sh: status 1: not today"
    assert ("after-guest", "guest-01", "kept") in scripts.told and scripts.told[-1] == ("after-host", A, "no")


def test_a_host_that_a_script_refuses_is_not_touched(town: Town, monkeypatch) -> None:
    guest = town.bench.guest(1)
    with_scripts(town, monkeypatch, Scripts(("before-host", A)))
    with pytest.raises(OrchestratorError) as raised:
        town.evacuate()
    assert (raised.value.problems[0].code, town.on(A), town.bench.store.runs()) == ("evacuation.hook", [guest], ())
