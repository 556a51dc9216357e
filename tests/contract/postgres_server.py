"""A PostgreSQL server of the tests' own: made in a temporary directory, on a free port, gone when they end."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import psycopg
import pytest

PASSWORD = "correct horse; battery staple"
SETTINGS = """
listen_addresses = '127.0.0.1'
fsync = off
max_connections = 200
shared_buffers = 16MB
logging_collector = off
"""
# Everybody may, but the user `locked`, who has a password.
WAYS = """
local all all trust
host all locked 127.0.0.1/32 scram-sha-256
host all outsider 127.0.0.1/32 reject
host all all 127.0.0.1/32 trust
"""


def programs() -> Path | None:
    """Where the newest server is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return found[-1].parent if found else None


class Server:
    """One cluster."""

    def __init__(self, bin_directory: Path, home: Path) -> None:
        self._bin, self._home = bin_directory, home
        self._data = home / "data"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self._numbers = count(1)

    def make(self) -> None:
        self._run(
            "initdb",
            "--no-sync",
            "--wal-segsize=4",
            "--auth=trust",
            "--username=ferry",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
        )
        with (self._data / "postgresql.conf").open("a") as file:
            file.write(f"{SETTINGS}port = {self.port}\nunix_socket_directories = '{self._home}'\n")
        (self._data / "pg_hba.conf").write_text(WAYS)
        self.start()
        self.sql(f"CREATE ROLE locked LOGIN PASSWORD '{PASSWORD}'", "CREATE ROLE outsider LOGIN")

    def start(self) -> None:
        self._run("pg_ctl", "start", "--wait", "--silent", f"--log={self._home}/log")

    def stop(self, how: str = "fast") -> None:
        """immediate: as if the machine had crashed, without its disk."""
        self._run("pg_ctl", "stop", "--wait", "--silent", f"--mode={how}")

    def database(self) -> str:
        """The URL of an empty database."""
        name = f"store{next(self._numbers)}"
        self.sql(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str, user: str = "ferry") -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{name}"

    def sql(self, *statements: str, database: str = "postgres") -> None:
        with self.connection(database) as connection:
            for statement in statements:
                connection.execute(statement)

    @contextmanager
    def connection(self, database: str) -> "Iterator[psycopg.Connection[tuple[object, ...]]]":
        """Beside those of the store, each statement its own transaction."""
        with psycopg.connect(
            host=str(self._home), port=self.port, user="ferry", dbname=database, autocommit=True
        ) as it:
            yield it

    def cut(self) -> int:
        """End every other connection, as a restart or a firewall does; answers how many there were."""
        ended = (
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE pid <> pg_backend_pid() AND application_name = 'ferry'"
        )
        with self.connection("postgres") as connection:
            row = connection.execute(ended).fetchone()
        assert row is not None
        return int(str(row[0]))

    @contextmanager
    def frozen(self, url: str) -> Iterator[None]:
        """Its processes that serve a database stand still: connected, and silent."""
        with self.connection("postgres") as connection:
            rows = connection.execute(
                "SELECT pid FROM pg_stat_activity WHERE datname = %s", (url.rpartition("/")[2],)
            ).fetchall()
        pids = [int(str(pid)) for (pid,) in rows]
        assert pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [str(self._bin / program), f"--pgdata={self._data}", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=(self._home / "told").open("ab"),
            cwd=self._home,
            check=False,
            timeout=120,
            **_somebody(),
        )
        if done.returncode:
            log = self._home / "log"
            told = (self._home / "told").read_text() + (log.read_text() if log.exists() else "")
            raise RuntimeError(f"{program} failed:\n{told[-3000:]}")


def _somebody() -> dict[str, int | list[int]]:
    """PostgreSQL does not run as root."""
    if os.geteuid():
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """Each worker of a parallel run has its own."""
    found = programs()
    if found is None:
        pytest.skip("no PostgreSQL server is installed: apt-get install postgresql (`./lab test`, as root, does it)")
    home = Path(tempfile.mkdtemp(prefix="ferry-pg-"))
    if not os.geteuid():
        os.chown(home, int(str(_somebody()["user"])), int(str(_somebody()["group"])))
    made = Server(found, home)
    try:
        made.make()
        yield made
    finally:
        if (home / "data/postmaster.pid").exists():
            made.stop("immediate")
        shutil.rmtree(home, ignore_errors=True)
