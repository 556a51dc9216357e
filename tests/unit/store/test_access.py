"""A store that cannot be read or written says so in words, loses nothing, and is read wherever it can be."""

import os
import pickle
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Adopted
from orchestrator.model.lease import Fence
from orchestrator.model.run import RunId
from orchestrator.store import SqlStore, place, sqlite
from tests.contract.store_contract import G1, SAMPLE, T0, holder, refused, run

LONG = 1000.0
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def directory() -> Iterator[Path]:
    """A directory that every user may reach."""
    made = Path(tempfile.mkdtemp(prefix="ferry-store-"))
    made.chmod(0o755)
    yield made
    for path in (made, *made.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(made)


def store_at(path: Path) -> SqlStore:
    return SqlStore(f"sqlite:///{path}")


def filled(path: Path) -> Fence:
    store = store_at(path)
    fence = store.open_run(run("r"), holder(), lasts=LONG)
    store.append(RunId("r"), Adopted(by="x"), at=T0, fence=fence)
    store.close()
    return fence


def as_nobody(question: Callable[[], Any]) -> Any:
    """The answer, or the problem, as a user without rights sees it."""
    if os.geteuid() != 0:
        return _answer(question)
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
        os.write(writing, pickle.dumps(_answer(question)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pickle.loads(pipe.read())
    os.waitpid(child, 0)
    return answer


def unmount(directory: Path) -> None:
    """Leave no mount behind; one that is still in use is a connection that nobody has closed."""
    if subprocess.run(["umount", str(directory)], check=False).returncode != 0:
        subprocess.run(["umount", "--lazy", str(directory)], check=True)
        pytest.fail("the store still has the file open")


def _answer(question: Callable[[], Any]) -> Any:
    try:
        return question()
    except OrchestratorError as error:
        return [(p.code, p.saw, p.fix) for p in error.problems]


def test_the_file_is_nobody_elses(directory: Path) -> None:
    path = directory / "var" / "lib" / "ferry" / "ferry.db"
    before = os.umask(0)
    try:
        store = store_at(path)
        store.take("x", holder(), lasts=LONG)
    finally:
        os.umask(before)
    assert path.parent.stat().st_mode & 0o7777 == 0o700
    assert {f.name: f.stat().st_mode & 0o777 for f in path.parent.iterdir()} == {
        "ferry.db": 0o600,
        "ferry.db-wal": 0o600,
        "ferry.db-shm": 0o600,
    }


@needs_root
def test_where_there_is_a_group_ferry_its_members_share_the_store(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, "_group", lambda: NOBODY)
    path = directory / "ferry" / "ferry.db"
    store = store_at(path)
    store.take("x", holder(), lasts=LONG)
    assert path.parent.stat().st_mode & 0o7777 == 0o2770
    assert {(f.stat().st_mode & 0o777, f.stat().st_gid) for f in path.parent.iterdir()} == {(0o660, NOBODY)}
    assert as_nobody(lambda: store_at(path).lease("x").number) == 1  # type: ignore[union-attr]
    taken = as_nobody(lambda: store_at(path).take("y", holder(), lasts=LONG))
    assert taken == Fence(name="y", number=1)
    assert store.lease("y") is not None


def test_a_read_only_file_is_read_and_not_written(directory: Path) -> None:
    path = directory / "ferry.db"
    fence = filled(path)
    path.chmod(0o444)
    directory.chmod(0o555)
    assert as_nobody(lambda: [r.id for r in store_at(path).runs(unfinished=True)]) == ["r"]
    [(code, saw, fix)] = as_nobody(lambda: store_at(path).renew(fence, lasts=1))
    assert code == "store.unavailable"
    assert str(path.parent) in saw
    assert "Permission denied" in saw
    assert "ls -l" in fix
    assert len(store_at(path).entries(RunId("r"))) == 1


def test_after_reading_a_read_only_file_the_same_store_still_refuses_to_write(directory: Path) -> None:
    path = directory / "ferry.db"
    filled(path)
    path.chmod(0o444)
    directory.chmod(0o555)

    def both() -> Any:
        store = store_at(path)
        assert len(store.runs()) == 1
        return store.take("x", holder(), lasts=1)

    assert as_nobody(both)[0][0] == "store.unavailable"


def test_what_still_lies_in_the_log_is_never_overlooked(directory: Path) -> None:
    """A writer at work elsewhere: a reader without rights sees all of it, or says that it cannot."""
    path = directory / "ferry.db"
    store = store_at(path)
    store.open_run(run("r"), holder(), lasts=LONG)  # not closed: the log beside the file holds this run
    for file in directory.iterdir():
        file.chmod(0o444)
    directory.chmod(0o555)
    seen = as_nobody(lambda: [r.id for r in store_at(path).runs()])
    assert seen == ["r"] or seen[0][0] == "store.unavailable"


def test_a_copy_with_its_log_in_a_place_that_cannot_be_written_is_not_half_read(directory: Path) -> None:
    store = store_at(directory / "original" / "ferry.db")
    store.open_run(run("r"), holder(), lasts=LONG)
    copy = directory / "copy"
    copy.mkdir()
    for name in ("ferry.db", "ferry.db-wal"):
        shutil.copy(directory / "original" / name, copy / name)
        (copy / name).chmod(0o444)
    copy.chmod(0o555)
    [(code, _, _)] = as_nobody(lambda: store_at(copy / "ferry.db").runs())
    assert code == "store.unavailable"


def test_a_store_that_may_not_be_read_at_all(directory: Path) -> None:
    path = directory / "ferry.db"
    filled(path)
    path.chmod(0o000)
    [(code, saw, _)] = as_nobody(lambda: store_at(path).runs())
    assert (code, "Permission denied" in saw, str(path) in saw) == ("store.unavailable", True, True)


@pytest.mark.parametrize("act", ["runs", "take"])
def test_a_directory_that_may_not_be_entered(directory: Path, act: str) -> None:
    (directory / "private").mkdir(mode=0o700)
    path = directory / "private" / "ferry.db"
    filled(path)

    def ask() -> Any:
        store = store_at(path)
        return store.runs() if act == "runs" else store.take("x", holder(), lasts=1)

    [(code, saw, _)] = as_nobody(ask)
    assert (code, "Permission denied" in saw) == ("store.unavailable", True)


def test_a_directory_that_cannot_be_made(directory: Path) -> None:
    (directory / "file").touch()
    with refused("store.unavailable") as caught:
        store_at(directory / "file" / "ferry.db").take("x", holder(), lasts=1)
    assert "Not a directory" in caught.value.problems[0].saw


@pytest.mark.parametrize("act", ["runs", "take"])
def test_a_directory_in_place_of_the_file(directory: Path, act: str) -> None:
    store = store_at(directory)
    with refused("store.unavailable") as caught:
        store.runs() if act == "runs" else store.take("x", holder(), lasts=1)
    assert "directory" in caught.value.problems[0].saw.lower()


def test_a_process_that_holds_the_file_is_waited_for_and_then_told(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "_BUSY_SECONDS", 0.2)
    path = directory / "ferry.db"
    filled(path)
    hanging = sqlite3.connect(path, isolation_level=None)
    hanging.execute("BEGIN IMMEDIATE")
    store = store_at(path)
    assert len(store.runs()) == 1
    with refused("store.unavailable") as caught:
        store.take("x", holder(), lasts=1)
    assert "locked" in caught.value.problems[0].saw
    store.keep_sample(RunId("r"), G1, SAMPLE, at=T0)  # lost, and no reason to stop a move
    hanging.execute("ROLLBACK")
    assert store.take("x", holder(), lasts=1) == Fence(name="x", number=1)
    assert store.samples(RunId("r"), G1) == ()
    hanging.close()


def test_only_one_process_at_a_time_prepares_the_file(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SQLite answers `locked` at once, without waiting, when two processes switch one file to its log together."""
    monkeypatch.setattr(place, "_PATIENCE", 0.2)
    store = store_at(directory / "ferry.db")
    with place.alone(directory / "ferry.db"):
        with refused("store.unavailable") as caught:
            store.take("x", holder(), lasts=1)
        assert "preparing" in caught.value.problems[0].saw
    assert store.take("x", holder(), lasts=1) == Fence(name="x", number=1)


@needs_root
def test_a_full_disk_is_told_and_nothing_written_before_is_lost(directory: Path) -> None:
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "ferry-test", str(directory)], check=False)
    if mounted.returncode != 0:
        pytest.skip("no right to mount")
    path = directory / "ferry.db"
    store = store_at(path)
    try:
        fence = store.open_run(run("r"), holder(), lasts=LONG)
        written = 0
        with refused("store.unavailable") as caught:
            for written in range(1000):  # noqa: B007
                store.append(RunId("r"), Adopted(by="x" * 2000), at=T0, fence=fence)
        assert "No space left" in caught.value.problems[0].saw
        assert "df -h" in caught.value.problems[0].fix
        assert len(store.entries(RunId("r"))) == written
    finally:
        store.close()
        unmount(directory)


@needs_root
def test_a_read_only_file_system_is_read(directory: Path) -> None:
    path = directory / "mnt" / "ferry.db"
    path.parent.mkdir()
    filled(path)
    options = ["mount", "--bind", "-o", "ro", str(path.parent), str(path.parent)]
    if subprocess.run(options, check=False).returncode != 0:
        pytest.skip("no right to mount")
    store = store_at(path)
    try:
        assert len(store.entries(RunId("r"))) == 1
        with refused("store.unavailable") as caught:
            store.take("x", holder(), lasts=1)
        assert "Read-only file system" in caught.value.problems[0].saw
    finally:
        store.close()
        unmount(path.parent)
