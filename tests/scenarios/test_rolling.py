"""Rolling through four hosts: the command runs once on each, on nobody's guest, whatever happens meanwhile."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from orchestrator.engine.stop import SHUTDOWN, Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.rolling import not_home, resting
from orchestrator.migration.terms import Level
from orchestrator.model.effect import Effect, Refused, Unclear
from orchestrator.model.emptied import Emptied
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.order import Order
from orchestrator.model.roll import Step
from orchestrator.model.run import RunId
from orchestrator.model.schedule import Occasion
from orchestrator.operations import rolling_moves, taking_up
from orchestrator.operations.rolling import Terms, open_rolls, resume_roll, roll
from orchestrator.operations.rolling_moves import Hands, Moving
from orchestrator.operations.standing_orders import AN_ORDER
from orchestrator.simulator.clock import SimClock, SimLoop
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.store_outage import Outage
from orchestrator.simulator.upkeep import Conduct, SimUpkeep
from tests.scenarios.rolling_world import GIB, HOSTS, A, B, C, D, Rack, steps
from tests.scenarios.simulated import WHO, guest_id

RESTART = Conduct(seconds=4, restarts=True)
WHOLE = [
    Step.CHECKED, Step.CORDONED, Step.EVACUATING, Step.EMPTIED, Step.COMMANDING, Step.COMMANDED, Step.HEALTHY,
    Step.UNCORDONED, Step.DONE,
]  # fmt: skip


def test_every_host_is_emptied_restarted_and_given_back() -> None:
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests()
    rolled = rack.roll(reboot=True)
    assert rolled.exit_code == 0 and rolled.cordoned == ()
    assert {host: steps(rolled.roll, host) for host in HOSTS} == dict.fromkeys(HOSTS, WHOLE)
    assert {host: rack.machines.begun(host) for host in HOSTS} == dict.fromkeys(HOSTS, 1)
    assert max(rack.moves_of().values()) <= 2
    rack.unharmed()


def test_with_restore_everybody_is_home_again() -> None:
    rack = Rack()
    rack.guests()
    before = {guest: rack.bench.world.active(guest) for guest in rack.bench.guest_ids}
    rolled = rack.roll(restore=True)
    assert rolled.exit_code == 0
    assert {guest: rack.bench.world.active(guest) for guest in rack.bench.guest_ids} == before
    assert set(rack.moves_of().values()) == {2}
    rack.unharmed()


def test_a_host_that_does_not_come_back_stops_the_roll_and_says_so() -> None:
    rack = Rack(conduct={A: RESTART, B: replace(RESTART, away=None)})
    rack.guests()
    rolled = rack.roll(hosts=(A, B, C), reboot=True, failed_hosts=9)
    assert rolled.exit_code == 1
    assert steps(rolled.roll, A) == WHOLE and steps(rolled.roll, C) == []
    assert rolled.roll.entries[-1].step is Step.STOPPED and f"{B} did not come back" in rolled.roll.entries[-1].because
    assert [one.host for one in rolled.cordoned] == [B]
    rack.unharmed()


def test_the_host_that_came_back_late_is_taken_up_where_it_was_and_nothing_runs_twice() -> None:
    rack = Rack(conduct={A: RESTART, B: replace(RESTART, away=3600), C: RESTART})
    rack.guests()
    assert rack.roll(hosts=(A, B, C), reboot=True, healthy_ms=200_000, command_ms=200_000).exit_code == 1
    rack.bench.pass_time(4000)
    rolled = rack.roll(hosts=(A, B, C), reboot=True, id=RunId("roll-2"))
    assert rolled.roll.id == "roll-1" and rolled.exit_code == 0, rolled.roll.entries[-3:]
    assert [rack.machines.begun(host) for host in (A, B, C)] == [1, 1, 1]
    assert steps(rolled.roll, A) == WHOLE
    rack.unharmed()


def test_a_connection_that_broke_and_no_restart_are_no_success() -> None:
    rack = Rack(conduct={A: Conduct(unclear=True)})
    rack.guests()
    rolled = rack.roll(hosts=(A,), reboot=True, healthy_ms=30_000)
    assert rolled.exit_code == 1 and rack.machines.begun(A) == 1
    assert "has not been restarted" in rolled.roll.entries[-1].because


def test_an_unclear_beginning_is_asked_about_and_not_repeated() -> None:
    rack = Rack(conduct=dict.fromkeys(HOSTS, Conduct(unclear=True)))
    rack.guests()
    assert rack.roll().exit_code == 0
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]


def test_a_guest_that_cannot_leave_fails_its_host_which_is_not_touched() -> None:
    rack = Rack(stuck=(guest_id(3),))
    rack.guests()
    rolled = rack.roll(failed_hosts=1)
    assert rolled.exit_code == 1 and rack.machines.begun(B) == 0
    assert [rack.machines.begun(host) for host in (A, C, D)] == [1, 1, 1]
    (failed,) = [entry for entry in rolled.roll.entries if entry.step is Step.FAILED]
    assert failed.host == B and "guest-03 is running there" in failed.because
    assert rolled.cordoned == ()
    rack.unharmed()


def test_more_failures_than_the_budget_end_it_before_the_next_host() -> None:
    rack = Rack(stuck=(guest_id(3),))
    rack.guests()
    rolled = rack.roll()
    assert rolled.exit_code == 1 and steps(rolled.roll, C) == []


def test_a_failed_last_host_begins_no_new_roll_over_all() -> None:
    rack = Rack(conduct={D: Conduct(status=9)})
    rack.guests()
    first = rack.roll()
    assert first.exit_code == 1 and "status 9" in first.roll.entries[-1].because
    assert [one.host for one in first.cordoned] == [D]
    rack.machines.conduct = {}
    second = rack.roll(id=RunId("roll-2"))
    assert second.roll.id == "roll-1" and second.exit_code == 0 and second.cordoned == ()
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 2]
    rack.unharmed()


def test_an_autostarted_double_keeps_the_command_from_its_host() -> None:
    rack = Rack()
    rack.guests()
    rack.bench.guest(3, A, power=rack.bench.world.copies[A, guest_id(1)].power.SHUT_OFF, autostart=True)
    rolled = rack.roll(hosts=(A, B))
    assert rack.machines.begun(A) == 0 and rolled.exit_code == 1
    assert "would start a second time" in rolled.roll.entries[-1].because


def test_a_pool_that_is_not_up_again_is_not_healthy() -> None:
    rack = Rack()
    rack.guests()
    rack.on_entry = lambda entry: rack.lacking.update({A: "images"}) if entry.step is Step.COMMANDED else None
    rolled = rack.roll(healthy_ms=20_000)
    assert rolled.exit_code == 1 and "the pool images is not up" in rolled.roll.entries[-1].because


def test_nobody_is_moved_for_a_sequence_that_has_no_room() -> None:
    rack = Rack(capacity=3 * GIB, hosts=(A, B))
    rack.bench.guest(1, A, memory=2**28)
    rack.bench.guest(2, B, memory=2 * GIB)
    rack.bench.guest(3, A, memory=2 * GIB - 2**28)
    rolled = rack.roll()
    assert rolled.exit_code == 1 and rack.moves_of() == {} and rack.cordoned() == []
    assert "no memory for" in rolled.roll.entries[-1].because


def test_two_rolls_never_have_a_host_in_common() -> None:
    rack = Rack(stuck=(guest_id(1),))
    rack.guests()
    rack.roll(hosts=(A, B))
    with pytest.raises(OrchestratorError, match=r"another roll|is not over"):
        rack.roll(hosts=(B, C), id=RunId("roll-2"))
    rolled = rack.roll(hosts=(A, B), id=RunId("roll-2"), anew=True)
    assert rolled.roll.id == "roll-2" and find(rack, "roll-1").over


def find(rack: Rack, name: str):
    return next(one for one in rack.bench.store.rolls() if one.id == name)


def test_an_order_to_stop_that_came_with_the_last_arrival_is_obeyed() -> None:
    rack = Rack()
    rack.guests()
    stopping = Order(kind="stop", by="eve on ctl")
    rack.on_entry = lambda entry: (
        rack.bench.store.order(RunId("roll-1"), stopping, at=rack.bench.clock.now())
        if entry.step is Step.EMPTIED and entry.host == B
        else None
    )
    rolled = rack.roll()
    assert rolled.exit_code == 130 and rack.machines.begun(B) == 0 and rolled.cordoned == ()
    assert "eve" in rolled.roll.entries[-1].because
    rack.on_entry = lambda _entry: None
    assert rack.resume().exit_code == 0
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]


def test_an_order_that_nobody_read_binds_who_takes_the_roll_up_once() -> None:
    rack = Rack()
    rack.guests()
    with pytest.raises(Killed):
        rack.roll(Killer(before=frozenset({60})))
    rack.bench.store.order(RunId("roll-1"), Order(kind="stop", by="eve on ctl"), at=rack.bench.clock.now())
    assert rack.resume().exit_code == 130 and rack.cordoned() == []
    assert rack.resume().exit_code == 0


def test_a_command_that_was_given_is_waited_for_after_a_stop() -> None:
    rack = Rack(conduct={A: Conduct(seconds=50)})
    rack.guests()
    stop = Stop()
    rack.on_entry = lambda entry: stop.more("Ctrl-C", at_most=Level.STOP) if entry.step is Step.COMMANDING else None
    rolled = rack.roll(stop=stop)
    assert rolled.exit_code == 130 and steps(rolled.roll, A)[-1] is Step.UNCORDONED and rolled.cordoned == ()
    rack.on_entry = lambda _entry: None
    assert rack.resume().exit_code == 0 and rack.machines.begun(A) == 1


@pytest.mark.parametrize("at", [Step.CHECKED, Step.EVACUATING, Step.EMPTIED, Step.COMMANDING, Step.HEALTHY, Step.DONE])
def test_what_a_shutdown_left_of_a_roll_is_gone_on_with(monkeypatch, at: Step) -> None:
    rack = Rack(conduct={A: Conduct(seconds=50)})
    rack.guests()
    stop = Stop()
    rack.on_entry = lambda entry: stop.more(SHUTDOWN, at_most=Level.STOP) if entry.step is at else None
    left = rack.roll(stop=stop)
    assert (left.exit_code, resting(left.roll), left.roll.over) == (130, False, False)
    assert sum(rack.machines.begun(host) for host in HOSTS) <= 1, "nothing more begins"
    rack.on_entry = lambda _entry: None
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert (done.exit_code, done.cordoned, Step.CONTINUED in [entry.step for entry in done.roll.entries]) == (
        0,
        (),
        False,
    )
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]
    rack.unharmed()


def test_who_stops_a_roll_after_a_shutdown_has_it_rest() -> None:
    rack = Rack()
    rack.guests()
    stop = Stop()

    def both(entry) -> None:
        if entry.step is Step.EVACUATING:
            stop.more(SHUTDOWN, at_most=Level.STOP)
            stop.more("Ctrl-C", at_most=Level.STOP)

    rack.on_entry = both
    left = rack.roll(stop=stop)
    assert (left.exit_code, resting(left.roll), left.cordoned) == (130, True, ())


def test_a_stop_by_hand_binds_whoever_goes_on_once(monkeypatch) -> None:
    """It is on record before the roll rests: its process may be killed while it waits for a command."""
    rack = Rack(conduct={A: Conduct(seconds=50)})
    rack.guests()
    stop, killer = Stop(), Killer()

    def presses(entry) -> None:
        if entry.step is Step.COMMANDING:
            stop.more("Ctrl-C", at_most=Level.STOP)
            killer._before = frozenset({killer.calls + 60})

    rack.on_entry = presses
    with pytest.raises(Killed):
        rack.roll(killer, stop)
    assert steps(rack.kept(), A)[-1] is Step.COMMANDING
    rack.on_entry = lambda _entry: None
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert (done.exit_code, done.cordoned) == (130, ())
    assert "stopped by Ctrl-C" in done.roll.entries[-1].because
    assert take_up_all(rack, monkeypatch).rolled == []
    assert rack.resume().exit_code == 0
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]


def test_who_leaves_at_once_waits_for_no_pause() -> None:
    rack = Rack(conduct={A: Conduct(seconds=50)})
    rack.guests()
    stop = Stop()
    waits: list[float] = []

    class Presses:
        """An operator presses Ctrl-C twice in the middle of a pause."""

        def __init__(self, store) -> None:
            self._store = store

        def __getattr__(self, name: str):
            if name == "orders" and steps(rack.kept(), A)[-1:] == [Step.COMMANDING]:
                waits.append(rack.bench.clock.ticks())
                if len(waits) == 3:
                    stop.more("Ctrl-C")
                    stop.more("Ctrl-C")
            return getattr(self._store, name)

    made = rack.doors

    def watched(killer=None):
        doors = made(killer)
        return replace(doors, store=lambda: Presses(doors.store()))

    rack.doors = watched
    assert rack.roll(stop=stop).exit_code == 130
    assert rack.bench.clock.ticks() - waits[0] < 4, "no look at the command later"


def test_who_leaves_at_once_is_told_what_stays_cordoned() -> None:
    rack = Rack(conduct={A: Conduct(seconds=50)})
    rack.guests()
    stop = Stop()

    def twice(entry) -> None:
        if entry.step is Step.COMMANDING:
            stop.more("Ctrl-C")
            stop.more("Ctrl-C")

    rack.on_entry = twice
    rolled = rack.roll(stop=stop)
    assert rolled.exit_code == 130 and [one.host for one in rolled.cordoned] == [A]
    rack.on_entry = lambda _entry: None
    assert rack.resume().exit_code == 0 and rack.machines.begun(A) == 1 and rack.cordoned() == []


@pytest.mark.parametrize("answers_lost", [False, True])
@pytest.mark.parametrize("begins", [1.0, 12.0, 14.0, 16.0, 18.0, 20.0, 24.0])
def test_a_store_that_is_away_ends_nothing_and_repeats_nothing(begins: float, answers_lost: bool) -> None:
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests(1)
    rack.bench.outages.append(Outage(begins=begins, ends=begins + 20, answers_lost=answers_lost))
    rolled = rack.roll(reboot=True)
    assert rolled.exit_code == 0
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]
    rack.unharmed()


def calls() -> int:
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests(1)
    killer = Killer()
    assert rack.roll(killer, hosts=(A, B), reboot=True).exit_code == 0
    return killer.calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_at_any_call_it_is_taken_up_and_no_command_runs_twice(when: str) -> None:
    total = calls()
    assert total > 100
    for number in range(6, total, 29 if when == "before" else 37):
        rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
        rack.guests(1)
        with pytest.raises(Killed):
            rack.roll(Killer(**{when: frozenset({number})}), hosts=(A, B), reboot=True)
        if rack.bench.store.rolls() and rack.kept().over:  # killed after its end: the same wish is a new one
            continue
        rolled = rack.roll(hosts=(A, B), reboot=True, id=RunId("roll-2"))
        assert rolled.exit_code == 0, (number, rolled.roll.entries[-3:])
        assert [rack.machines.begun(host) for host in (A, B)] == [1, 1], number
        assert rack.cordoned() == [], number
        rack.unharmed()


def test_the_lease_lasts_as_long_as_the_work() -> None:
    """A command that takes an hour: all the while nobody else may take the roll."""
    rack = Rack(conduct={A: Conduct(seconds=1500)})
    rack.guests(1)
    seen: list[bool] = []

    def look(entry) -> None:
        held = rack.bench.store.lease("roll-1")
        seen.append(held is not None and not held.expired)

    rack.on_entry = look
    assert rack.roll(hosts=(A, B)).exit_code == 0
    assert all(seen) and len(seen) > 10


def test_guests_that_did_not_come_home_are_no_success() -> None:
    rack = Rack()
    rack.guests()
    rack.home_says = "guest-01: kvm01 has no room"
    rolled = rack.roll(restore=True)
    assert (rolled.exit_code, len(rolled.roll.entries) > 0, rolled.roll.over) == (1, True, True)
    assert not_home(rolled.roll) == dict.fromkeys(HOSTS, "guest-01: kvm01 has no room")


def test_who_left_in_an_attempt_that_failed_comes_home_too() -> None:
    rack = Rack(stuck=(guest_id(2),))
    rack.guests()
    assert rack.roll(restore=True).exit_code == 1
    assert rack.where(guest_id(1)) != A
    rack.stuck = ()
    assert rack.resume().exit_code == 0
    assert [rack.where(guest_id(n)) for n in (1, 2)] == [A, A]
    rack.unharmed()


def test_a_roll_is_not_begun_anew_while_its_command_runs() -> None:
    rack = Rack(conduct={A: Conduct(seconds=500)})
    rack.guests()
    rack.roll(command_ms=20_000)
    assert rack.cordoned() == [A]
    with pytest.raises(OrchestratorError, match="still runs for kvm01"):
        rack.roll(id=RunId("roll-2"), anew=True)
    assert not find(rack, "roll-1").over and rack.machines.begun(A) == 1


def test_a_roll_is_not_begun_anew_while_nobody_can_say_whether_its_command_runs() -> None:
    """Its host does not answer: only a person may know that it is off."""
    rack = Rack(conduct={A: Conduct(restarts=True, away=None)})
    rack.guests()
    rack.roll(reboot=True, healthy_ms=20_000)
    with pytest.raises(OrchestratorError, match="not known: kvm01 did not answer") as refused:
        rack.roll(id=RunId("roll-2"), reboot=True, anew=True, over=(B,))
    assert refused.value.exit_code == 5 and not find(rack, "roll-1").over
    rack.machines._come_back(A)
    assert rack.roll(id=RunId("roll-2"), reboot=True, healthy_ms=20_000, anew=True).roll.id == "roll-2"


def test_a_local_command_is_not_given_anew_by_another_controller() -> None:
    rack = Rack(conduct={A: Conduct(seconds=500)})
    rack.guests()
    made = rack.doors
    here = {"controller": lambda: SimUpkeep(A, rack.machines)}
    rack.doors = lambda killer=None: replace(made(killer), **here)
    rack.roll(local=True, command_ms=20_000)
    assert steps(rack.kept(), A)[-1] is Step.FAILED

    def elsewhere(killer=None):
        doors = made(killer)
        return replace(
            doors, controller=lambda: SimUpkeep(B, rack.machines), holder=replace(doors.holder, controller="c2")
        )

    rack.doors = elsewhere
    with pytest.raises(OrchestratorError, match="it was given on ctl, which alone can say so"):
        rack.roll(id=RunId("roll-2"), local=True, anew=True)
    rack.doors = lambda killer=None: replace(made(killer), **here)
    with pytest.raises(OrchestratorError, match="still runs for kvm01"):
        rack.roll(id=RunId("roll-2"), local=True, anew=True, over=(A,))


def test_a_command_that_had_not_begun_when_its_roll_was_given_up_never_does() -> None:
    """Whoever gave it stood still just before."""
    rack = Rack()
    rack.guests()

    def dies(_host) -> None:
        raise Killed

    rack.on_begin = dies
    with pytest.raises(Killed):
        rack.roll()
    rack.on_begin = lambda _host: None
    (late,) = [entry.command for entry in rack.kept().entries if entry.step is Step.COMMANDING]
    stop = Stop()
    stop.more("Ctrl-C", at_most=Level.STOP)
    rack.roll(id=RunId("roll-2"), anew=True, stop=stop)
    assert isinstance(SimUpkeep(A, rack.machines).begin(late, "upgrade", about=A, within=1), Refused)


def test_a_host_that_nobody_has_seen_well_stays_cordoned_when_its_roll_is_given_up() -> None:
    rack = Rack(conduct={A: Conduct(restarts=True, away=None)})
    rack.guests()
    rack.roll(reboot=True, healthy_ms=20_000)
    stop = Stop()
    stop.more("Ctrl-C", at_most=Level.STOP)
    rack.roll(id=RunId("roll-2"), hosts=HOSTS, reboot=True, healthy_ms=20_000, anew=True, over=(A,), stop=stop)
    (left,) = rack.bench.store.cordons()
    assert (left.host, left.run) == (A, None) and "given up before the host was seen to be well" in left.because


def test_a_stop_of_the_evacuation_stops_the_roll(monkeypatch) -> None:
    given = Emptied(hosts=(A,), runs=(), staying=(), silent=(), cordoned=(), stopped=AN_ORDER, exit_code=130)
    monkeypatch.setattr(rolling_moves, "evacuate", lambda *_given, **_more: given)
    monkeypatch.setattr(rolling_moves, "propose_emptying", lambda *_given, **_more: None)
    rack = Rack()
    rack.guests()
    stop = Stop()
    rolling_moves.away(rack.doors(), A, (B,), Hands(who=WHO, sinks=(), stop=stop))
    assert (stop.level, stop.by) == (Level.STOP, AN_ORDER)


class Scripts:
    """The operator's hooks of a roll."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, str]] = []

    def call(self, event, facts, *, within):
        if "roll" in facts:
            self.told.append((event, facts["host"], facts.get("state", "")))
        return "no.sh: status 1" if (event, facts.get("host")) == ("before-roll", B) else ""


