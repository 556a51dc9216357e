"""Which schema a database carries, and how it gets the current one.

alembic costs more to import than everything else a status needs, so it is asked only when there is work for it.
"""

from enum import Enum, auto

from sqlalchemy import Connection

from orchestrator.errors import OrchestratorError

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006")  # all that this ferry knows, oldest first
HEAD = REVISIONS[-1]


class Standing(Enum):
    """What is in the database."""

    EMPTY = auto()
    OLDER = auto()
    CURRENT = auto()


def standing(connection: Connection, name: str, *, ours: bool) -> Standing:
    """Say how old ferry's tables are in a database that is not empty.

    name: of the database, for messages; ours: it bears ferry's mark. Raises store.newer, and store.corrupt for a
    database of another program.
    """
    if not ours:
        raise OrchestratorError.of("store.corrupt", f"{name} is a database, but not one of ferry's")
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision not in REVISIONS:
        saw = f"{name} has schema {revision}; this ferry knows {REVISIONS[0]} to {HEAD}"
        raise OrchestratorError.of("store.newer", saw)
    return Standing.CURRENT if revision == HEAD else Standing.OLDER


def load() -> None:
    """Import what an upgrade needs, which takes its time."""
    from alembic import command  # noqa: F401, PLC0415


def upgrade(connection: Connection) -> None:
    """Bring the database to HEAD inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - see the head of this module
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "orchestrator.store:revisions")
    command.upgrade(config, HEAD)
