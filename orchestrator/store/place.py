"""Where the store's file lies and who may read it."""

import fcntl
import grp
import os
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from orchestrator.errors import OrchestratorError

GROUP = "ferry"  # its members share root's store: operators without root see status and history
_PATIENCE = 10.0


def make(path: Path) -> None:
    """Create directory and empty file where they are missing, readable by nobody who need not."""
    if not path.parent.is_dir():
        path.parent.parent.mkdir(parents=True, exist_ok=True)
        _make_directory(path.parent)
    # A directory that hands its group down was meant to be shared with that group.
    shared = bool(path.parent.stat().st_mode & stat.S_ISGID)
    with suppress(FileExistsError):
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.fchmod(handle, 0o660 if shared else 0o600)
        finally:
            os.close(handle)


def is_there(path: Path) -> bool:
    """Whether there is anything to read. Raises OSError where that cannot be told."""
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep other ferries from preparing the same file meanwhile. Raises store.unavailable after ten seconds."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(directory, path)
        yield
    finally:
        os.close(directory)


def _lock(directory: int, path: Path) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                saw = f"{path}: another process has been preparing it for more than {_PATIENCE:.0f} s"
                fix = f"See who: fuser -v {path.parent}"
                raise OrchestratorError.of("store.unavailable", saw, fix=fix) from None
            time.sleep(0.02)


def _make_directory(directory: Path) -> None:
    with suppress(FileExistsError):
        directory.mkdir(mode=0o700)
        group = _group() if os.geteuid() == 0 else None
        if group is not None:
            os.chown(directory, -1, group)
            directory.chmod(0o2770)


def _group() -> int | None:
    try:
        return grp.getgrnam(GROUP).gr_gid
    except KeyError:
        return None
