"""Entries are written before they are told, beside a store that is away; a sample is worth no more than itself."""

import shutil
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import pytest

from orchestrator.engine import journal as room
from orchestrator.engine.bring_in import bring_in_left
from orchestrator.engine.clock import SystemClock
from orchestrator.engine.journal import TRY_AGAIN, Journal
from orchestrator.engine.spill import FileSpill
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import Cancel
from orchestrator.model.effect import Done
from orchestrator.model.entry import Adopted, Happened, Intent, Recorded, Seen, Seq
from orchestrator.model.event import Progress
from orchestrator.model.lease import Fence
from orchestrator.model.move import State
from orchestrator.model.run import RunId
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.spill import MemorySpill
from orchestrator.simulator.store import MemoryStore
from orchestrator.simulator.store_outage import FailingStore, Outage
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, LONG, SAMPLE, A, holder, run

R = RunId("r")
INTENT = Intent(guest=G1, host=A, command=Cancel(guest=G1), because="ordered")


class Full(MemoryStore):
    """A store that takes no sample."""

    def keep_sample(self, *_given: Any, **_named: Any) -> None:
        raise OrchestratorError.of("store.unavailable", "the disk is full")


class Heard:
    """A view that remembers."""

    def __init__(self) -> None:
        self.told: list[Any] = []
        self.emit: Callable[[Any], None] = self.told.append


def happened(intent: int) -> Happened:
    return Happened(guest=G1, host=A, intent=Seq(intent), effect=Done())


def seen(state: State) -> Seen:
    return Seen(guest=G1, state=state, because="so")


def test_a_sample_that_cannot_be_kept_is_shown_all_the_same() -> None:
    clock, heard = SimClock(), Heard()
    store = Full(clock.ticks)
    fence = store.open_run(run("r"), holder(), lasts=LONG)
    Journal(R, fence, cast(Any, store), clock, [cast(Any, heard)]).progress(G1, SAMPLE)
    (told,) = heard.told
    assert isinstance(told, Progress) and told.sample == SAMPLE


class Bench:
    """A journal whose store a test can take away."""

    def __init__(self) -> None:
        self.clock, self.heard, self.spill = SimClock(), Heard(), MemorySpill()
        self.store = MemoryStore(self.clock.ticks)
        self.fence = self.store.open_run(run("r"), holder(), lasts=LONG)
        self.outages: list[Outage] = []
        self.calls: list[float] = []
        failing = FailingStore(self.store, self.ticks, self.outages)
        self.journal = Journal(
            R, self.fence, cast(Any, failing), self.clock, [cast(Any, self.heard)], cast(Any, self.spill)
        )

    def ticks(self) -> float:
        self.calls.append(self.clock.ticks())
        return self.clock.ticks()

    def away(self, lasts: float, *, answers_lost: bool = False) -> None:
        now = self.clock.ticks()
        self.outages.append(Outage(begins=now, ends=now + lasts, answers_lost=answers_lost))

    def later(self, seconds: float) -> bool:
        self.clock.advance_to(self.clock.ticks() + seconds)
        return self.journal.store_answers(lasts=LONG)

    @property
    def kept(self) -> list[Any]:
        return [e.entry for e in self.store.entries(R)]


def test_entries_have_provisional_numbers_meanwhile_and_right_ones_afterwards() -> None:
    bench = Bench()
    first = bench.journal.write(seen(State.WAITING))
    bench.away(10.0)
    intent = bench.journal.write(INTENT)
    answer = bench.journal.write(happened(intent.seq))
    assert not bench.later(0.1)
    open_intent = bench.journal.write(INTENT)
    assert (first.seq, intent.seq, answer.seq, open_intent.seq) == (1, -1, -2, -3)
    assert bench.kept == [seen(State.WAITING)]
    assert bench.later(10.0)
    last = bench.journal.write(happened(open_intent.seq))
    assert last.seq == 5
    assert bench.kept == [seen(State.WAITING), INTENT, happened(2), INTENT, happened(4)]
    assert [e.seq for e in bench.heard.told] == [1, -1, -2, -3, 5], "a view is told once"
    assert bench.spill.waiting() == []