def test_scripts_are_called_before_and_after_each_host_and_may_refuse_one(monkeypatch) -> None:
    rack, scripts = Rack(), Scripts()
    rack.guests()
    made = rack.doors
    monkeypatch.setattr(rack, "doors", lambda killer=None: replace(made(killer), hooks=lambda: scripts))
    rolled = rack.roll(hosts=(A, B, C), failed_hosts=1)
    assert (rolled.exit_code, [rack.machines.begun(host) for host in (A, B, C)]) == (1, [1, 0, 1])
    assert scripts.told == [
        ("before-roll", A, ""), ("after-roll", A, "done"), ("before-roll", B, ""), ("after-roll", B, "failed"),
        ("before-roll", C, ""), ("after-roll", C, "done"),
    ]  # fmt: skip
    (failed,) = [entry for entry in rolled.roll.entries if entry.step is Step.FAILED]
    assert failed.because == "the hook before-roll refused it: no.sh: status 1" and rolled.cordoned == ()


def test_no_further_host_is_taken_after_the_deadline() -> None:
    rack = Rack(conduct={B: Conduct(seconds=100)})
    rack.guests()
    until = rack.bench.clock.now() + timedelta(seconds=120)
    rack.on_entry = lambda entry: (
        rack.bench.clock.advance_to(100) if entry.step is Step.COMMANDING and entry.host == B else None
    )
    rolled = roll(
        rack.doors(), rack.wish(), WHO, (), Stop(), moving=Moving(away=rack._away, home=rack._home),
        tell=rack._tell, terms=Terms(until=until),
    )  # fmt: skip
    assert (rolled.exit_code, rolled.cordoned) == (1, ())
    assert steps(rolled.roll, B)[-1] in (Step.DONE, Step.UNCORDONED) and steps(rolled.roll, C) == []
    assert "the deadline (2026-01-01 00:02 UTC)" in rolled.roll.entries[-1].because
    rack.on_entry = lambda _entry: None
    assert rack.roll(id=RunId("roll-2")).exit_code == 0
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]


