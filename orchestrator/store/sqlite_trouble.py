"""What SQLite and the file system complain of, in words an operator can act on."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from orchestrator.errors import OrchestratorError

# SQLITE_ERROR is a statement that the schema cannot answer: a table or column is missing that the revision promises.
_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_OURS = {sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_RANGE}
_UNREADABLE = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn a failure of SQLite or of the file system into store.unavailable or store.corrupt; a bug stays a bug."""
    try:
        yield
    except DBAPIError as error:
        code = primary_code(error)
        if code in _OURS or not isinstance(error.orig, sqlite3.DatabaseError):
            raise
        raise _told(path, code, str(error.orig)) from error
    except OSError as error:
        saw = f"{error.filename or path}: {error.strerror or error}"
        raise OrchestratorError.of("store.unavailable", saw, fix=_look(path)) from error


def unreadable(error: DBAPIError) -> bool:
    """Whether the file could not be opened in the way that was tried."""
    return primary_code(error) in _UNREADABLE


def primary_code(error: DBAPIError) -> int | None:
    """SQLite's result code without its extension; None where Python complains: a text in the file is not UTF-8."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return None if code is None else int(code) & 0xFF


def undecodable(path: Path, why: ValueError) -> OrchestratorError:
    """A record that cannot be read back."""
    saw = f"{path} holds a record that this ferry cannot read"
    return OrchestratorError.of("store.corrupt", saw, cause=f"Damage, or another version of ferry: {_first_line(why)}")


def _told(path: Path, code: int | None, words: str) -> OrchestratorError:
    if code is None or code in _DAMAGED:
        return OrchestratorError.of("store.corrupt", f"{path}: {words}")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        saw = f"{path}: locked by another process for more than 5 s"
        return OrchestratorError.of("store.unavailable", saw, fix=f"See who has it open: fuser -v {path}")
    if code == sqlite3.SQLITE_FULL:
        saw = f"{path}: {os.strerror(errno.ENOSPC)}"
        return OrchestratorError.of("store.unavailable", saw, fix=f"Make room: df -h {path.parent}")
    saw = f"{path}: {_refusal(path) or words}"
    return OrchestratorError.of("store.unavailable", saw, fix=_look(path))


def _refusal(path: Path) -> str | None:
    """Why the path cannot be written, asked without opening it: closing it would drop this process's own locks."""
    try:
        if path.is_dir():
            return os.strerror(errno.EISDIR)
        for place in (path.parent, path):
            if os.statvfs(place).f_flag & os.ST_RDONLY:
                return f"{os.strerror(errno.EROFS)} ({place})"
            if not os.access(place, os.R_OK | os.W_OK, effective_ids=True):
                return f"{os.strerror(errno.EACCES)} ({place})"
    except OSError as error:
        return error.strerror
    return None


def _look(path: Path) -> str:
    return f"Look at it: ls -ld {path.parent}; ls -l {path}; df -h {path.parent}"


def _first_line(error: ValueError) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)
