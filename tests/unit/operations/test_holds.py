"""Holds: who may be held, for how long, and whom that hinders."""

from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.host import HostName
from orchestrator.operations.holds import demand_free, hold, hosts_of, in_force, lift
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.screens import world

HOUR = timedelta(hours=1)


@pytest.fixture
def doors():
    clock = SimClock()
    store = MemoryStore(clock.ticks)
    return SimpleNamespace(settings=world.SETTINGS, store=lambda: store, clock=clock)


def held(doors, name, hours=None):
    return hold(doors, name, world.WHO, "disks", None if hours is None else doors.clock.now() + hours * HOUR)


@pytest.mark.parametrize("name", ["kvm01", "all"])
def test_a_hold_hinders_those_on_that_host(doors, name):
    held(doors, name)
    with pytest.raises(OrchestratorError, match="anna on ctl1: disks") as caught:
        demand_free(doors, [world.KVM02, world.KVM01])
    assert caught.value.exit_code == 75
    assert caught.value.problems[0].fix == f"Ask anna on ctl1, then: ferry release {name}; or --despite-hold"


def test_all_holds_are_to_be_lifted_by_those_who_put_them(doors):
    held(doors, "all")
    hold(doors, "kvm01", replace(world.WHO, login="bert"), "disks", None)
    held(doors, "kvm02")
    with pytest.raises(OrchestratorError) as caught:
        demand_free(doors, [world.KVM01, world.KVM02])
    fix = caught.value.problems[0].fix
    assert fix.startswith("Ask anna on ctl1 and bert on ctl1, then: ferry release")
    assert all(f"ferry release {name}" in fix for name in ("all", "kvm01", "kvm02"))


def test_a_hold_hinders_nobody_else(doors):
    held(doors, "kvm01")
    demand_free(doors, [world.KVM02, HostName("kvm03")])


def test_a_hold_ends_by_itself(doors):
    held(doors, "kvm01", 1)
    doors.clock.advance_to(3599)
    assert [one.name for one in in_force(doors)] == ["kvm01"]
    doors.clock.advance_to(3600)
    assert in_force(doors) == ()
    demand_free(doors, [world.KVM01])
    with pytest.raises(OrchestratorError, match="nothing is on hold"):
        lift(doors, "kvm01")


def test_a_later_hold_takes_the_place_of_an_earlier_one(doors):
    held(doors, "kvm01", 1)
    held(doors, "kvm01")
    assert [one.until for one in in_force(doors)] == [None]
    assert lift(doors, "kvm01").name == "kvm01"
    demand_free(doors, [world.KVM01])


@pytest.mark.parametrize(("name", "hours"), [("kvm9", None), ("kvm01", 0), ("kvm01", -1)])
def test_what_cannot_be_held(doors, name, hours):
    with pytest.raises(OrchestratorError) as caught:
        held(doors, name, hours)
    assert caught.value.exit_code == 2
    assert in_force(doors) == ()


def test_the_hosts_of_a_plan(doors):
    plan = replace(world.PLAN, moves=(world.move("a", 1), world.move("b", 2, to=world.KVM03)))
    assert hosts_of(plan) == ("kvm01", "kvm02", "kvm03")
