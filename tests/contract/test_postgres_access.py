"""A server that refuses says so with a way out and without the password; a foreign database is left alone."""

import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import create_engine

from orchestrator.errors import OrchestratorError
from orchestrator.model.settings import Secret
from orchestrator.store import SqlStore, postgres, schema
from orchestrator.store.tables import metadata
from tests.contract.postgres_server import PASSWORD, Server, server
from tests.contract.store_contract import holder, refused, run

__all__ = ["server"]

LONG = 1000.0


@pytest.fixture
def url(server: Server) -> str:
    return server.database()


def named(url: str) -> str:
    return url.rpartition("/")[2]


def written(tmp_path: Path, text: str) -> Secret:
    path = tmp_path / "password"
    path.write_text(text)
    path.chmod(0o600)
    return Secret(file=str(path))


def tables(server: Server, url: str) -> set[str]:
    with server.connection(named(url)) as connection:
        rows = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
    return {str(name) for (name,) in rows}


def test_the_password_of_the_file_opens_the_store(server: Server, url: str, tmp_path: Path) -> None:
    server.sql("GRANT ALL ON SCHEMA public TO locked", database=named(url))
    store = SqlStore(server.url(named(url), user="locked"), written(tmp_path, PASSWORD))
    assert store.take("x", holder(), lasts=1)


@pytest.mark.parametrize(
    ("user", "password", "words", "fix"),
    [
        ("locked", "wrong hunter2", "password authentication failed", "store_password"),
        ("locked", None, "no password supplied", "store_password"),
        ("outsider", "wrong hunter2", "pg_hba.conf", "store-postgresql.md"),
    ],
)
def test_a_refusal_is_told_at_once_and_without_the_password(
    server: Server, url: str, tmp_path: Path, user: str, password: str | None, words: str, fix: str
) -> None:
    store = SqlStore(server.url(named(url), user=user), written(tmp_path, password) if password else None)
    began = time.monotonic()
    with refused("store.unavailable") as caught:
        store.runs()
    assert time.monotonic() - began < 5
    [problem] = caught.value.problems
    assert words in problem.saw
    assert fix in problem.fix
    assert "hunter2" not in repr(caught.value)
    assert caught.value.__suppress_context__


def test_a_database_that_is_not_there(server: Server) -> None:
    with refused("store.unavailable") as caught:
        SqlStore(server.url("nowhere")).take("x", holder(), lasts=1)
    assert "createdb" in caught.value.problems[0].fix


def test_a_server_that_is_not_there_is_told_within_ten_seconds(url: str) -> None:
    began = time.monotonic()
    with refused("store.unavailable") as caught:
        SqlStore("postgresql://ferry@127.0.0.1:9/ferry?sslmode=disable").runs()
    assert time.monotonic() - began < 10
    assert "pg_isready" in caught.value.problems[0].fix
    assert "postgresql://ferry@127.0.0.1:9/ferry" in caught.value.problems[0].saw


def test_a_user_that_may_not_make_tables(server: Server, url: str) -> None:
    server.sql("REVOKE ALL ON SCHEMA public FROM PUBLIC", database=named(url))
    server.sql("DROP ROLE IF EXISTS guest", "CREATE ROLE guest LOGIN")
    with refused("store.unavailable") as caught:
        SqlStore(server.url(named(url), user="guest")).take("x", holder(), lasts=1)
    assert "OWNER" in caught.value.problems[0].fix


def test_reading_makes_nothing(server: Server, url: str) -> None:
    assert SqlStore(url).runs() == ()
    assert SqlStore(url).ledger().version == 0
    assert tables(server, url) == set()


def test_a_store_that_appears_later_is_seen(url: str) -> None:
    reader = SqlStore(url)
    assert reader.runs() == ()
    SqlStore(url).open_run(run("r"), holder(), lasts=LONG)
    assert [r.id for r in reader.runs()] == ["r"]


