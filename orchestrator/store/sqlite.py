"""One SQLite file: connections, transactions, and who may do what with it."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from orchestrator.errors import OrchestratorError
from orchestrator.store import mounts, place, schema
from orchestrator.store.schema import Standing
from orchestrator.store.sqlite_trouble import explained, undecodable, unreadable

T = TypeVar("T")
_BUSY_SECONDS = 5.0
_APPLICATION = 0x46_45_52_52  # "FERR", in the header of the file
_SHORTEST = 512  # bytes of the smallest database


class SqliteDatabase:
    """Reading never creates or changes a file; writing makes it, or brings its schema up to date, first.

    Safe from any thread. Writers of one process take turns here, so that they meet SQLite's own lock, which is polled
    and not fair, only where another process holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._turn = threading.Lock()
        self._opening = threading.Lock()
        self._writable: Engine | None = None
        self._readable: Engine | None = None

    def read(self, work: Callable[[Connection], T], *, otherwise: T) -> T:
        """One consistent look at the file; `otherwise`: there is no store yet."""
        with explained(self._path), self._decoding():
            engine = self._to_read()
            if engine is None:
                return otherwise
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                return work(connection)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """A transaction that has reached the disk on return."""
        with explained(self._path), self._decoding():
            engine = self._to_write()
            with self._turn, engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                answer = work(connection)
                connection.commit()
                return answer

    def close(self) -> None:
        """Give the connections back."""
        with self._opening:
            for engine in (self._writable, self._readable):
                if engine is not None:
                    engine.dispose()
            self._writable = self._readable = None

    @contextmanager
    def _decoding(self) -> Iterator[None]:
        try:
            yield
        except ValueError as error:
            raise undecodable(self._path, error) from error

    def _to_write(self) -> Engine:
        with self._opening:
            if self._writable is None:
                mounts.demand_local(self._path)
                place.make(self._path)
                with _kept_if_good(_engine(self._path, "mode=rw")) as engine:
                    self._prepare(engine)
                    self._writable = self._readable = engine
            return self._writable

    def _to_read(self) -> Engine | None:
        with self._opening:
            if self._readable is None and place.is_there(self._path):
                mounts.demand_local(self._path)
                self._readable = self._opened()
            return self._readable

    def _opened(self) -> Engine | None:
        """An engine for reading. A file in a place that cannot be written lacks room for SQLite's shared memory; it is
        then read as it lies, which is the truth only if no write waits in the log beside it."""
        try:
            return self._as_store("mode=rw")
        except DBAPIError as error:
            if not unreadable(error) or place.is_there(self._path.with_name(f"{self._path.name}-wal")):
                raise
            return self._as_store("immutable=1")

    def _as_store(self, access: str) -> Engine | None:
        with _kept_if_good(_engine(self._path, access)) as engine:
            found = self._standing(engine)
            if found is Standing.OLDER:
                self._prepare(engine)
        if found is Standing.EMPTY:
            engine.dispose()
            return None
        return engine

    def _standing(self, engine: Engine) -> Standing:
        with engine.connect() as connection:
            # One snapshot: between two statements another process may turn an empty file into a store.
            connection.exec_driver_sql("BEGIN")
            return self._found(connection)

    def _prepare(self, engine: Engine) -> None:
        """Bring the schema up to date, in one transaction that excludes every other process."""
        if self._standing(engine) is Standing.CURRENT:
            return
        with place.alone(self._path), engine.connect() as connection:
            mode = connection.exec_driver_sql("PRAGMA journal_mode = WAL").scalar()
            if mode != "wal":
                saw = f"{self._path}: its file system does not carry SQLite's write-ahead log (mode {mode})"
                raise OrchestratorError.of("store.unavailable", saw, fix="Keep the store on a local file system.")
            connection.exec_driver_sql("BEGIN EXCLUSIVE")
            if self._found(connection) is not Standing.CURRENT:
                schema.upgrade(connection)
                connection.exec_driver_sql(f"PRAGMA application_id = {_APPLICATION}")
            connection.commit()

    def _found(self, connection: Connection) -> Standing:
        tables = {str(name) for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
        application = connection.exec_driver_sql("PRAGMA application_id").scalar()
        if not tables and application == 0:
            # SQLite takes a file that is too short for a database as an empty one, and would write over it.
            if 0 < self._path.stat().st_size < _SHORTEST:
                raise OrchestratorError.of("store.corrupt", f"{self._path} is not empty, and no database")
            return Standing.EMPTY
        ours = application == _APPLICATION and "alembic_version" in tables
        return schema.standing(connection, str(self._path), ours=ours)


@contextmanager
def _kept_if_good(engine: Engine) -> Iterator[Engine]:
    """Give its connections back where it turns out that they are of no use."""
    try:
        yield engine
    except BaseException:
        engine.dispose()
        raise


def _engine(path: Path, access: str) -> Engine:
    address = f"file:{quote(str(path))}?{access}"

    def connect() -> sqlite3.Connection:
        # isolation_level=None: Python begins no transaction of its own; every one here says how it begins.
        connection = sqlite3.connect(
            address, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        return connection

    return create_engine("sqlite://", creator=connect, poolclass=QueuePool, max_overflow=-1)
