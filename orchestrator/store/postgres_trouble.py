"""What PostgreSQL and the way to it complain of, in words an operator can act on; never with a password in them."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from orchestrator.errors import OrchestratorError

_WORDS = 400
_CONFLICTS = {"40001", "40P01", "23505"}  # serialization, deadlock; another one has just made the same first row
_STARTING = {"57P01", "57P02", "57P03"}  # shutting down, crashed, not yet up
_DAMAGED = {
    "42P01",
    "42703",
    "XX001",
    "XX002",
}  # a table or column that the revision promises is missing; a broken page
_REFUSALS = {
    "28P01": ("The password is wrong.", "Look at store_password, or at the file that PGPASSFILE names."),
    "28000": (
        "pg_hba.conf of the server lets this user in by no way.",
        "Add a line for it: docs/how-to/store-postgresql.md",
    ),
    "3D000": ("There is no such database.", "As postgres on the server: createdb -O ferry ferry"),
    "3F000": ("The database has no schema for this user.", "Make it the owner: ALTER DATABASE ferry OWNER TO ferry"),
    "42501": ("The user may not do this.", "Make it the owner: ALTER DATABASE ferry OWNER TO ferry"),
    "25006": ("The server is a standby, or read-only.", "Name the primary in store:"),
    "53100": ("The server's disk is full.", "Make room there: df -h"),
    "53300": ("The server has no connection left.", "Raise max_connections; a ferry takes up to four."),
    "55P03": ("Another process holds the row or the table.", "See who: SELECT * FROM pg_stat_activity"),
    "57014": ("The server took longer than ferry waits.", "See what it does: SELECT * FROM pg_stat_activity"),
}
_SAID = {
    "password authentication failed": "28P01",
    "no password supplied": "28P01",
    "pg_hba.conf": "28000",
    "authentication failed": "28000",
    "does not exist": "3D000",
    "too many clients": "53300",
    "remaining connection slots": "53300",
}
_LOOK = "See whether it runs and is reached: pg_isready -d '{name}'"


def conflict(error: DBAPIError) -> bool:
    """Whether two transactions got in each other's way, and doing it again is the answer."""
    return _state(error) in _CONFLICTS


def lost(error: DBAPIError) -> bool:
    """Whether the connection is gone or was not to be had, so that another one may do."""
    if error.connection_invalidated or _state(error) in _STARTING:
        return True
    return _state(error) is None and _operational(error) and _refusal(error) is None


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Turn a failure of the server or of the way to it into store.unavailable or store.corrupt; a bug stays a bug."""
    try:
        yield
    except DBAPIError as error:
        if not (lost(error) or conflict(error) or _operational(error) or _state(error) in {*_REFUSALS, *_DAMAGED}):
            raise
        # Without its context: a traceback would show the arguments of the connection.
        raise _told(name, error) from None
    except PoolTimeout:
        raise unavailable(name, "all connections of this process are in use") from None
    except TimeoutError:
        raise unavailable(name, "no answer in time") from None
    except OSError as error:
        raise unavailable(name, str(error.strerror or error)) from error
    except ValueError as error:
        saw = f"{name} holds a record that this ferry cannot read"
        first = next(iter(str(error).splitlines()), type(error).__name__)
        raise OrchestratorError.of(
            "store.corrupt", saw, cause=f"Damage, or another version of ferry: {first}"
        ) from error


def unavailable(name: str, why: str, *, cause: str = "") -> OrchestratorError:
    """The server cannot be used now."""
    return OrchestratorError.of("store.unavailable", f"{name}: {why}", cause=cause, fix=_LOOK.format(name=name))


def uncertain(name: str) -> OrchestratorError:
    """The connection went while a write was being committed, and nobody answers whether it was."""
    return unavailable(
        name, "the connection broke during a write", cause="Whether that write arrived is not known yet."
    )


def _told(name: str, error: DBAPIError) -> OrchestratorError:
    state, words = _state(error), _words(error)
    if state in _DAMAGED:
        return OrchestratorError.of("store.corrupt", f"{name}: {words}")
    refusal = _refusal(error)
    if refusal is None:
        return unavailable(name, words)
    cause, fix = _REFUSALS[refusal]
    return OrchestratorError.of("store.unavailable", f"{name}: {words}", cause=cause, fix=fix)


def _refusal(error: DBAPIError) -> str | None:
    """The code of a refusal that another attempt does not change. One to connect carries none: its words are all."""
    state = _state(error)
    if state is None:
        words = _words(error)
        return next((code for said, code in _SAID.items() if said in words), None)
    return state if state in _REFUSALS else None


def _state(error: DBAPIError) -> str | None:
    return getattr(error.orig, "sqlstate", None)


def _operational(error: DBAPIError) -> bool:
    return any(kind.__name__ in ("OperationalError", "InterfaceError") for kind in type(error.orig).__mro__)


def _words(error: DBAPIError) -> str:
    """The server's own words; libpq says there what was tried, and never the password."""
    return " ".join(str(error.orig).split())[:_WORDS] or type(error.orig).__name__
