"""Which schema a file carries, and how it gets the current one.

alembic costs more to import than everything else a status needs, so it is asked only when there is work for it.
"""

from enum import Enum, auto
from pathlib import Path

from sqlalchemy import Connection

from orchestrator.errors import OrchestratorError

REVISIONS = ("0001", "0002", "0003")  # all that this ferry knows, oldest first
HEAD = REVISIONS[-1]
APPLICATION = 0x46_45_52_52  # "FERR", in the header of the file
_SHORTEST = 512  # bytes of the smallest database


class Standing(Enum):
    """What is in the file."""

    EMPTY = auto()
    OLDER = auto()
    CURRENT = auto()


def standing(connection: Connection, path: Path) -> Standing:
    """Say what the file is. Raises store.newer, and store.corrupt for a database of another program."""
    tables = {str(name) for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master")}
    application = connection.exec_driver_sql("PRAGMA application_id").scalar()
    if not tables and application == 0:
        # SQLite takes a file that is too short for a database as an empty one, and would write over it.
        if 0 < path.stat().st_size < _SHORTEST:
            raise OrchestratorError.of("store.corrupt", f"{path} is not empty, and no database")
        return Standing.EMPTY
    if application != APPLICATION or "alembic_version" not in tables:
        raise OrchestratorError.of("store.corrupt", f"{path} is a database, but not one of ferry's")
    revision = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
    if revision not in REVISIONS:
        saw = f"{path} has schema {revision}; this ferry knows {REVISIONS[0]} to {HEAD}"
        raise OrchestratorError.of("store.newer", saw)
    return Standing.CURRENT if revision == HEAD else Standing.OLDER


def upgrade(connection: Connection) -> None:
    """Bring the file to HEAD inside the caller's transaction."""
    from alembic import command  # noqa: PLC0415 - see the head of this module
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "orchestrator.store:revisions")
    command.upgrade(config, HEAD)
    connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION}")