def test_a_roll_of_the_schedule_that_rests_is_not_begun_by_it_again(monkeypatch) -> None:
    """However it came to rest, and whoever drove it then; but not when its controller only shuts down."""
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests()
    night = Occasion(entry="night", slot=rack.bench.clock.now())
    left_behind(rack, 200, reboot=True, occasion=night)
    assert rack.bench.store.ran("night") is None
    rack.bench.store.order(RunId("roll-1"), Order(kind="stop", by="eve on ctl"), at=rack.bench.clock.now())
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert (done.exit_code, rack.bench.store.ran("night")) == (130, night.slot)
    later = replace(night, slot=night.slot + timedelta(days=1))
    stop = Stop()
    stop.more(SHUTDOWN, at_most=Level.STOP)
    rack.roll(reboot=True, stop=stop, occasion=later)
    assert (rack.kept().occasion, rack.bench.store.ran("night")) == (later, night.slot)
    assert rack.roll(reboot=True).exit_code == 0, "by hand"
    assert rack.bench.store.ran("night") == later.slot
    rack.unharmed()


def test_what_a_person_begins_anew_in_place_of_a_roll_of_the_schedule_is_theirs_to_stop() -> None:
    rack = Rack()
    rack.guests()
    night = Occasion(entry="night", slot=rack.bench.clock.now())
    left_behind(rack, 100, occasion=night)
    stop = Stop()
    stop.more("Ctrl-C", at_most=Level.STOP)
    assert rack.roll(anew=True, id=RunId("roll-2"), stop=stop).exit_code == 130
    assert rack.bench.store.ran("night") == night.slot


