"""Guests that come to harm on the way of a roll: it goes on, and its answer tells of them."""

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.evacuation.rolling import harmed
from orchestrator.migration.terms import Level
from orchestrator.model.roll import Step
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Phase
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.store_outage import Outage
from tests.scenarios.rolling_world import A, B, C, Rack
from tests.scenarios.simulated import guest_id


def crashing() -> Rack:
    """The guest of the first host is lost on its way."""
    mishap = Mishap(what=What.GUEST_CRASHES, guest=guest_id(1), step=Phase.PRECOPY, after=1.0)
    rack = Rack(hosts=(A, B, C), fault=Fault(mishaps=(mishap,)))
    rack.guests(1)
    return rack


@pytest.mark.parametrize("restore", [False, True])
def test_a_guest_that_crashes_on_its_way_is_told_at_last(restore: bool) -> None:
    rack = crashing()
    rolled = rack.roll(restore=restore)
    assert (rolled.exit_code, rolled.roll.over) == (7, True)
    assert [rack.machines.begun(host) for host in (A, B, C)] == [1, 1, 1]
    (said,) = harmed(rolled.roll)
    assert said.startswith("guest-01: ")


def test_who_is_lost_on_the_way_home_is_told_too() -> None:
    rack = Rack(hosts=(A, B, C))
    rack.guests(1)

    def lost(entry) -> None:
        if entry.step is Step.UNCORDONED and entry.host == A:
            mishap = Mishap(what=What.GUEST_CRASHES, guest=guest_id(1), step=Phase.PRECOPY, after=1.0)
            rack.bench.world.strike(mishap)

    rack.on_entry = lost
    rolled = rack.roll(restore=True)
    assert rolled.exit_code == 7 and len(harmed(rolled.roll)) == 1


def test_a_stop_that_comes_meanwhile_does_not_hide_it() -> None:
    rack, stop = crashing(), Stop()
    away = rack._away

    def stopped(*given):
        answer = away(*given)
        stop.more("Ctrl-C", at_most=Level.STOP)
        return answer

    rack._away = stopped
    rolled = rack.roll(stop=stop)
    assert rolled.exit_code == 7 and rack.machines.begun(A) == 0 and rolled.cordoned == ()
    rack._away = away
    assert rack.resume().exit_code == 0, "whoever takes it up has been told"


def test_it_is_told_by_whoever_adopts_the_move_of_a_killed_roll() -> None:
    rack = crashing()
    marks: list[int] = []
    killer = Killer()
    rack.on_entry = lambda entry: marks.append(killer.calls) if entry.host == A else None
    assert rack.roll(killer).exit_code == 7
    (_checked, _cordoned, begins, ends, *_) = marks
    for number in range(begins + 20, ends - 20, 11):
        rack = crashing()
        with pytest.raises(Killed):
            rack.roll(Killer(before=frozenset({number})))
        rolled = rack.resume()
        assert rolled.exit_code == 7, number
        assert rack.machines.begun(A) == 1, number


@pytest.mark.parametrize("begins", [12.0, 16.0, 20.0, 24.0, 28.0])
def test_a_store_that_is_away_when_it_is_to_be_written_down_loses_nothing(begins: float) -> None:
    rack = crashing()
    rack.bench.outages.append(Outage(begins=begins, ends=begins + 20))
    rolled = rack.roll()
    assert rolled.exit_code == 7 and len(harmed(rolled.roll)) == 1
    assert [rack.machines.begun(host) for host in (A, B, C)] == [1, 1, 1]
