"""The lab's PostgreSQL is broken as it is told to be, keeps what was committed, and leaves nothing behind."""

import os
import subprocess

import pytest

from tests.integration.moves import until
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.postgres import Postgres
from tests.lab.process import CommandFailedError

pytestmark = pytest.mark.lab


def sleeper(lab: NamespaceLab, postgres: Postgres) -> "subprocess.Popen[str]":
    """A client in the middle of a statement."""
    words = ["psql", "-X", "-d", postgres.url(), "-c", "select pg_sleep(60)"]
    environment = {**os.environ, "PGPASSFILE": str(postgres.passfile)}
    return subprocess.Popen(lab.controller_argv(words), env=environment, stderr=subprocess.PIPE, text=True)


def clients(postgres: Postgres) -> int:
    return int(postgres.query("postgres", "select count(*) from pg_stat_activity where datname = 'ferry'"))


def test_it_loses_its_connections_and_nothing_that_was_committed(lab: NamespaceLab, postgres: Postgres) -> None:
    assert postgres.query("ferry", "create table kept (n int); insert into kept values (7)") == ""
    with sleeper(lab, postgres) as client:
        until(lambda: clients(postgres) > 0, "it sleeps")
        assert postgres.cut_connections() >= 1
        _, said = client.communicate(timeout=10)
    assert "terminating connection due to administrator command" in said
    for quick in (False, True):
        postgres.restart(quick=quick)
        assert postgres.query("ferry", "select n from kept") == "7\n"
    postgres.stop()
    with pytest.raises(CommandFailedError, match="refused"):
        postgres.query("ferry", "select 1")


def test_each_test_finds_it_up_and_empty(postgres: Postgres) -> None:
    assert postgres.query("ferry", "select count(*) from pg_tables where schemaname = 'public'") == "0\n"


def test_nobody_comes_in_without_the_password(lab: NamespaceLab, postgres: Postgres) -> None:
    words = ["psql", "-X", "-w", "-d", postgres.url(), "-c", "select 1"]
    done = subprocess.run(
        lab.controller_argv(words), env={**os.environ, "PGPASSFILE": "/dev/null"}, capture_output=True, check=False
    )
    assert done.returncode != 0
    assert postgres.password_file.stat().st_mode & 0o077 == 0


def test_a_session_that_was_killed_is_in_nobodys_way(lab: NamespaceLab, postgres: Postgres) -> None:
    postgres.query("ferry", "create table old (n int)")
    again = Postgres(lab)
    again.create()  # the first object still believes that its server runs
    assert again.query("ferry", "select count(*) from pg_tables where schemaname = 'public'") == "0\n"
    listening = subprocess.run(lab.controller_argv(["ss", "-Hltn", "sport = :5432"]), capture_output=True, check=True)
    assert len(listening.stdout.splitlines()) == 1
    again.remove()
    postgres.stop()
    postgres.create()