def left_behind(rack: Rack, calls: int, **wish) -> None:
    """A roll whose process died after so many calls of doors."""
    with pytest.raises(Killed):
        rack.roll(killer=Killer(before=frozenset({calls})), **wish)


def take_up_all(rack: Rack, monkeypatch):
    """`ferry resume` without a name."""
    monkeypatch.setattr(taking_up, "resume_roll", partial(resume_roll, moving=Moving(away=rack._away, home=rack._home)))
    return taking_up.take_up(rack.doors(), WHO, (), Stop(), rack._tell)


@pytest.mark.parametrize("calls", [20, 90, 200, 420, 700])
def test_resume_without_a_name_takes_it_up_and_no_command_runs_twice(monkeypatch, calls: int) -> None:
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests()
    left_behind(rack, calls, reboot=True)
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert (done.exit_code, done.roll.over) == (0, True)
    assert {host: rack.machines.begun(host) for host in HOSTS} == dict.fromkeys(HOSTS, 1)
    assert Step.CONTINUED not in [entry.step for entry in done.roll.entries]
    assert take_up_all(rack, monkeypatch).rolled == []
    rack.unharmed()


def test_a_roll_that_was_not_given_up_after_all_is_still_taken_up(monkeypatch) -> None:
    """Whoever wanted to give it up had its lease for a while."""
    rack = Rack(conduct={A: Conduct(seconds=500)})
    rack.guests()
    killer = Killer()
    rack.on_begin = lambda _host: setattr(killer, "_before", frozenset({killer.calls + 10}))
    with pytest.raises(Killed):
        rack.roll(killer)
    rack.on_begin = lambda _host: None
    with pytest.raises(OrchestratorError, match="still runs for kvm01"):
        rack.roll(id=RunId("roll-2"), anew=True)
    assert [held for _, held in open_rolls(rack.doors())] == [None]
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert (done.exit_code, done.roll.over) == (0, True)
    assert [rack.machines.begun(host) for host in HOSTS] == [1, 1, 1, 1]


