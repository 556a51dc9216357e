"""The short commands of a simulated host, where nothing moves."""

import pytest

from orchestrator.model.command import (
    Announce,
    Discard,
    Resume,
    SetAutostart,
    ShutDown,
    Start,
    StartHeld,
    Suspend,
    SyncTime,
    Undefine,
)
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import GuestId, Power
from orchestrator.simulator.processes import SimProcesses
from orchestrator.simulator.world import Fault, Inside, Mishap, What
from tests.unit.simulator.stage import A, B, Stage, idle


def at_home(*, power: Power = Power.RUNNING, persistent: bool = True) -> tuple[Stage, GuestId]:
    stage = Stage()
    return stage, stage.guest(idle(), power=power, persistent=persistent)


def test_a_guest_is_shut_down_and_started_again() -> None:
    stage, guest = at_home()
    assert isinstance(stage.act(Start(guest=guest)), Refused)
    assert stage.act(ShutDown(guest=guest)) == Done()
    assert stage.says(guest) == "running (booted)", "it takes its time"
    stage.wait(3.0)
    assert stage.says(guest) == "shut off (shutdown)"
    assert isinstance(stage.act(ShutDown(guest=guest)), Refused)
    assert stage.act(Start(guest=guest)) == Done()
    assert stage.says(guest) == "running (booted)"


def test_a_guest_may_not_listen() -> None:
    stage, guest = at_home()
    stage.world.guests[guest] = Inside(memory=idle(), shuts_down_after=None)
    assert stage.act(ShutDown(guest=guest)) == Done()
    stage.wait(600.0)
    assert stage.says(guest) == "running (booted)"


def test_a_transient_guest_that_is_shut_down_is_gone() -> None:
    stage, guest = at_home(persistent=False)
    stage.act(ShutDown(guest=guest))
    stage.wait(3.0)
    assert stage.says(guest) == "absent"


def test_only_what_stands_paused_is_discarded() -> None:
    stage, guest = at_home()
    assert isinstance(stage.act(Discard(guest=guest)), Refused)
    assert stage.act(Suspend(guest=guest)) == Done()
    assert stage.act(Suspend(guest=guest)) == Done(), "as libvirt: it is paused already"
    assert stage.act(Discard(guest=guest)) == Done()
    assert stage.says(guest) == "shut off (destroyed)"
    assert isinstance(stage.act(Suspend(guest=guest)), Refused)
    assert stage.act(Undefine(guest=guest)) == Done()
    assert stage.says(guest) == "absent"


def test_the_time_is_set_where_there_is_an_agent() -> None:
    stage, guest = at_home()
    assert isinstance(stage.act(SyncTime(guest=guest)), Refused)
    stage.world.guests[guest] = Inside(memory=idle(), agent=True)
    assert stage.act(SyncTime(guest=guest)) == Done()


def test_qemu_announces_a_guest_that_runs() -> None:
    stage, guest = at_home()
    assert stage.act(Announce(guest=guest)) == Done()
    assert [(g, host) for _, g, host in stage.world.announced] == [(guest, A)]
    stage.act(Suspend(guest=guest))
    assert isinstance(stage.act(Announce(guest=guest)), Refused)


@pytest.mark.parametrize("host", [A, B])
def test_a_guest_on_its_way_is_locked_on_both_hosts(host) -> None:
    stage, guest = at_home()
    stage.begin(guest)
    stage.wait(1.0)
    for command in (
        Resume(guest=guest),
        StartHeld(guest=guest),
        SetAutostart(guest=guest, on=True),
        ShutDown(guest=guest),
        Discard(guest=guest),
        Undefine(guest=guest),
    ):
        assert isinstance(stage.act(command, host), Refused), command
    stage.finish(guest)
    assert stage.both(guest) == ("absent", "running (migrated)")


def test_a_silent_host_may_have_obeyed_and_a_dead_one_has_not() -> None:
    stage = Stage(fault=Fault(silent=((A, 0.0, 10.0),)))
    guest = stage.guest(idle())
    assert isinstance(stage.act(Suspend(guest=guest)), Unclear)
    stage.wait(11.0)
    assert stage.says(guest) == "running (booted)"
    for what in (What.DAEMON_KILLED, What.HOST_DOWN):
        stage.world.strike(Mishap(what=what, host=B, after=stage.world.at, lasts=10.0))
        stage.wait(1.0)
        effect = stage.act(Suspend(guest=guest), B)
        assert isinstance(effect, Refused) and effect.code == "host.unreachable"
        stage.wait(30.0)


def test_every_qemu_has_a_process_of_its_own() -> None:
    stage, guest = at_home()
    before = SimProcesses(A, stage.world).look(guest, within=1.0)
    stage.begin(guest)
    stage.finish(guest)
    after = SimProcesses(B, stage.world).look(guest, within=1.0)
    assert before != after
    assert SimProcesses(A, stage.world).look(guest, within=1.0).__class__.__name__ == "NoProcess"
