"""An end of a slot is declared free by a person, where neither its process nor its host can say so any more."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Released
from orchestrator.model.ledger import Standing
from orchestrator.operations import history
from orchestrator.operations.release import claim, foresee, release
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import WHO, A, B, Bench

SLOT = f"guest-01@{B}"
WHY = "its mainboard is broken"


def left_behind(*, silent_from: float = 2.0) -> Bench:
    """A dead process, a guest that moved, and a destination that answers no more."""
    bench = Bench(fault=Fault(silent=((B, silent_from, 1e9),)))
    guest = bench.guest(1, memory=2**34)
    with pytest.raises(Killed):
        bench.apply(bench.move(guest), killer=Killer(before=frozenset({60})))
    bench.pass_time(5.0)
    return bench


def tickets(bench: Bench):
    return [t for t in bench.store.ledger().tickets if t.standing is Standing.HOLDING]


def test_the_end_of_a_dead_host_comes_free_and_the_other_one_stays_taken() -> None:
    bench = left_behind()
    doors = bench.doors()
    freed = release(doors, claim(doors, SLOT), WHY, WHO)
    assert freed.done
    assert freed.says.startswith(f"{B} does not answer")
    assert set(freed.frees) == {f"host:{B}.live", f"host:{B}.incoming", f"network:migration@{B}"}
    (ticket,) = tickets(bench)
    assert ticket.released == {B: WHY}
    assert ticket.costs == freed.keeps
    assert f"host:{A}.live" in ticket.costs
    assert "cluster.live" in ticket.costs, "what belongs to no single host is taken until both ends are gone"


def test_both_ends_released_is_no_slot_any_more() -> None:
    bench = left_behind()
    bench.world.fault = Fault(silent=((B, 0.0, 1e9), (A, 0.0, 1e9)))
    first, second = bench.doors(), bench.doors()
    release(first, claim(first, SLOT), WHY, WHO)
    assert release(second, claim(second, f"guest-01@{A}"), WHY, WHO).keeps == {}
    assert tickets(bench) == []


def test_it_is_on_record_before_it_is_done() -> None:
    bench = left_behind()
    doors = bench.doors()
    release(doors, claim(doors, SLOT), WHY, WHO)
    (run,) = bench.store.runs()
    (entry,) = [e.entry for e in bench.store.entries(run.id) if isinstance(e.entry, Released)]
    assert (entry.host, entry.because, entry.by) == (B, WHY, "ada on ctl")
    (told,) = history.one(doors, run.id).releases
    assert (told.name, told.host, told.because) == ("guest-01", B, WHY)


def test_a_run_that_was_left_in_the_middle_is_still_taken_over_by_the_next_command() -> None:
    bench = left_behind()
    doors = bench.doors()
    release(doors, claim(doors, SLOT), WHY, WHO)
    bench.doors()  # the process that has released it is gone as well
    held = bench.store.lease(bench.store.runs()[0].id)
    assert held is not None
    assert held.holder.pid == doors.holder.pid


def test_shown_only_it_changes_nothing() -> None:
    bench = left_behind()
    doors, before = bench.doors(), bench.store.ledger()
    assert not foresee(doors, claim(doors, SLOT), WHY).done
    assert bench.store.ledger() == before


def test_a_host_that_answers_and_shows_the_migration_is_believed() -> None:
    bench = left_behind(silent_from=1e9)
    doors = bench.doors()
    with pytest.raises(OrchestratorError) as error:
        release(doors, claim(doors, SLOT), WHY, WHO)
    assert [(p.code, p.saw) for p in error.value.problems] == [
        ("limits.slot-held", f"{B} answers, and shows that guest-01 still moves there")
    ]
    assert tickets(bench)[0].released == {}


def test_a_run_that_is_driven_frees_its_slots_itself() -> None:
    bench = left_behind()
    bench.living = 1
    doors = bench.doors()
    bench.living = 1
    with pytest.raises(OrchestratorError, match="is driven by process 1 on ctl"):
        release(doors, claim(doors, SLOT), WHY, WHO)


@pytest.mark.parametrize("slot", ["guest-01", f"guest-02@{B}", "guest-01@kvm09", f"@{B}"])
def test_what_is_no_slot(slot: str) -> None:
    bench = left_behind()
    with pytest.raises(OrchestratorError, match=f"there are guest-01@{A}, guest-01@{B}"):
        claim(bench.doors(), slot)
    with pytest.raises(OrchestratorError, match="no slot is taken at all"):
        claim(Bench().doors(), slot)


def test_an_end_is_released_once() -> None:
    bench = left_behind()
    doors = bench.doors()
    release(doors, claim(doors, SLOT), WHY, WHO)
    with pytest.raises(OrchestratorError, match=f"there are guest-01@{A}"):
        claim(doors, SLOT)