@pytest.mark.parametrize("asked_anew", [False, True])
def test_a_roll_with_local_commands_is_left_to_its_own_controller(monkeypatch, asked_anew: bool) -> None:
    rack = Rack(conduct={A: Conduct(seconds=500)})
    rack.guests()
    made, elsewhere = rack.doors, SimUpkeep(B, rack.machines)

    def here(killer=None):
        return replace(made(killer), controller=lambda: SimUpkeep(A, rack.machines))

    def on_another(killer=None):
        doors = made(killer)
        return replace(
            doors, controller=lambda: elsewhere, holder=replace(doors.holder, controller="c2"), lives=lambda _h: False
        )

    rack.doors = here
    killer = Killer()
    rack.on_entry = lambda entry: (
        setattr(killer, "_before", frozenset({killer.calls + 20})) if entry.step is Step.COMMANDING else None
    )
    with pytest.raises(Killed):
        rack.roll(killer, local=True)
    rack.on_entry = lambda _entry: None
    rack.bench.pass_time(120)
    if asked_anew:
        with pytest.raises(OrchestratorError, match="still runs"):
            rack.roll(local=True, id=RunId("roll-2"), anew=True)
    rack.doors = on_another
    assert take_up_all(rack, monkeypatch).rolled == []
    rack.doors = here
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert steps(done.roll, A) == WHOLE, done.roll.entries[-3:]


