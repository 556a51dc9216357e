"""A run obeys within a second, wakes whom an order concerns, and keeps what its moves have taught."""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.engine.runner import Runner
from orchestrator.engine.stop import Stop
from orchestrator.engine.tickets import Tickets
from orchestrator.engine.tools import Outside, Works
from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.terms import Level
from orchestrator.model.cordon import Cordon
from orchestrator.model.entry import Ended, Ordered
from orchestrator.model.move import Outcome, State
from orchestrator.model.offer import Crossing
from orchestrator.model.order import Order
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.run import RunId
from orchestrator.model.settings import Settings
from orchestrator.model.traffic import Traffic
from orchestrator.operations.limiting import rules
from orchestrator.simulator.clock import SimClock, SimLoop
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, G2, MOVE, SAMPLE, T0, A, B, holder, run

R = RunId("r")
LONG = 1000.0
MOVES = tuple(replace(MOVE, guest=guest, name=f"guest-{guest[-1]}") for guest in (G1, G2))


class Counting:
    """A store whose calls are counted."""

    def __init__(self, store):
        self._store, self.calls = store, Counter()

    def __getattr__(self, name):
        self.calls[name] += 1
        return getattr(self._store, name)


@dataclass
class Copy:
    """In place of a driver: goes on until it is told to abort, or its time has come; remembers when it was stepped."""

    record: MoveRecord
    bench: "Bench"
    lasts: float
    stepped: list[float] = field(default_factory=list)

    @property
    def outcome(self):
        return self.record.outcome

    def step(self):
        now = self.bench.clock.ticks()
        self.stepped.append(now)
        aborted = self.bench.orders.terms(self.bench.policy, self.record.move.guest).level is Level.ABORT
        if aborted or now >= self.lasts:
            state, where = (State.KEPT, A) if aborted else (State.MIGRATED, B)
            code = "migration.cancelled" if aborted else None
            outcome = Outcome(
                guest=self.record.move.guest, state=state, where=where, because="so", code=code, handover_ms=80
            )
            self.record = replace(self.record, outcome=outcome, state=state)
            self.bench.journal.append(Ended(guest=outcome.guest, outcome=outcome))
            return None
        return LONG


class Quiet:
    """A host on which nobody moves anything."""

    def traffic(self, *, within):
        return Traffic()


class Bench:
    """One run of two moves over a real store, with time that passes only when the loop says so."""

    def __init__(self, store, *, live=2, lasts=30.0):
        self.store = Counting(store)
        self.policy = Policy(name="test", limits=Limits(live=live))
        self.run = replace(run("r"), moves=MOVES, policy=self.policy)
        self.clock = SimClock()
        self.loop = SimLoop(self.clock)
        self.journal = Journal(R, store.open_run(self.run, holder(), lasts=LONG), self.store, self.clock, ())
        self.stop = Stop()
        self.orders = Orders(self.stop)
        self.copies = {}
        self.lasts = lasts
        records = [MoveRecord(move=move) for move in MOVES]
        works = Works(store=self.store, clock=self.clock, loop=self.loop)
        hosts = Quiet()
        outside = Outside(
            hypervisor=lambda _host: hosts, figures=lambda _host: {}, dead=lambda _held: False, holder=holder()
        )
        settings = Settings(file="", hosts={}, networks={}, store="", policy=self.policy)
        tickets = Tickets(self.run, self.journal, rules(settings, self.run, ()), works=works, outside=outside)
        self.runner = Runner(
            self.run, records, journal=self.journal, works=works, orders=self.orders, tickets=tickets,
            driver=self.driver,
        )  # fmt: skip

    def driver(self, record):
        return self.copies.setdefault(record.move.guest, Copy(record, self, self.lasts))

    def at(self, seconds, do):
        """Have something done at that moment, by another process so to speak."""
        due = iter([seconds])

        def step():
            wait = next(due, None)
            if wait is None:
                do()
            return wait

        self.loop.add(f"at {seconds}", step)

    def go(self):
        self.loop.add(self.runner.key, self.runner.step)
        self.loop.run()
        entries = self.store.entries(R)
        return {e.entry.guest: e.entry.outcome for e in entries if isinstance(e.entry, Ended)}


@pytest.fixture
def store(tmp_path):
    made = SqlStore(f"sqlite:///{tmp_path}/ferry.db")
    yield made
    made.close()


def order(bench, kind, guest=None):
    return lambda: bench.store.order(R, Order(kind=kind, by="ada on ctl1", guest=guest), at=T0)


def test_an_order_for_one_guest_reaches_its_driver_within_half_a_second_and_no_other(store):
    bench = Bench(store)
    bench.lasts = LONG
    bench.at(5.05, order(bench, "abort", G1))
    bench.at(20.0, order(bench, "abort"))
    outcomes = bench.go()
    first, second = bench.copies[G1].stepped, bench.copies[G2].stepped
    assert 5.05 <= first[-1] <= 5.45
    assert [at for at in second if at < 20.0] == second[:1], "the other one was not woken"
    assert {o.code for o in outcomes.values()} == {"migration.cancelled"}
    assert [e.entry.queued for e in store.entries(R) if isinstance(e.entry, Ordered)] == [1, 2]


