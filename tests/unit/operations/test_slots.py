"""What is taken of every resource, by whom, and who waits: of a simulated cluster whose processes die."""

from dataclasses import replace

import pytest

from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.policy import Limits
from orchestrator.model.run import RunId
from orchestrator.model.slots import Slots
from orchestrator.operations.slots import slots
from orchestrator.simulator.clock import EPOCH
from orchestrator.simulator.fault import Fault
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import WHO, A, B, Bench, guest_id
from tests.scenarios.simulated import Run as Head

OTHER = RunId("run-other")


def by_name(found: Slots):
    return {one.name: one for one in found.resources}


def begun(bench: Bench, number: int) -> None:
    """A migration that ferry has not started."""
    guest = bench.guest(number, memory=2**33)
    assert bench.world.accept(guest, A, B, bench.move(guest).transport) == ""
    bench.pass_time(2.0)


def ticket(bench: Bench, number: int, run: RunId = OTHER, **more) -> Ticket:
    fields = {
        "costs": {f"host:{A}.live": 1, f"host:{B}.live": 1},
        "since": EPOCH,
        "source": A,
        "destination": B,
        **more,
    }
    return Ticket(run=run, guest=guest_id(number), name=f"guest-{number:02}", **fields)


def book(bench: Bench, *tickets: Ticket) -> None:
    doors = bench.doors()
    head = Head(id=OTHER, started_at=EPOCH, who=WHO, moves=(), policy=doors.settings.policy)
    fence = bench.store.open_run(head, doors.holder, lasts=30.0)
    assert bench.store.book(put=tickets, drop=(), if_version=bench.store.ledger().version, fence=fence)
    bench.living = doors.holder.pid


def test_nothing_moves() -> None:
    assert slots(Bench().doors()) == Slots(resources=())


def test_a_run_that_is_driven_holds_what_it_holds() -> None:
    bench = Bench()
    holder = bench.doors()
    book(bench, ticket(bench, 1, standing=Standing.HOLDING))
    found = by_name(slots(replace(holder, lives=lambda _holder: True)))
    live = found[f"host:{B}.live"]
    assert (live.used, live.capacity, live.full) == (1, 2, False)
    (taker,) = live.takers
    assert (taker.name, taker.run, taker.left) == ("guest-01", OTHER, "")


def test_a_dead_process_frees_nothing_and_is_named() -> None:
    bench = Bench()
    with pytest.raises(Killed):
        bench.apply(bench.move(bench.guest(1, memory=2**33)), killer=Killer(before=frozenset({60})))
    live = by_name(slots(bench.doors()))[f"host:{A}.live"]
    assert live.used == 1
    assert live.takers[0].left == "process 1 on ctl is gone"


def test_a_lease_that_ran_out_on_another_controller() -> None:
    bench = Bench()
    book(bench, ticket(bench, 1, standing=Standing.HOLDING))
    bench.pass_time(60.0)
    doors = replace(bench.doors(), lives=lambda _holder: True)
    assert by_name(slots(doors))[f"host:{A}.live"].takers[0].left.endswith("has let its lease run out")


def test_what_ferry_has_not_begun_is_counted_where_a_host_shows_it() -> None:
    bench = Bench(live=1)
    begun(bench, 7)
    found = by_name(slots(bench.doors()))
    (taker,) = found[f"host:{B}.live"].takers
    assert (taker.run, taker.source, taker.destination) == (None, A, B)
    assert found[f"host:{B}.live"].full
    assert found[f"host:{A}.outgoing"].capacity is None


def test_a_host_that_is_silent_is_said() -> None:
    bench = Bench(fault=Fault(silent=((B, 0.0, 1e9),)))
    (mute,) = slots(bench.doors()).silent
    assert mute.host == B
    assert mute.why


def test_who_waits_and_for_what_the_first_to_go_first() -> None:
    bench = Bench()
    book(
        bench,
        ticket(bench, 1, waits="kvm02 is full"),
        ticket(bench, 2, priority=3000),
        ticket(bench, 3, standing=Standing.HOLDING),
    )
    found = slots(replace(bench.doors(), lives=lambda _holder: True))
    assert [(one.name, one.because, one.priority) for one in found.waiting] == [
        ("guest-02", "", 3000),
        ("guest-01", "kvm02 is full", 2000),
    ]
    assert by_name(found)[f"host:{A}.live"].used == 1, "who waits takes nothing"


def test_costs_of_a_kind_add_up() -> None:
    bench = Bench()
    bench.policy = replace(bench.policy, limits=Limits(pool=128))
    book(
        bench,
        ticket(bench, 1, standing=Standing.HOLDING, costs={"pool:images": 16}),
        ticket(bench, 2, standing=Standing.HOLDING, costs={"pool:images": 4}),
    )
    pool = by_name(slots(bench.doors()))["pool:images"]
    assert (pool.used, [taker.cost for taker in pool.takers]) == (20, [16, 4])