def forgotten(rack: Rack, host: HostName) -> None:
    """From now on ferry.yaml does not name the host."""
    made = rack.doors

    def without(killer=None):
        doors = made(killer)
        hosts = {name: entry for name, entry in doors.settings.hosts.items() if name != host}

        def upkeep(name: HostName):
            assert name in hosts, "as the real one, which knows no way to it"
            return doors.upkeep(name)

        return replace(doors, settings=replace(doors.settings, hosts=hosts), upkeep=upkeep)

    rack.doors = without


@pytest.mark.parametrize("step", [*WHOLE[:-1], Step.RESTORED])
def test_a_host_that_is_configured_no_longer_brings_the_roll_to_rest(monkeypatch, step: Step) -> None:
    rack = Rack(hosts=(A, B, C))
    rack.guests(1)

    def dies(entry) -> None:
        if (entry.host, entry.step) == (B, step):
            raise Killed

    rack.on_entry = dies
    with pytest.raises(Killed):
        rack.roll(restore=True)
    rack.on_entry = lambda _entry: None
    forgotten(rack, B)
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert done.exit_code == (0 if step is Step.RESTORED else 1)
    given = step in (Step.COMMANDING, Step.COMMANDED)
    assert rack.cordoned() == ([B] if given else []), "nobody has seen it well"
    if step in (Step.HEALTHY, Step.UNCORDONED, Step.RESTORED):
        assert done.roll.over and (step is Step.RESTORED or not_home(done.roll) == {B: "it is configured no longer"})
        return
    assert "it is configured no longer" in done.roll.entries[-1].because
    assert take_up_all(rack, monkeypatch).rolled == []
    if given:
        with pytest.raises(OrchestratorError, match="not known: kvm02 is configured no longer"):
            rack.roll(hosts=(A, C), restore=True, anew=True, id=RunId("roll-2"))
    anew = rack.roll(hosts=(A, C), restore=True, anew=True, id=RunId("roll-2"), over=(B,))
    assert (anew.exit_code, anew.roll.hosts, rack.kept().over) == (0, (A, C), True)
    rack.unharmed()


