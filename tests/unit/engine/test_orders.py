"""What a run takes as ordered: signals and the queue, each once, refused where it is too late."""

from dataclasses import replace

import pytest

from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.terms import Level
from orchestrator.model.entry import Ordered
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Outcome, State
from orchestrator.model.order import Change, Order
from orchestrator.model.policy import Policy
from orchestrator.model.run import RunId
from orchestrator.model.units import BytesPerSecond
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.spill import MemorySpill
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, G2, MOVE, T0, holder, refused, run

R = RunId("r")
POLICY = Policy(name="test", bandwidth=BytesPerSecond.parse("400Mbit"))
GOING = MoveRecord(move=MOVE)
OVER = replace(
    GOING, outcome=Outcome(guest=G1, state=State.MIGRATED, where=MOVE.destination, because="both hosts agree")
)
ABORT = Order(kind="abort", by="ada on ctl1", guest=G1)


@pytest.fixture
def store(tmp_path):
    made = SqlStore(f"sqlite:///{tmp_path}/ferry.db")
    yield made
    made.close()


@pytest.fixture
def journal(store):
    return Journal(R, store.open_run(run("r"), holder(), lasts=1000.0), store, SimClock(), (), MemorySpill())


def on_record(store) -> list[Ordered]:
    return [e.entry for e in store.entries(R) if isinstance(e.entry, Ordered)]


def test_a_signal_is_taken_once_at_each_level(store, journal):
    stop = Stop()
    orders = Orders(stop)
    assert orders.take(store, journal, {G1: GOING}) == ()
    stop.more("Ctrl-C")
    orders.take(store, journal, {G1: GOING})
    orders.take(store, journal, {G1: GOING})
    assert (orders.level, on_record(store)) == (Level.STOP, [Ordered(order="stop", by="Ctrl-C")])
    stop.more("Ctrl-C")
    orders.take(store, journal, {G1: GOING})
    assert orders.level is Level.ABORT
    assert [o.order for o in on_record(store)] == ["stop", "abort"]


def test_a_signal_below_what_is_ordered_already_adds_nothing(store, journal):
    stop = Stop()
    orders = Orders(stop, (Ordered(order="abort", by="ada"),))
    stop.more("Ctrl-C")
    assert orders.take(store, journal, {G1: GOING}) == ()


def test_an_order_is_taken_as_it_was_given(store, journal):
    change = Change(bandwidth_bytes_per_second=0, downtime_ms=200, max_duration_ms=60_000, postcopy=True)
    number = store.order(R, Order(kind="set", by="ada on ctl1", guest=G1, change=change), at=T0)
    other = store.order(R, Order(kind="stop", by="bob"), at=T0)
    orders = Orders(Stop())
    taken = orders.take(store, journal, {G1: GOING})
    assert taken == (
        Ordered(order="set", by="ada on ctl1", guest=G1, change=change, queued=number),
        Ordered(order="stop", by="bob", queued=other),
    )
    assert orders.on_record == taken
    assert on_record(store) == list(taken)


def test_no_order_is_taken_twice_by_this_process_or_its_successor(store, journal):
    store.order(R, ABORT, at=T0)
    first = Orders(Stop())
    assert len(first.take(store, journal, {G1: GOING})) == 1
    assert first.take(store, journal, {G1: GOING}) == ()
    successor = Orders(Stop(), on_record(store))
    assert successor.take(store, journal, {G1: GOING}) == ()
    later = store.order(R, ABORT, at=T0)
    assert [o.queued for o in successor.take(store, journal, {G1: GOING})] == [later]


@pytest.mark.parametrize(
    ("order", "records", "why"),
    [
        (ABORT, {G2: GOING}, "does not move this guest"),
        (ABORT, {G1: OVER}, "its move is over: migrated, both hosts agree"),
        (replace(ABORT, guest=None), {G1: OVER}, "every move of the run has its verdict"),
        (replace(ABORT, kind="resolve", keep="source"), {G1: GOING}, "not held for a person"),
    ],
)
def test_what_cannot_be_obeyed_is_refused_in_the_journal_and_counts_nothing(store, journal, order, records, why):
    number = store.order(R, order, at=T0)
    orders = Orders(Stop())
    (taken,) = orders.take(store, journal, records)
    assert why in taken.refused
    assert taken.queued == number
    assert (orders.level, orders.terms(POLICY, G1).level) == (Level.GO, Level.GO)


def test_a_run_with_one_move_left_still_obeys(store, journal):
    store.order(R, replace(ABORT, guest=None), at=T0)
    (taken,) = Orders(Stop()).take(store, journal, {G1: OVER, G2: GOING})
    assert taken.refused is None


def test_an_order_for_one_guest_holds_for_that_guest_alone(store, journal):
    store.order(R, ABORT, at=T0)
    store.order(R, Order(kind="set", by="bob", guest=G2, change=Change(bandwidth_bytes_per_second=7)), at=T0)
    orders = Orders(Stop())
    orders.take(store, journal, {G1: GOING, G2: GOING})
    first, second = (orders.terms(POLICY, guest) for guest in (G1, G2))
    assert (first.level, first.by, first.bandwidth_bytes_per_second) == (Level.ABORT, "ada on ctl1", 50_000_000)
    assert (second.level, second.bandwidth_bytes_per_second) == (Level.GO, 7)
    assert orders.level is Level.GO, "the run as a whole goes on"


@pytest.mark.parametrize(("code", "borne"), [("store.unavailable", True), ("store.corrupt", False)])
def test_a_queue_that_is_away_for_a_moment_is_read_later(store, journal, monkeypatch, code, borne):
    store.order(R, ABORT, at=T0)
    stop = Stop()
    stop.more("Ctrl-C")
    orders = Orders(stop)

    def away(_run, *, after):
        raise OrchestratorError.of(code, "not now")

    monkeypatch.setattr(store, "orders", away)
    if not borne:
        with refused(code):
            orders.take(store, journal, {G1: GOING})
        return
    assert [o.by for o in orders.take(store, journal, {G1: GOING})] == ["Ctrl-C"], "a signal needs no queue"
    monkeypatch.undo()
    assert orders.take(store, journal, {G1: GOING}) == (), "a store that is away is not asked again here"
    journal._clock.advance_to(2.0)
    assert journal.store_answers(lasts=1000.0)
    assert [o.by for o in orders.take(store, journal, {G1: GOING})] == ["ada on ctl1"]
    assert [o.by for o in on_record(store)] == ["Ctrl-C", "ada on ctl1"]


def test_a_process_that_lost_its_lease_takes_no_order(store, journal):
    store.order(R, ABORT, at=T0)
    held = store.lease("r")
    store.take("r", holder(2), lasts=1000.0, instead_of=held)
    orders = Orders(Stop())
    with refused("store.fence-lost"):
        orders.take(store, journal, {G1: GOING})
    assert orders.on_record == ()
    assert GuestId(G1) == ABORT.guest
