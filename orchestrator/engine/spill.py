"""Entries that wait for their store: one file for each process of this machine that drove a run without it.

Each entry is one line, on the disk before the act it announces. The files lie in a directory of their own, shared as
the one above it is; they are removed when the store has their entries.
"""

import logging
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator.documents.journal import decode_spilled, encode_spilled
from orchestrator.errors import OrchestratorError
from orchestrator.model.lease import Fence
from orchestrator.model.spilled import Spilled

_log = logging.getLogger(__name__)
_ENDING = ".jsonl"
_LATE = f"{_ENDING}.late"


class FileSpill:
    """See ports.Spill for what each one promises. Not for several threads: its journal takes turns."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def add(self, fence: Fence, entry: Spilled) -> None:
        """Write one line behind the whole ones; a line that a crash has cut off goes first."""
        line = f"{encode_spilled(entry)}\n".encode()
        path = self._path(fence)
        with _explained(path):
            self._make_directory()
            with _opened(path) as handle:
                good = _end_of_whole_lines(handle)
                os.ftruncate(handle, good)
                try:
                    _write(handle, line, good)
                    os.fsync(handle)
                except OSError:
                    with suppress(OSError):
                        os.ftruncate(handle, good)
                    raise
            _sync(self._directory)

    def waiting(self) -> Sequence[Fence]:
        """By the names of the files."""
        with _explained(self._directory):
            names = [p.name.removesuffix(_ENDING).rpartition(".") for p in self._directory.glob(f"*{_ENDING}")]
        fences = [Fence(name=run, number=int(number)) for run, _, number in names if run and number.isdigit()]
        return sorted(fences, key=lambda fence: (fence.name, fence.number))

    def read(self, fence: Fence) -> Sequence[Spilled]:
        """All whole lines. Raises store.corrupt where one of them cannot be read."""
        path = self._path(fence)
        with _explained(path):
            whole = path.read_bytes().split(b"\n")[:-1]
        try:
            return tuple(decode_spilled(line.decode()) for line in whole)
        except ValueError as error:
            saw = f"{path} holds an entry that this ferry cannot read"
            raise OrchestratorError.of("store.corrupt", saw, fix=f"Look at it, and set it aside: {path}") from error

    def drop(self, fence: Fence) -> None:
        """Remove the file."""
        try:
            self._path(fence).unlink(missing_ok=True)
            _sync(self._directory)
        except OSError as error:
            _log.info("%s was imported and could not be removed: %s", self.place(fence), error)

    def set_aside(self, fence: Fence) -> str:
        """Give the file a name that is not looked for."""
        path = self._path(fence)
        late = path.with_name(f"{fence.name}.{fence.number}{_LATE}")
        with _explained(path):
            path.rename(late)
        return str(late)

    def place(self, fence: Fence) -> str:
        """The file."""
        return str(self._path(fence))

    def _path(self, fence: Fence) -> Path:
        return self._directory / f"{fence.name}.{fence.number}{_ENDING}"

    def _make_directory(self) -> None:
        if self._directory.is_dir():
            return
        self._directory.parent.mkdir(parents=True, exist_ok=True)
        above = self._directory.parent.stat()
        # A directory that hands its group down was meant to be shared with that group, as the store's own.
        shared = bool(above.st_mode & stat.S_ISGID)
        self._directory.mkdir(mode=0o770 if shared else 0o700, exist_ok=True)
        if shared:
            with suppress(PermissionError):
                self._directory.chmod(0o2770)
        _sync(self._directory.parent)


@contextmanager
def _opened(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660)
    try:
        with suppress(PermissionError):  # another member of the group has made it
            os.fchmod(handle, 0o660)
        yield handle
    finally:
        os.close(handle)


def _end_of_whole_lines(handle: int) -> int:
    size = os.fstat(handle).st_size
    return os.pread(handle, size, 0).rfind(b"\n") + 1


def _write(handle: int, line: bytes, at: int) -> None:
    while line:
        written = os.pwrite(handle, line, at)
        line, at = line[written:], at + written


def _sync(directory: Path) -> None:
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        saw = f"{error.filename or path}: {error.strerror or error}; what the store cannot take cannot wait there"
        fix = f"Look at it: ls -ld {path.parent}; df -h {path.parent}"
        raise OrchestratorError.of("store.unavailable", saw, fix=fix) from error