def test_resume_without_a_name_leaves_a_living_roll_and_one_that_rests(monkeypatch) -> None:
    rack = Rack(conduct={A: RESTART, B: replace(RESTART, away=None)})
    rack.guests()
    assert rack.roll(hosts=(A, B, C), reboot=True).exit_code == 1
    assert take_up_all(rack, monkeypatch).rolled == []
    other = Rack()
    other.guests()
    left_behind(other, 200)
    (lease,) = [held for _, held in open_rolls(other.doors())]
    assert lease is not None
    monkeypatch.setattr(taking_up, "lives", lambda _doors, _held: True)
    assert take_up_all(other, monkeypatch).rolled == []


def test_the_deadline_of_a_roll_binds_whoever_takes_it_up_unasked(monkeypatch) -> None:
    rack = Rack(conduct=dict.fromkeys(HOSTS, RESTART))
    rack.guests()
    until = rack.bench.clock.now() + timedelta(seconds=3600)
    with pytest.raises(Killed):
        roll(
            rack.doors(Killer(before=frozenset({200}))), rack.wish(reboot=True), WHO, (), Stop(), tell=rack._tell,
            moving=Moving(away=rack._away, home=rack._home), terms=Terms(until=until),
        )  # fmt: skip
    rack.bench.pass_time(7200)
    begun = sum(rack.machines.begun(host) for host in HOSTS)
    (done,) = take_up_all(rack, monkeypatch).rolled
    assert done.exit_code == 1 and "the deadline" in done.roll.entries[-1].because
    assert sum(rack.machines.begun(host) for host in HOSTS) == begun, "no command is given after it"
    assert rack.resume().exit_code == 0, "a person may go on all the same"
    rack.unharmed()