def test_the_database_of_another_program_is_left_alone(server: Server, url: str) -> None:
    server.sql(
        "CREATE TABLE contacts (name TEXT)", "CREATE TABLE alembic_version (version_num TEXT)", database=named(url)
    )
    for attempt in (lambda: SqlStore(url).runs(), lambda: SqlStore(url).take("x", holder(), lasts=1)):
        with refused("store.corrupt"):
            attempt()
    assert tables(server, url) == {"contacts", "alembic_version"}


def test_a_newer_schema_is_left_alone(server: Server, url: str) -> None:
    SqlStore(url).open_run(run("r"), holder(), lasts=LONG)
    server.sql("UPDATE alembic_version SET version_num = '9999'", database=named(url))
    for attempt in (lambda: SqlStore(url).runs(), lambda: SqlStore(url).take("x", holder(), lasts=1)):
        with refused("store.newer") as caught:
            attempt()
    assert named(url) in caught.value.problems[0].saw
    server.sql(f"UPDATE alembic_version SET version_num = '{schema.HEAD}'", database=named(url))
    assert [r.id for r in SqlStore(url).runs()] == ["r"]


def test_an_older_schema_is_brought_up_to_date_by_one_at_a_time(
    server: Server, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqlStore(url).open_run(run("r"), holder(), lasts=LONG)
    monkeypatch.setattr(schema, "REVISIONS", (*schema.REVISIONS, "9998"))
    monkeypatch.setattr(schema, "HEAD", "9998")
    monkeypatch.setattr(postgres, "_PREPARING_SECONDS", 1)

    def upgrade(connection: object) -> None:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9998'")  # type: ignore[attr-defined]

    monkeypatch.setattr(schema, "upgrade", upgrade)
    with server.connection(named(url)) as other:
        other.execute("SELECT pg_advisory_lock(x'46455252'::int)")
        with refused("store.unavailable") as caught:
            SqlStore(url).runs()
        assert "Another process" in caught.value.problems[0].cause
    assert [r.id for r in SqlStore(url).runs()] == ["r"]


@pytest.mark.parametrize("statement", ["UPDATE runs SET head = '{'", "DROP TABLE runs CASCADE"])
def test_a_record_that_cannot_be_read_is_told_with_the_database(server: Server, url: str, statement: str) -> None:
    SqlStore(url).open_run(run("r"), holder(), lasts=LONG)
    server.sql(statement, database=named(url))
    with refused("store.corrupt") as caught:
        SqlStore(url).runs()
    assert named(url) in caught.value.problems[0].saw


def test_the_revisions_make_exactly_the_tables_that_the_code_uses(server: Server, url: str) -> None:
    SqlStore(url).take("x", holder(), lasts=1)
    plain = server.database()
    engine = create_engine(plain.replace("postgresql:", "postgresql+psycopg:"))
    metadata.create_all(engine)
    engine.dispose()
    assert _shape(server, url) == _shape(server, plain)


def _shape(server: Server, url: str) -> set[tuple[object, ...]]:
    columns = (
        "SELECT table_name, column_name, data_type, is_nullable, column_default FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name <> 'alembic_version'"
    )
    indices = "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with server.connection(named(url)) as connection:
        found = {*connection.execute(columns).fetchall(), *connection.execute(indices).fetchall()}
    return {row for row in found if "alembic" not in str(row[0])}


def test_the_driver_is_imported_for_a_server_alone_and_alembic_for_an_old_schema_alone(url: str) -> None:
    SqlStore(url).open_run(run("r"), holder(), lasts=LONG)
    program = """
import sys
from orchestrator.store import SqlStore
assert "psycopg" not in sys.modules
assert len(SqlStore(sys.argv[1]).runs()) == 1
print(",".join(m for m in sys.modules if m.partition(".")[0] in ("alembic", "mako", "paramiko", "libvirt")))
"""
    done = subprocess.run([sys.executable, "-c", program, url], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_without_the_driver_the_way_to_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(OrchestratorError) as caught:
        SqlStore("postgresql://ferry@127.0.0.1/ferry").runs()
    [problem] = caught.value.problems
    assert (problem.code, caught.value.exit_code) == ("store.driver", 3)
    assert problem.fix == f"In ferry's source: {sys.prefix}/bin/pip install '.[postgres]'"
    assert psycopg is not None
