"""The schema: made whole, recognised, and never touched where it is not ours or newer."""

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from orchestrator.documents.journal import encode_run
from orchestrator.model.ledger import MEDIUM
from orchestrator.model.run import RunId
from orchestrator.store import SqlStore, schema, sqlite
from orchestrator.store.tables import metadata
from tests.contract.store_contract import holder, refused, run

LONG = 1000.0


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ferry.db"


def store_at(path: Path) -> SqlStore:
    return SqlStore(f"sqlite:///{path}")


def filled(path: Path) -> None:
    store = store_at(path)
    store.open_run(run("r"), holder(), lasts=LONG)
    store.close()


def sql(path: Path, *statements: str) -> None:
    with sqlite3.connect(path) as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def of_revision(path: Path, revision: str) -> None:
    """A file as the ferry of that day made it."""
    engine = create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "orchestrator.store:revisions")
        command.upgrade(config, revision)
        connection.exec_driver_sql(f"PRAGMA application_id = {sqlite._APPLICATION}")
    engine.dispose()


def shape(path: Path) -> dict[str, str]:
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE name NOT LIKE 'alembic%' AND sql IS NOT NULL")
    found = {name: "".join(text.split()).replace('"', "") for name, text in rows if "autoindex" not in name}
    connection.close()
    return found


def test_the_known_revisions_are_exactly_alembics() -> None:
    config = Config()
    config.set_main_option("script_location", "orchestrator.store:revisions")
    script = ScriptDirectory.from_config(config)
    assert tuple(r.revision for r in script.walk_revisions())[::-1] == schema.REVISIONS
    assert script.get_heads() == [schema.HEAD]


def test_the_revisions_make_exactly_the_tables_that_the_code_uses(path: Path, tmp_path: Path) -> None:
    filled(path)
    plain = tmp_path / "plain.db"
    engine = create_engine(f"sqlite:///{plain}")
    metadata.create_all(engine)
    engine.dispose()
    assert shape(path) == shape(plain)
    assert {"runs", "entries", "samples", "leases", "tickets", "ledger_version"} <= shape(path).keys()


def test_reading_makes_no_file(path: Path) -> None:
    store = store_at(path)
    assert store.runs() == ()
    assert not path.exists()


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    assert store_at(path).runs() == ()
    filled(path)
    assert [r.id for r in store_at(path).runs()] == ["r"]


def test_a_store_that_appears_later_is_seen(path: Path) -> None:
    reader = store_at(path)
    assert reader.runs() == ()
    filled(path)
    assert [r.id for r in reader.runs()] == ["r"]


def test_alembic_is_not_imported_for_a_current_schema(path: Path) -> None:
    filled(path)
    program = f"""
import sys
from orchestrator.documents.journal import encode_run
from orchestrator.model.ledger import MEDIUM
from orchestrator.model.run import Holder
from orchestrator.store import SqlStore
store = SqlStore("sqlite:///{path}")
assert len(store.runs()) == 1
store.take("x", Holder(controller="c", boot_id="b", pid=1, started=1), lasts=1)
banned = ("alembic", "paramiko", "libvirt", "lxml", "mako", "rich")
print(",".join(m for m in sys.modules if m.partition(".")[0] in banned))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_a_newer_schema_is_left_alone(path: Path) -> None:
    filled(path)
    sql(path, "UPDATE alembic_version SET version_num = '9999'")
    for attempt in (lambda: store_at(path).runs(), lambda: store_at(path).take("x", holder(), lasts=1)):
        with refused("store.newer"):
            attempt()
    sql(path, f"UPDATE alembic_version SET version_num = '{schema.HEAD}'")
    assert [r.id for r in store_at(path).runs()] == ["r"]


def test_an_older_schema_is_brought_up_to_date_by_whoever_comes_first(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(path)
    upgrades = []

    def upgrade(connection: object) -> None:
        upgrades.append(connection.in_transaction())  # type: ignore[attr-defined]
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")  # type: ignore[attr-defined]

    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9998"))
    monkeypatch.setattr(schema, "HEAD", "9998")
    monkeypatch.setattr(schema, "upgrade", upgrade)
    assert [r.id for r in store_at(path).runs()] == ["r"]
    assert upgrades == [True]
    store_at(path).take("x", holder(), lasts=1)
    assert upgrades == [True]


def test_a_store_of_the_first_revision_gets_the_tables_of_later_ones(path: Path, tmp_path: Path) -> None:
    filled(tmp_path / "new.db")
    of_revision(path, "0001")
    head = encode_run(run("r")).replace("'", "''")
    ticket = "'r', 'g', 'web-01', '{\"host:kvm01.live\":1}', '2026-11-21T04:12:00.000000+00:00', 2, 'holding', 3"
    sql(path, f"INSERT INTO runs VALUES (1, 'r', '2026-11-21T04:12:00.000000+00:00', '{head}')")
    sql(path, f"INSERT INTO tickets VALUES ({ticket})", "INSERT INTO ledger_version VALUES (1, 7)")
    store = store_at(path)
    assert [r.id for r in store.runs()] == ["r"]
    assert (store.baselines(), store.orders(RunId("r")), store.network_tests()) == ({}, (), ())
    assert (store.cordons(), store.holds(), store.plans(), store.rolls(), store.ran("x")) == ((), (), {}, (), None)
    ledger = store.ledger()
    [kept] = ledger.tickets
    assert (ledger.version, kept.costs, kept.standing, kept.skips) == (7, {"host:kvm01.live": 1}, "holding", 3)
    assert (kept.priority, kept.source, kept.released) == (MEDIUM, "", {})
    assert shape(path) == shape(tmp_path / "new.db")


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    sql(path, "CREATE TABLE contacts (name TEXT)", "CREATE TABLE alembic_version (version_num TEXT)")
    before = path.read_bytes()
    for attempt in (lambda: store_at(path).runs(), lambda: store_at(path).take("x", holder(), lasts=1)):
        with refused("store.corrupt"):
            attempt()
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"not a database" * 1000, b"SQLite format 3\x00" + b"\xff" * 8000, b"x"])
def test_a_file_that_is_no_database_is_left_alone(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for attempt in (lambda: store_at(path).runs(), lambda: store_at(path).take("x", holder(), lasts=1)):
        with refused("store.corrupt"):
            attempt()
    assert path.read_bytes() == content


def test_a_damaged_page_is_told_as_damage(path: Path) -> None:
    filled(path)
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    path.write_bytes(content)
    with refused("store.corrupt"):
        store_at(path).runs()


@pytest.mark.parametrize(
    "statement",
    ["UPDATE runs SET head = '{'", "UPDATE runs SET head = CAST(x'ff' AS TEXT)", "DROP TABLE runs"],
)
def test_a_record_that_cannot_be_read_is_told_with_the_file(path: Path, statement: str) -> None:
    filled(path)
    sql(path, statement)
    with refused("store.corrupt") as caught:
        store_at(path).runs()
    assert str(path) in caught.value.problems[0].saw


def test_a_record_with_a_field_of_another_version_is_not_silently_cut(path: Path) -> None:
    filled(path)
    sql(path, """UPDATE runs SET head = '{"novelty":1,' || substr(head, 2)""")
    with refused("store.corrupt"):
        store_at(path).runs()


def test_a_run_is_opened_whole_or_not_at_all(path: Path) -> None:
    store = store_at(path)
    store.take("r", holder(2), lasts=LONG)
    with refused("lease.held"):
        store.open_run(run("r"), holder(1), lasts=LONG)
    assert store.runs() == ()
    assert store.entries(RunId("r")) == ()
