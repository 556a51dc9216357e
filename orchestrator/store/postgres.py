"""One PostgreSQL database: connections, transactions that count once, and nothing that waits for ever."""

import random
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from shlex import quote
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.errors import OrchestratorError
from orchestrator.store import schema, writers
from orchestrator.store.bounded import Deadline, cut_after, opened
from orchestrator.store.postgres_trouble import conflict, explained, lost, unavailable, uncertain
from orchestrator.store.schema import Standing

T = TypeVar("T")

_PATIENCE = 7.0  # seconds of one call, with everything that is tried again in it
_CONNECT = 3  # seconds for one address of the server
_MARK = "ferry"  # comment on alembic's table, which other programs have too
_PREPARING_SECONDS = 30  # to make the tables or bring them up to date; nothing has begun yet
_PREPARING = 0x46_45_52_52  # number of the lock under which the schema is changed
# What the server itself bounds: a client that fell silent in the middle of a transaction blocks the others no longer.
_SERVER = {
    "statement_timeout": "6s",
    "lock_timeout": "5s",
    "idle_in_transaction_session_timeout": "4s",
    "synchronous_commit": "on",
}
# What the kernel bounds: a server whose cable was pulled.
_WIRE = {"keepalives": 1, "keepalives_idle": 2, "keepalives_interval": 1, "keepalives_count": 3}
_UNANSWERED_MS = 5000


