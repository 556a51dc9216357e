"""Rolling relies on cordons: wherever it is killed or stopped, no command is given on a host that takes guests."""

from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.rolling import freed, order_read
from orchestrator.migration.terms import Level
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId
from orchestrator.operations.cordons import uncordon
from orchestrator.operations.rolling_moves import Hands
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.evacuating import Town
from tests.scenarios.rolling_world import A, B, C, Rack, steps
from tests.scenarios.simulated import WHO, guest_id


def small(stuck: tuple[GuestId, ...] = ()) -> Rack:
    rack = Rack(hosts=(A, B, C), stuck=stuck)
    rack.guests(1)
    return rack


def dies(_host: object) -> None:
    raise Killed


def left_before_its_command() -> Rack:
    """A roll that was killed when it was about to give its first command."""
    rack = small()
    rack.on_begin = dies
    with pytest.raises(Killed):
        rack.roll()
    rack.on_begin = lambda _host: None
    return rack


def test_a_host_that_a_person_has_opened_meanwhile_is_emptied_and_closed_once_more() -> None:
    rack = left_before_its_command()
    uncordon(rack.doors(), A)
    rack._home(rack.doors(), A, (guest_id(1),), Hands(who=WHO, sinks=(), stop=Stop()))
    assert rack.where(guest_id(1)) == A
    rested = rack.resume(go_on=False)
    assert (rested.exit_code, rack.where(guest_id(1)), rack.cordoned()) == (130, A, []), "nobody takes it back unasked"
    assert rested.roll.entries[-1].because == "stopped by ferry uncordon kvm01"
    assert rack.resume().exit_code == 0 and rack.machines.begun(A) == 1
    assert rack.cordoned() == []
    rack.unharmed()


@pytest.mark.parametrize("by_name", [True, False], ids=["uncordon", "restore"])
@pytest.mark.parametrize("step", [Step.CHECKED, Step.CORDONED, Step.EVACUATING, Step.EMPTIED])
def test_a_roll_that_was_left_at_a_host_stops_when_a_person_opens_that(step: Step, by_name: bool) -> None:
    rack = small()
    rack.on_entry = lambda entry: dies(A) if (entry.host, entry.step) == (A, step) else None
    with pytest.raises(Killed):
        rack.roll()
    rack.on_entry = lambda _entry: None
    assert uncordon(rack.doors(), A, by_name=by_name, dry_run=True).stopped == ("roll-1",)
    assert uncordon(rack.doors(), B, by_name=by_name).stopped == (), "it has not begun there"
    assert rack.bench.store.orders(RunId("roll-1")) == ()
    assert uncordon(rack.doors(), A, by_name=by_name).stopped == ("roll-1",)
    assert (rack.resume(go_on=False).exit_code, rack.machines.begun(A), rack.cordoned()) == (130, 0, [])
    assert uncordon(rack.doors(), A, by_name=by_name).stopped == (), "it rests"
    assert rack.resume().exit_code == 0


def test_a_host_that_a_roll_is_done_with_stops_nothing() -> None:
    rack = small()
    rack.on_entry = lambda entry: dies(A) if (entry.host, entry.step) == (A, Step.HEALTHY) else None
    with pytest.raises(Killed):
        rack.roll()
    rack.on_entry = lambda _entry: None
    assert uncordon(rack.doors(), A).stopped == ()
    assert rack.resume(go_on=False).exit_code == 0


def test_an_opened_host_is_closed_before_its_command_where_nobody_came_either() -> None:
    """The command itself sees to it: between the last evacuation and the command there may be a kill as well."""
    rack = small()

    def opened(entry) -> None:
        if entry.step is Step.EMPTIED and entry.host == A:
            rack.bench.store.lift_cordon(A)

    rack.on_entry = opened
    assert rack.roll().exit_code == 0
    rack.unharmed()


def stopped(rack: Rack, killer: Killer) -> list[int]:
    """It is stopped when its first host is empty; at which calls it began to let go, and ended."""
    stop, marks = Stop(), []

    def order(entry) -> None:
        if entry.step is Step.EMPTIED:
            marks.append(killer.calls)
            stop.more("Ctrl-C", at_most=Level.STOP)

    rack.on_entry = order
    assert rack.roll(killer, stop=stop).exit_code == 130
    return [*marks, killer.calls]


def failing(rack: Rack, killer: Killer) -> list[int]:
    """Its first host cannot be emptied; at which calls that was tried, and the roll rested."""
    rack.stuck, marks = (guest_id(1),), []
    rack.on_entry = lambda entry: marks.append(killer.calls) if entry.step is Step.EVACUATING else None
    assert rack.roll(killer, attempts=1).exit_code == 1
    return [*marks, killer.calls]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("course", [stopped, failing])
def test_killed_at_any_call_while_a_host_is_let_go_it_is_emptied_and_closed_anew(course, when: str) -> None:
    begins, ends = course(small(), Killer())
    assert ends > begins + 5
    for number in range(begins + 1, ends + 1):
        rack = small()
        with pytest.raises(Killed):
            course(rack, Killer(**{when: frozenset({number})}))
        assert A in rack.cordoned() or A in freed(rack.kept()), number
        rack.on_entry, rack.stuck = (lambda _entry: None), ()
        obeyed = course is stopped and rack.bench.store.orders(RunId("roll-1"), after=order_read(rack.kept()))
        assert not obeyed or rack.resume().exit_code == 130, "the stop binds whoever comes next, once"
        assert rack.resume().exit_code == 0, number
        assert [rack.machines.begun(host) for host in (A, B, C)] == [1, 1, 1], number
        assert rack.cordoned() == [], number
        rack.unharmed()


