"""What waits beside the store is whole, on the disk, shared as the store is, and gone once it was imported."""

import errno
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from orchestrator.engine.spill import FileSpill
from orchestrator.errors import OrchestratorError
from orchestrator.model.command import Cancel
from orchestrator.model.effect import Done
from orchestrator.model.entry import Happened, Intent, Seq
from orchestrator.model.lease import Fence
from orchestrator.model.spilled import Spilled
from tests.contract.store_contract import G1, A

FENCE = Fence(name="0412-a1", number=3)
T0 = datetime(2026, 11, 22, 4, 12, 0, 123456, tzinfo=UTC)
INTENT = Intent(guest=G1, host=A, command=Cancel(guest=G1), because="ordered\nto abort; ☃")
HAPPENED = Happened(guest=G1, host=A, intent=Seq(-1), effect=Done())


def spilled(number: int, entry: object = INTENT) -> Spilled:
    at = T0 + timedelta(microseconds=-number)
    return Spilled(number=Seq(number), after=Seq(7), at=at, entry=entry)  # type: ignore[arg-type]


FIRST, SECOND = spilled(-1), spilled(-2, HAPPENED)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "ferry" / "spill"


@pytest.fixture
def spill(directory: Path) -> FileSpill:
    return FileSpill(directory)


def test_what_was_added_is_read_by_another_process(spill: FileSpill, directory: Path) -> None:
    spill.add(FENCE, FIRST)
    spill.add(FENCE, SECOND)
    other = FileSpill(directory)
    assert other.waiting() == [FENCE]
    assert other.read(FENCE) == (FIRST, SECOND)
    assert len(Path(other.place(FENCE)).read_text().splitlines()) == 2, "one line each"


def test_nothing_waits_where_nothing_was_ever_spilled(spill: FileSpill, directory: Path) -> None:
    assert spill.waiting() == []
    spill.drop(FENCE)
    assert not directory.exists(), "looking makes no directory"


def test_processes_do_not_share_a_file_and_the_older_one_comes_first(spill: FileSpill) -> None:
    for number in (10, 9):
        spill.add(Fence(name="r", number=number), spilled(-number))
    assert [fence.number for fence in spill.waiting()] == [9, 10]
    assert spill.read(Fence(name="r", number=9)) == (spilled(-9),)


def test_a_line_that_a_crash_has_cut_off_is_left_out_and_never_glued_to_the_next(spill: FileSpill) -> None:
    spill.add(FENCE, FIRST)
    path = Path(spill.place(FENCE))
    path.write_bytes(path.read_bytes() + b'{"number":-2,"after":7,"at":"2026-')
    assert spill.read(FENCE) == (FIRST,)
    spill.add(FENCE, SECOND)
    assert spill.read(FENCE) == (FIRST, SECOND)


def test_a_damaged_line_among_whole_ones_is_told_and_nothing_is_removed(spill: FileSpill) -> None:
    spill.add(FENCE, FIRST)
    path = Path(spill.place(FENCE))
    path.write_bytes(b"\x00\xff garbage\n" + path.read_bytes())
    with pytest.raises(OrchestratorError, match=r"store\.corrupt.*0412-a1\.3\.jsonl"):
        spill.read(FENCE)
    assert spill.waiting() == [FENCE]


@pytest.mark.parametrize("partly", [0, 10])
def test_a_full_disk_leaves_the_whole_lines_and_nothing_else(
    spill: FileSpill, monkeypatch: pytest.MonkeyPatch, partly: int
) -> None:
    spill.add(FENCE, FIRST)
    before = Path(spill.place(FENCE)).read_bytes()
    write, calls = os.pwrite, []

    def full(handle: int, data: bytes, at: int) -> int:
        calls.append(at)
        if partly and len(calls) == 1:
            return write(handle, data[:partly], at)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(OrchestratorError, match=r"store\.unavailable.*No space left"):
        spill.add(FENCE, SECOND)
    monkeypatch.undo()
    assert Path(spill.place(FENCE)).read_bytes() == before
    spill.add(FENCE, SECOND)
    assert spill.read(FENCE) == (FIRST, SECOND)


def test_file_and_directory_are_on_the_disk_before_anything_is_done(
    spill: FileSpill, directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, sync = [], os.fsync
    monkeypatch.setattr(
        os, "fsync", lambda handle: (synced.append(str(Path(f"/proc/self/fd/{handle}").readlink())), sync(handle))
    )
    spill.add(FENCE, FIRST)
    assert synced == [str(directory.parent), spill.place(FENCE), str(directory)]


@pytest.mark.parametrize(("above", "mode"), [(0o2770, 0o2770), (0o700, 0o700)])
def test_the_directory_is_shared_as_the_one_above_is(spill: FileSpill, directory: Path, above: int, mode: int) -> None:
    directory.parent.mkdir()
    directory.parent.chmod(above)
    before = os.umask(0o077)
    try:
        spill.add(FENCE, FIRST)
    finally:
        os.umask(before)
    assert directory.stat().st_mode & 0o7777 == mode
    assert Path(spill.place(FENCE)).stat().st_mode & 0o777 == 0o660


def test_a_file_that_is_no_directory_is_told_as_a_store_that_is_away(spill: FileSpill, directory: Path) -> None:
    directory.parent.mkdir()
    directory.write_text("")
    with pytest.raises(OrchestratorError, match=r"store\.unavailable"):
        spill.add(FENCE, FIRST)


def test_entries_that_came_too_late_are_kept_under_another_name(spill: FileSpill) -> None:
    spill.add(FENCE, FIRST)
    late = Path(spill.set_aside(FENCE))
    assert late.name == "0412-a1.3.jsonl.late"
    assert late.read_text().count("\n") == 1
    assert spill.waiting() == []


def test_what_was_imported_is_gone(spill: FileSpill, directory: Path) -> None:
    spill.add(FENCE, FIRST)
    spill.drop(FENCE)
    assert spill.waiting() == []
    assert list(directory.iterdir()) == []
