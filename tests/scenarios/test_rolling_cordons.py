"""Rolling relies on cordons: wherever it is killed or stopped, no command is given on a host that takes guests."""

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.guest import GuestId
from orchestrator.model.roll import Step
from orchestrator.operations.cordons import uncordon
from orchestrator.operations.rolling_moves import Hands
from orchestrator.simulator.kill import Killed, Killer
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
    assert rack.resume().exit_code == 0 and rack.machines.begun(A) == 1
    assert rack.cordoned() == []
    rack.unharmed()


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
        rack.on_entry, rack.stuck = (lambda _entry: None), ()
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