def test_a_roll_with_a_host_on_hold_waits(monkeypatch) -> None:
    rack = Rack()
    rack.guests()
    left_behind(rack, 200)
    rack.bench.store.keep_hold(Hold(name=D, by="eve on ctl", at=rack.bench.clock.now(), because="a new disk"))
    done = take_up_all(rack, monkeypatch)
    assert ([one.problems[0].code for one in done.failures], done.rolled) == (["lease.on-hold"], [])
    rack.bench.store.lift_hold(D)
    assert [one.exit_code for one in take_up_all(rack, monkeypatch).rolled] == [0]


def test_a_roll_ends_what_was_left_of_evacuations_of_its_hosts() -> None:
    rack = Rack()
    rack.guests()
    errand = OpenErrand(
        name="host kvm01 1", started_at=rack.bench.clock.now(), who=WHO, request=EvacuationRequest(hosts=(A,))
    )
    rack.bench.store.change_errands((), (errand,))
    assert rack.roll(hosts=(A, B)).exit_code == 0
    assert rack.bench.store.errands() == ()


class FullDisk(SimUpkeep):
    """No mark can be left on this machine, and none that forbids one."""

    def begin(self, name: str, command: str, *, about: HostName, within: float) -> Effect:
        return Refused(why="the disk is full")

    def forbid(self, name: str, *, within: float) -> Effect:
        return Unclear(why="the disk is full")


def test_a_host_whose_disk_is_full_fails_at_once_and_takes_guests_again() -> None:
    rack = Rack()
    rack.guests(1)
    made = rack.doors
    rack.doors = lambda killer=None: replace(made(killer), upkeep=lambda host: FullDisk(host, rack.machines))
    before = rack.bench.clock.ticks()
    rolled = rack.roll(attempts=1)
    assert (rolled.exit_code, rolled.cordoned) == (1, ())
    assert "the command was not run: the disk is full" in rolled.roll.entries[-1].because
    assert rack.bench.clock.ticks() - before < 120


class Watched(SimLoop):
    """Whatever runs beside others in a thread of its own: the test calls it while time passes."""

    def __init__(self, clock: SimClock, beside: dict[str, Callable[[], float | None]]) -> None:
        super().__init__(clock)
        self._beside = beside

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        if key.startswith("lease "):
            self._beside[key] = step
        else:
            super().add(key, step)

    def poke(self, key: str) -> None:
        if key not in self._beside:
            super().poke(key)


def test_a_step_that_takes_longer_than_the_lease_does_not_lose_the_roll(monkeypatch) -> None:
    """A script of the operator, a turn of somebody else, hosts that are slow to answer."""
    rack, beside = Rack(hosts=(A, B, C)), {}
    rack.guests(1)
    made, clock, store = rack.doors, rack.bench.clock, rack.bench.store

    class Slow:
        def call(self, event, facts, *, within):
            for _ in range(40):
                clock.advance_to(clock.ticks() + 7)
                beside["lease roll-1"]()
                held = store.lease("roll-1")
                assert held is not None and not held.expired, event
            return ""

    monkeypatch.setattr(
        rack,
        "doors",
        lambda killer=None: replace(made(killer), hooks=Slow, loop=lambda: Watched(clock, beside)),
    )
    assert rack.roll(hosts=(A, B)).exit_code == 0
    assert beside["lease roll-1"]() is None, "it ends with the roll"
