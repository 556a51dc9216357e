"""One SQLite file: connections, transactions, and who may do what with it."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from orchestrator.errors import OrchestratorError
from orchestrator.store import place, schema
from orchestrator.store.schema import Standing
from orchestrator.store.trouble import explained, undecodable, unreadable

_BUSY_SECONDS = 5.0


class Database:
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

    @contextmanager
    def reading(self) -> Iterator[Connection | None]:
        """One consistent look at the file; None: there is no store yet."""
        with explained(self._path), self._decoding():
            engine = self._to_read()
            if engine is None:
                yield None
                return
            with engine.connect() as connection:
                connection.exec_driver_sql("BEGIN")
                yield connection

    @contextmanager
    def writing(self, *, durable: bool = True) -> Iterator[Connection]:
        """A transaction that is on the disk when the block has ended; nothing of it is, if the block raises.

        durable=False: it survives the end of this process, but perhaps not of the machine.
        """
        with explained(self._path), self._decoding():
            engine = self._to_write()
            with self._turn, engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                yield connection
                connection.commit()

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
                place.make(self._path)
                with _kept_if_good(_engine(self._path, "mode=rw")) as engine:
                    self._prepare(engine)
                    self._writable = self._readable = engine
            return self._writable

    def _to_read(self) -> Engine | None:
        with self._opening:
            if self._readable is None and place.is_there(self._path):
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
            return schema.standing(connection, self._path)

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
            if schema.standing(connection, self._path) is not Standing.CURRENT:
                schema.upgrade(connection)
            connection.commit()


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