class PostgresDatabase:
    """Transactions see what others have committed and lock the rows on which they decide, so they wait for each other
    instead of failing. A connection that is cut is replaced, and the work done again; a write whose commit got no
    answer is done again only when the server says that it did not arrive.
    """

    def __init__(self, url: str, password: Callable[[], str | None]) -> None:
        self._url = url
        self._name = url.partition("?")[0]
        self._password = password
        self._process = uuid.uuid4().hex
        self._number = 0
        self._turn = threading.Lock()
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self._prepared = False

    def read(self, work: Callable[[Connection], T], *, otherwise: T) -> T:
        """One snapshot of the database; asked again on another connection if the first one broke."""

        def look(connection: Connection) -> T:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            return work(connection)

        with explained(self._name):
            deadline = Deadline(_PATIENCE)
            if not self._prepared and self._standing(deadline) is Standing.EMPTY:
                return otherwise
            return self._again(lambda: self._once(look, deadline), deadline)

    def write(self, work: Callable[[Connection], T], *, durable: bool = True) -> T:
        """One transaction, committed once. Writers of one process take turns; samples do not wait for them."""
        with explained(self._name):
            deadline = Deadline(_PATIENCE)
            self._prepare(deadline)
            if not durable:
                return self._again(lambda: self._once(_lax(work), deadline, commit=True), deadline)
            if not self._turn.acquire(timeout=deadline.left):
                raise unavailable(self._name, "another write of this process has not ended")
            try:
                return self._write_once(work, deadline)
            finally:
                self._turn.release()

    def close(self) -> None:
        """Give the connections back."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
            self._engine, self._prepared = None, False

    def _write_once(self, work: Callable[[Connection], T], deadline: Deadline) -> T:
        self._number += 1
        writer = writers.Writer(self._process, self._number)
        answers: list[T] = []  # of a transaction of this write whose commit was asked for: the last one

        def attempt(connection: Connection) -> T:
            if writer.arrived(connection, doubtful=bool(answers)):
                return answers[-1]
            answers.clear()
            answer = work(connection)
            answers.append(answer)
            return answer

        try:
            return self._again(lambda: self._once(attempt, deadline, commit=True), deadline)
        except (DBAPIError, TimeoutError, PoolTimeout):
            if answers:
                raise uncertain(self._name) from None
            raise

    def _again(self, attempt: Callable[[], T], deadline: Deadline) -> T:
        """Until it succeeds, fails for a reason that lasts, or time is up."""
        while True:
            try:
                return attempt()
            except DBAPIError as error:
                pause = random.uniform(0.005, 0.05) if conflict(error) else 0.2
                if lost(error) and deadline.left <= 0:  # it was cut here, for it said nothing
                    raise TimeoutError from None
                if not (conflict(error) or lost(error)) or deadline.left <= 2 * pause:
                    raise
            time.sleep(pause)

    def _once(self, work: Callable[[Connection], T], deadline: Deadline, *, commit: bool = False) -> T:
        with self._connected(deadline) as connection:
            answer = work(connection)
            if commit:
                connection.commit()
            return answer

    @contextmanager
    def _connected(self, deadline: Deadline) -> Iterator[Connection]:
        engine = self._opened()
        with opened(engine.connect, deadline.left) as connection:
            raw: Any = connection.connection.driver_connection
            with cut_after(deadline.left, raw.fileno()):
                try:
                    yield connection
                finally:
                    if not connection.invalidated and not connection.closed:
                        connection.rollback()

    def _opened(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = _engine(self._url, self._password)
            return self._engine

    def _standing(self, deadline: Deadline) -> Standing:
        """What is in the database; an older store is brought up to date first."""
        found = self._again(lambda: self._once(self._found, deadline), deadline)
        if found is Standing.OLDER:
            self._prepare(deadline)
            return Standing.CURRENT
        self._prepared = found is Standing.CURRENT
        return found

    def _prepare(self, deadline: Deadline) -> None:
        """Bring the schema up to date, in one transaction under a lock that excludes every other ferry."""
        if self._prepared:
            return
        if self._again(lambda: self._once(self._found, deadline), deadline) is not Standing.CURRENT:
            schema.load()  # before the lock: others wait for what happens under it
            longer = Deadline(_PREPARING_SECONDS + 5)
            self._again(lambda: self._once(self._upgrade, longer, commit=True), longer)
        self._prepared = True

    def _upgrade(self, connection: Connection) -> None:
        # The shorter one says what was in the way.
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_PREPARING_SECONDS}s'")
        for name in ("statement_timeout", "idle_in_transaction_session_timeout"):
            connection.exec_driver_sql(f"SET LOCAL {name} = '{_PREPARING_SECONDS + 3}s'")
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_PREPARING})")
        if self._found(connection) is not Standing.CURRENT:
            schema.upgrade(connection)
            connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{_MARK}'")

    def _found(self, connection: Connection) -> Standing:
        tables = connection.exec_driver_sql(
            "SELECT relname, obj_description(oid, 'pg_class') FROM pg_class"
            " WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        ).all()
        if not tables:
            return Standing.EMPTY
        ours = ("alembic_version", _MARK) in {tuple(table) for table in tables}
        return schema.standing(connection, self._name, ours=ours)


def _lax(work: Callable[[Connection], T]) -> Callable[[Connection], T]:
    def lax(connection: Connection) -> T:
        connection.exec_driver_sql("SET LOCAL synchronous_commit TO off")
        return work(connection)

    return lax


def _engine(url: str, password: Callable[[], str | None]) -> Engine:
    driver = _driver()
    settings = " ".join(f"-c {name}={value}" for name, value in _SERVER.items())

    def connect() -> Any:
        return driver.connect(
            url,
            password=password(),
            application_name="ferry",
            connect_timeout=_CONNECT,
            tcp_user_timeout=_UNANSWERED_MS,
            options=settings,
            **_WIRE,
        )

    engine = create_engine(
        "postgresql+psycopg://", creator=connect, pool_size=2, max_overflow=2, pool_timeout=5, use_native_hstore=False
    )
    event.listen(engine, "checkout", _demand_open)
    return engine


def _demand_open(raw: Any, _record: object, _pooled: object) -> None:
    """The pool answers with another connection instead."""
    if raw.closed:
        raise DisconnectionError


def _driver() -> Any:
    try:
        import psycopg  # noqa: PLC0415 - only a store on a server needs it
    except ImportError as error:
        raise OrchestratorError.of(
            "store.driver",
            f"the store is on PostgreSQL, and its driver cannot be loaded: {error}",
            fix=f"In ferry's source: {quote(f'{sys.prefix}/bin/pip')} install '.[postgres]'",
        ) from error
    return psycopg
