"""The store of ferry in the lab: SQLite or PostgreSQL, and what is written in it, read past ferry."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.integration.moves import LAB_POLICY
from tests.lab.postgres import Postgres
from tests.lab.protocol import Lab

FLOOR = "20Mbit/s"  # links of the lab are slow


@dataclass(frozen=True)
class Row:
    """One journal entry. body: as it is kept."""

    run: str
    seq: int
    at: float
    kind: str
    guest: str | None
    body: Mapping[str, Any]


class SqliteStore:
    """A file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.url = f"sqlite:///{file}"
        self.env: Mapping[str, str] = {}

    def select(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Every row of a table; none before ferry has made it."""
        if not self._file.exists():
            return []
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=10)
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(f"select * from {table}")]
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()


class PostgresStore:
    """The lab's server. The password is in a file that the environment names, as for every program of PostgreSQL."""

    def __init__(self, postgres: Postgres, database: str = "ferry") -> None:
        self.postgres = postgres
        self._database = database
        self.url = postgres.url(database)
        self.env: Mapping[str, str] = {"PGPASSFILE": str(postgres.passfile)}

    def select(self, table: str) -> Sequence[Mapping[str, Any]]:
        """Every row of a table; none before ferry has made it."""
        there = f"select count(*) from pg_tables where schemaname = 'public' and tablename = '{table}'"
        if self.postgres.query(self._database, there).strip() == "0":
            return []
        said = self.postgres.query(self._database, f"select row_to_json(one) from {table} one")
        return [json.loads(line) for line in said.splitlines()]


Kept = SqliteStore | PostgresStore


def journal(store: Kept) -> list[Row]:
    """All entries, by run and number."""
    rows = (
        Row(
            run=row["run"],
            seq=row["seq"],
            at=datetime.fromisoformat(row["at"]).timestamp(),
            kind=row["kind"],
            guest=row["guest"],
            body=json.loads(row["body"]),
        )
        for row in store.select("entries")
    )
    return sorted(rows, key=lambda row: (row.run, row.seq))


def gaps(rows: Sequence[Row]) -> list[str]:
    """What a journal lacks: numbers left out, effects without their intent, intents that nothing became of, guests
    without an end. Of a run that a killed process left and another one took over as well: only what the first one was
    just about to do when it died has no answer."""
    found = []
    for run in sorted({row.run for row in rows}):
        own = [row for row in rows if row.run == run]
        numbers = [row.seq for row in own]
        if numbers != list(range(1, len(own) + 1)):
            found.append(f"{run}: numbers {numbers}")
        intents = {row.seq for row in own if row.kind == "intent"}
        answered = {row.body["intent"] for row in own if row.kind == "happened"}
        if lost := {seq for seq in intents - answered if not _cut_short(own, seq)}:
            found.append(f"{run}: nothing is known of the intents {sorted(lost)}")
        if stray := answered - intents:
            found.append(f"{run}: effects without intents {sorted(stray)}")
        guests = {row.guest for row in own if row.guest}
        ended = {row.guest for row in own if row.kind == "ended"}
        found += [f"{run}: {guest} has no end" for guest in sorted(guests - ended)]
    return found


def _cut_short(rows: Sequence[Row], intent: int) -> bool:
    """Whether the next that concerns the guest is that another process took the run over."""
    guest = next(row.guest for row in rows if row.seq == intent)
    later = (row for row in rows if row.seq > intent and (row.kind == "adopted" or row.guest == guest))
    return next((row.kind == "adopted" for row in later), False)


def configured(
    lab: Lab, directory: Path, policy: str = "", *, store: Kept | None = None, **settings: Any
) -> dict[str, str]:
    """The environment in which ferry works with this policy, this store and other top-level settings. None takes one
    of the lab's own settings away."""
    directory.mkdir(exist_ok=True)
    (directory / "tried.yaml").write_text(LAB_POLICY.format(name="tried") + policy)
    document = YAML(typ="safe").load(lab.ferry_config.read_text())
    document |= {"policy": "tried.yaml", **({"store": store.url} if store else {}), **settings}
    stream = StringIO()
    YAML().dump({key: value for key, value in document.items() if value is not None}, stream)
    (directory / "ferry.yaml").write_text(stream.getvalue())
    return {"FERRY_CONFIG": str(directory / "ferry.yaml"), **(store.env if store else {})}
