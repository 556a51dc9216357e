"""Several threads, several processes, and a process that is killed: nothing is lost, nobody holds a lease twice."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from orchestrator.model.entry import Adopted, Closed
from orchestrator.model.run import RunId
from orchestrator.store import SqlStore
from tests.contract.store_contract import G1, SAMPLE, T0, holder, run, ticket

LONG = 1000.0
CHECKOUT = Path(__file__).parents[3]

PRELUDE = """
import json, sys
from datetime import UTC, datetime
from orchestrator.model.entry import Adopted, Closed
from orchestrator.model.guest import GuestId
from orchestrator.model.ledger import Ticket
from orchestrator.model.lease import Fence
from orchestrator.model.run import Holder, RunId
from orchestrator.store import SqlStore
store = SqlStore("sqlite:///" + sys.argv[1])
me = Holder(controller="c", boot_id="b", pid=int(sys.argv[2]), started=1)
now = datetime(2026, 11, 21, tzinfo=UTC)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "ferry.db"


def store_at(path: Path) -> SqlStore:
    return SqlStore(f"sqlite:///{path}")


def spawn(program: str, path: Path, number: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + program, str(path), str(number)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=CHECKOUT,
    )


def told(processes: "list[subprocess.Popen[str]]") -> list[list[int]]:
    answers = [process.communicate(timeout=120)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(answer) for answer in answers]


def test_many_processes_make_one_store(path: Path) -> None:
    program = 'print(json.dumps([store.take("x", me, lasts=0).number]))'
    numbers = told([spawn(program, path, n) for n in range(6)])
    assert sorted(numbers) == [[1], [2], [3], [4], [5], [6]]


def test_two_processes_never_hold_one_fence_nor_book_on_one_version(path: Path) -> None:
    program = """
got, booked = [], 0
while len(got) < 40:
    fence = store.take("x", me, lasts=60)
    if isinstance(fence, Fence):
        ledger = store.ledger()
        skips = ledger.tickets[0].skips + 1 if ledger.tickets else 1
        claim = Ticket(run=RunId("r"), guest=GuestId("g"), name="n", costs={}, since=now, skips=skips)
        assert store.book(put=[claim], drop=[], if_version=ledger.version, fence=fence)
        got.append(fence.number)
        store.release(fence)
print(json.dumps(got))
"""
    first, second = told([spawn(program, path, 1), spawn(program, path, 2)])
    assert sorted(first + second) == list(range(1, 81))
    assert (first, second) == (sorted(first), sorted(second))
    ledger = store_at(path).ledger()
    assert (ledger.version, [t.skips for t in ledger.tickets]) == (80, [80])


def test_of_two_bookings_on_one_version_one_wins(path: Path) -> None:
    program = """
fence = store.take("mine" + sys.argv[2], me, lasts=60)
won = 0
while won < 30:
    ledger = store.ledger()
    skips = ledger.tickets[0].skips + 1 if ledger.tickets else 1
    claim = Ticket(run=RunId("r"), guest=GuestId("g"), name="n", costs={}, since=now, skips=skips)
    won += store.book(put=[claim], drop=[], if_version=ledger.version, fence=fence)
print(json.dumps([won]))
"""
    assert told([spawn(program, path, 1), spawn(program, path, 2)]) == [[30], [30]]
    ledger = store_at(path).ledger()
    assert (ledger.version, [t.skips for t in ledger.tickets]) == (60, [60])


def test_what_was_acknowledged_survives_a_kill(path: Path) -> None:
    store = store_at(path)
    fence = store.open_run(run("r"), holder(1), lasts=LONG)
    program = """
fence = Fence(name="r", number=1)
while True:
    print(store.append(RunId("r"), Adopted(by="x" * 500), at=now, fence=fence), flush=True)
"""
    process = spawn(program, path, 1)
    assert process.stdout is not None
    acknowledged = [int(process.stdout.readline()) for _ in range(50)]
    process.send_signal(signal.SIGKILL)
    acknowledged += [int(line) for line in process.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    process.wait()
    kept = [e.seq for e in store_at(path).entries(RunId("r"))]
    assert acknowledged == list(range(1, len(acknowledged) + 1))
    # One more may have been written and not yet acknowledged; never one less.
    assert kept[: len(acknowledged)] == acknowledged
    assert len(kept) - len(acknowledged) in (0, 1)
    assert store.append(RunId("r"), Closed(exit_code=0), at=T0, fence=fence) == len(kept) + 1


def test_threads_share_one_store(path: Path) -> None:
    store = store_at(path)
    fence = store.open_run(run("r"), holder(), lasts=LONG)
    failures: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for _ in range(20):
                store.append(RunId("r"), Adopted(by=f"thread {number}"), at=T0, fence=fence)
                store.keep_sample(RunId("r"), G1, SAMPLE, at=T0)
                assert store.lease("r") is not None
                store.renew(fence, lasts=LONG)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert [e.seq for e in store.entries(RunId("r"))] == list(range(1, 161))
    assert len(store.samples(RunId("r"), G1)) == 160
    assert store.book(put=[ticket("r")], drop=[], if_version=0, fence=fence)