def test_the_queue_is_looked_at_often_and_the_ledger_seldom(store):
    bench = Bench(store, lasts=LONG)
    bench.at(60.0, order(bench, "abort"))
    bench.go()
    assert 60 / 0.4 <= bench.store.calls["orders"] <= 60 / 0.25
    assert bench.store.calls["ledger"] <= 2 * 60 + 10


def test_one_guest_that_waits_is_ended_by_its_own_order_and_the_other_goes_on(store):
    bench = Bench(store, live=1)
    bench.at(5.0, order(bench, "abort", G2))
    outcomes = bench.go()
    assert outcomes[G1].state is State.MIGRATED
    assert (outcomes[G2].state, outcomes[G2].because) == (State.KEPT, "stopped by ada on ctl1 before it began")
    assert set(bench.copies) == {G1}
    assert bench.runner.exit_code == 1, "the run as a whole was not stopped"


def test_a_stopped_run_begins_nothing_more_and_lets_copies_end(store):
    bench = Bench(store, live=1)
    bench.at(5.0, order(bench, "stop"))
    outcomes = bench.go()
    assert [outcomes[g].state for g in (G1, G2)] == [State.MIGRATED, State.KEPT]
    assert bench.runner.exit_code == 130


def test_a_signal_wakes_the_run_as_ever(store):
    bench = Bench(store, lasts=LONG)
    bench.orders.on_change(lambda: bench.loop.poke(bench.runner.key))
    bench.at(5.01, lambda: (bench.stop.more("Ctrl-C"), bench.stop.more("Ctrl-C")))
    bench.go()
    assert [copy.stepped[-1] for copy in bench.copies.values()] == [5.01, 5.01]


def test_a_slot_that_is_given_back_is_used_at_once(store):
    bench = Bench(store, live=1)
    bench.go()
    assert bench.copies[G2].stepped[0] == pytest.approx(LONG), "as soon as the first driver has ended"


def cordon(bench, **changes):
    put = Cordon(host=MOVE.destination, by="ada on ctl1", at=T0, because="a new mainboard")
    return lambda: bench.store.keep_cordon(replace(put, **changes))


def test_a_move_that_waited_is_not_begun_towards_a_host_that_was_cordoned_meanwhile(store):
    bench = Bench(store, live=1)
    bench.at(5.0, cordon(bench))
    outcomes = bench.go()
    assert outcomes[G1].state is State.MIGRATED, "what has begun goes on"
    assert (outcomes[G2].state, outcomes[G2].where, outcomes[G2].code) == (State.KEPT, A, "host.cordoned")
    assert "cordoned since 2026-11-21 04:12 UTC by ada on ctl1: a new mainboard" in outcomes[G2].because
    assert set(bench.copies) == {G1}
    assert bench.runner.exit_code == 1
    assert store.ledger().tickets == (), "its ticket is given back"


def test_moves_of_which_none_may_begin_leave_nothing_in_the_ledger(store):
    bench = Bench(store)
    cordon(bench)()
    outcomes = bench.go()
    assert {o.code for o in outcomes.values()} == {"host.cordoned"}
    assert (bench.copies, store.ledger().tickets) == ({}, ())


def test_a_cordon_of_the_source_keeps_no_guest_from_leaving(store):
    bench = Bench(store)
    cordon(bench, host=MOVE.source)()
    assert {o.state for o in bench.go().values()} == {State.MIGRATED}


@pytest.mark.parametrize(("cap", "best"), [(None, 60_000_000), (7_000_000, None)])
def test_what_a_move_taught_is_kept_and_a_capped_copy_says_nothing_of_the_link(store, cap, best):
    bench = Bench(store)
    for seconds, sent in enumerate((0, 60_000_000, 120_000_000, 130_000_000)):
        sample = replace(SAMPLE, processed_bytes=sent, round=1)
        store.keep_sample(R, G1, sample, at=T0 + timedelta(seconds=seconds))
    made, way = bench.driver, MOVE.transport
    bench.runner._new_driver = lambda record: made(replace(record, transport=way, bandwidth_bytes_per_second=cap))
    bench.lasts = 0.0
    bench.go()
    assert store.crossing(A, B) == Crossing(handover_ms=80, bytes_per_second=best)
    assert store.crossing(B, A) == Crossing()


def test_a_move_that_failed_teaches_nothing(store):
    bench = Bench(store, lasts=LONG)
    bench.at(5.0, order(bench, "abort"))
    bench.go()
    assert store.crossing(A, B) == Crossing()


def test_a_store_that_takes_no_lesson_ends_no_run(store, monkeypatch):
    def fail(*_, **__):
        raise OrchestratorError.of("store.unavailable", "the disk is full", fix="df")

    monkeypatch.setattr(SqlStore, "keep_crossing", fail)
    outcomes = Bench(store, lasts=0.0).go()
    assert {outcome.state for outcome in outcomes.values()} == {State.MIGRATED}
    assert store.entries(R)[-1].entry.kind == "closed"