def test_a_second_outage_knows_the_numbers_of_the_first() -> None:
    bench = Bench()
    bench.away(2.0)
    intent = bench.journal.write(INTENT)
    assert bench.later(2.0)
    bench.away(2.0)
    bench.journal.write(happened(intent.seq))
    assert bench.later(2.0)
    assert bench.kept == [INTENT, happened(1)]


@pytest.mark.parametrize("answers_lost", [False, True])
def test_what_arrived_without_an_answer_is_there_once(answers_lost: bool) -> None:
    bench = Bench()
    bench.away(1.0, answers_lost=answers_lost)
    bench.journal.write(INTENT)
    assert len(bench.kept) == answers_lost
    assert bench.later(2.0)
    assert bench.kept == [INTENT]


def test_a_store_that_is_away_is_asked_every_other_second_and_by_nobody_else() -> None:
    bench = Bench()
    bench.away(100.0)
    bench.journal.write(INTENT)
    bench.calls.clear()
    for _ in range(100):
        bench.journal.write(seen(State.PRECOPY))
        bench.journal.progress(G1, SAMPLE)
        assert not bench.later(0.1)
    assert len(bench.calls) == 4, bench.calls
    assert all(b - a >= TRY_AGAIN for a, b in pairwise(bench.calls))


def test_what_needs_the_store_itself_is_not_written_beside_it() -> None:
    bench = Bench()
    bench.away(1.0)
    for _ in range(2):
        with pytest.raises(OrchestratorError, match=r"store\.unavailable"):
            bench.journal.append(INTENT)
    assert bench.spill.waiting() == []
    assert bench.heard.told == []


def test_a_full_disk_is_told_and_nothing_is_shown_as_written() -> None:
    bench = Bench()
    bench.away(1.0)
    bench.spill.full = True
    with pytest.raises(OrchestratorError, match="No space left"):
        bench.journal.write(INTENT)
    assert bench.heard.told == []
    bench.spill.full = False
    assert bench.journal.write(INTENT).seq == -1


def test_a_run_that_was_taken_over_imports_nothing_and_names_the_file() -> None:
    bench = Bench()
    bench.away(5.0)
    bench.journal.write(INTENT)
    bench.store.take("r", holder(2), lasts=LONG, instead_of=bench.store.lease("r"))
    with pytest.raises(OrchestratorError, match=r"fence-lost.*spill/r\.1\.jsonl"):
        bench.later(5.0)
    assert bench.kept == []
    assert bench.spill.waiting() == [bench.fence]


@pytest.mark.parametrize("adopted", [False, True])
def test_left_entries_are_imported_unless_another_process_has_written_since(adopted: bool) -> None:
    bench = Bench()
    bench.journal.write(seen(State.PREPARING))
    bench.away(1e9)
    bench.journal.write(INTENT)
    bench.journal.write(happened(-1))
    fence = bench.store.take("r", holder(2), lasts=LONG, instead_of=bench.store.lease("r"))
    assert isinstance(fence, Fence)
    if adopted:
        bench.store.append(R, Adopted(by="bob"), at=bench.clock.now(), fence=fence)
    bring_in_left(cast(Any, bench.store), cast(Any, bench.spill), fence)
    bring_in_left(cast(Any, bench.store), cast(Any, bench.spill), fence)
    since = [Adopted(by="bob")] if adopted else [INTENT, happened(2)]
    assert bench.kept == [seen(State.PREPARING), *since]
    assert bench.spill.waiting() == []
    assert bool(bench.spill.late) is adopted


def test_a_process_that_died_behind_its_import_leaves_nothing_twice_even_after_an_adoption() -> None:
    bench = Bench()
    bench.away(1.0)
    bench.journal.write(INTENT)
    bench.journal.write(happened(-1))
    kept = bench.spill.read(bench.fence)
    assert bench.later(2.0)
    for one in kept:  # it died before it could drop them
        bench.spill.add(bench.fence, one)
    fence = bench.store.take("r", holder(2), lasts=LONG, instead_of=bench.store.lease("r"))
    assert isinstance(fence, Fence)
    bench.store.append(R, Adopted(by="bob"), at=bench.clock.now(), fence=fence)
    bring_in_left(cast(Any, bench.store), cast(Any, bench.spill), fence)
    assert bench.kept == [INTENT, happened(1), Adopted(by="bob")]
    assert bench.spill.late == {}
    assert bench.spill.waiting() == []