def test_a_host_that_was_given_up_is_opened_by_whoever_takes_the_roll_up() -> None:
    """Killed between the record and the cordon, and what it waits for has not changed."""
    rack = small(stuck=(guest_id(1),))
    lift = rack.bench.store.lift_cordon
    rack.bench.store.lift_cordon = lambda *_given, **_named: dies(A)
    with pytest.raises(Killed):
        rack.roll(attempts=1)
    rack.bench.store.lift_cordon = lift
    assert steps(rack.kept(), A)[-1] is Step.FAILED and rack.cordoned() == [A]
    assert rack.resume(go_on=False).exit_code == 1
    assert rack.cordoned() == []
    rack.unharmed()


def test_whoever_lost_the_roll_lifts_nothing() -> None:
    """It stands still between the record and the cordon; its successor has closed the same host since."""
    rack = small(stuck=(guest_id(1),))
    store = rack.bench.store
    lift = store.lift_cordon

    def late(*given, **named) -> bool:
        held = store.lease("roll-1")
        assert held is not None
        store.take("roll-1", rack.doors().holder, lasts=60.0, instead_of=held)
        return lift(*given, **named)

    store.lift_cordon = late
    with pytest.raises(OrchestratorError, match="was given away"):
        rack.roll(attempts=1)
    assert rack.cordoned() == [A]


def rolled(town: Town, *done: Step, host: HostName = A, lives: bool = False) -> None:
    """A roll in which all this was done at a host; lives: a process works on it."""
    doors = town.doors()
    fence = doors.store().take("roll-1", doors.holder, lasts=1e6)
    assert isinstance(fence, Fence)
    entries = tuple(RollEntry(at=town.bench.clock.now(), step=step, host=host) for step in done)
    roll = Roll(
        id=RunId("roll-1"), started_at=town.bench.clock.now(), by="ada on ctl", hosts=(A, B), command="x",
        entries=entries,
    )  # fmt: skip
    doors.store().keep_roll(roll, fence=fence)
    if not lives:
        doors.store().release(fence)
    return roll


UP_TO_COMMAND = (Step.CHECKED, Step.CORDONED, Step.EVACUATING, Step.EMPTIED, Step.COMMANDING)


@pytest.mark.parametrize("done", [UP_TO_COMMAND, (*UP_TO_COMMAND, Step.COMMANDED), (*UP_TO_COMMAND, Step.FAILED)])
def test_nobody_comes_home_to_a_host_whose_command_a_roll_has_given(monkeypatch, done) -> None:
    """Whoever put the cordon, and whether or not somebody works on the roll just now. Others do come home."""
    town = Town(monkeypatch)
    guest, other = town.bench.guest(1), town.bench.guest(2, host=B)
    town.evacuate(A, to=(C,))
    town.evacuate(B, to=(C,))
    rolled(town, *done)
    told = town.restore(A, B)
    assert (told.exit_code, told.uncordoned, town.on(A), town.on(B)) == (1, (B,), [], [other])
    (one,) = told.staying
    assert (one.guest, one.host, one.fix) == (guest, C, "ferry resume roll-1")
    assert "roll roll-1 works on kvm01" in one.why
    assert [cordon.host for cordon in town.bench.store.cordons()] == [A]
    doors = town.doors()
    with pytest.raises(OrchestratorError, match="Roll roll-1 relies on it"):
        uncordon(doors, A, by_name=False)
    assert uncordon(doors, A).cordon is None, "a person may decide of a roll that nobody works on"


@pytest.mark.parametrize(
    ("done", "free"),
    [
        ((Step.CHECKED,), True), ((Step.CHECKED, Step.CORDONED), False), (UP_TO_COMMAND, False),
        ((*UP_TO_COMMAND, Step.COMMANDED, Step.HEALTHY), True),
    ],
)  # fmt: skip
def test_a_cordon_by_hand_that_a_roll_at_work_relies_on_is_not_lifted(monkeypatch, done, free: bool) -> None:
    town = Town(monkeypatch)
    town.bench.guest(1)
    town.evacuate(A)
    rolled(town, *done, lives=True)
    doors = replace(town.doors(), lives=lambda _holder: True)
    if free:
        assert uncordon(doors, A).cordon is None
        return
    with pytest.raises(OrchestratorError, match="Roll roll-1 relies on it"):
        uncordon(doors, A)
    assert [cordon.host for cordon in town.bench.store.cordons()] == [A]


def test_a_cordon_is_put_again_where_a_roll_came_to_rely_on_it_while_it_was_lifted(monkeypatch) -> None:
    town = Town(monkeypatch)
    town.bench.guest(1)
    town.evacuate(A)
    store = town.bench.store
    lift, before = store.lift_cordon, store.cordons()

    def overtaken(*given, **named) -> bool:
        done = lift(*given, **named)
        rolled(town, *UP_TO_COMMAND)
        return done

    store.lift_cordon = overtaken
    with pytest.raises(OrchestratorError, match="Roll roll-1 relies on it"):
        uncordon(town.doors(), A, by_name=False)
    assert store.cordons() == before