class TestSqlite:
    """The real store, really made unavailable, and real files beside it."""

    @pytest.fixture
    def place(self, tmp_path: Path) -> Path:
        return tmp_path / "store"

    @pytest.fixture
    def store(self, place: Path) -> Iterator[SqlStore]:
        made = SqlStore(f"sqlite:///{place}/ferry.db")
        yield made
        made.close()

    def journal(self, store: SqlStore, spill: Path) -> Journal:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        return Journal(R, fence, store, SystemClock(), (), FileSpill(spill))

    @pytest.fixture(autouse=True)
    def soon(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(room, "TRY_AGAIN", 0.0)

    def test_a_locked_file_delays_one_write_and_no_other(self, place: Path, store: SqlStore) -> None:
        journal = self.journal(store, place / "spill")
        other = sqlite3.connect(place / "ferry.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        intent = journal.write(INTENT)
        begun = time.monotonic()
        answer = journal.write(happened(intent.seq))
        assert time.monotonic() - begun < 0.5
        assert (intent.seq, answer.seq) == (-1, -2)
        other.execute("ROLLBACK")
        other.close()
        assert journal.store_answers(lasts=LONG)
        assert [e.entry for e in store.entries(R)] == [INTENT, happened(1)]
        assert store.entries(R)[0].at == intent.at

    def test_a_directory_that_is_gone_and_comes_back(self, place: Path, store: SqlStore, tmp_path: Path) -> None:
        journal = self.journal(store, tmp_path / "spill")
        journal.write(seen(State.PREPARING))
        store.close()
        shutil.move(place, tmp_path / "elsewhere")
        place.write_text("")  # where the directory was is something else
        journal.write(INTENT)
        assert not journal.store_answers(lasts=LONG)
        place.unlink()
        shutil.move(tmp_path / "elsewhere", place)
        assert journal.store_answers(lasts=LONG)
        assert [e.entry for e in store.entries(R)] == [seen(State.PREPARING), INTENT]

    def test_many_threads_lose_nothing_and_keep_each_its_order(self, place: Path, store: SqlStore) -> None:
        outages: list[Outage] = []
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        failing = FailingStore(store, time.monotonic, outages)
        journal = Journal(R, fence, cast(Any, failing), SystemClock(), (), FileSpill(place / "spill"))
        ended = threading.Event()

        def drive(name: str) -> None:
            for number in range(20):
                intent = journal.write(Intent(guest=G1, host=A, command=Cancel(guest=G1), because=f"{name} {number}"))
                journal.write(happened(intent.seq))

        def come_and_go() -> None:
            while not ended.wait(0.02):
                now = time.monotonic()
                outages[:] = [Outage(begins=now, ends=now + 0.02)]
                time.sleep(0.03)
                journal.store_answers(lasts=LONG)

        flicker = threading.Thread(target=come_and_go)
        drivers = [threading.Thread(target=drive, args=(name,)) for name in "abc"]
        for thread in (flicker, *drivers):
            thread.start()
        for thread in drivers:
            thread.join()
        ended.set()
        flicker.join()
        outages.clear()
        assert journal.store_answers(lasts=LONG)
        self.judge(store.entries(R))

    def judge(self, entries: Any) -> None:
        by_number: dict[int, Recorded] = {e.seq: e for e in entries}
        intents = [e.entry.because for e in entries if isinstance(e.entry, Intent)]
        for name in "abc":
            assert [i for i in intents if i.startswith(name)] == [f"{name} {n}" for n in range(20)]
        answered = [e.entry.intent for e in entries if isinstance(e.entry, Happened)]
        assert len(answered) == len(set(answered)) == 60
        assert all(isinstance(by_number[n].entry, Intent) for n in answered)
