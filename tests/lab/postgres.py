"""A PostgreSQL server in the controller's place, for several ferries with one store.

Its files are the lab's own and it carries the lab's mark, so that `./lab down` and the next `./lab up` remove it like
everything else. It runs in a user namespace: PostgreSQL refuses to be root, and the lab's state may be root's alone.
"""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from tests.lab.namespace_lab import NamespaceLab
from tests.lab.place import MARK, NAMESPACES
from tests.lab.process import CommandFailedError, checked

_PROGRAMS = Path("/usr/lib/postgresql")
_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534", "--")
_USER, _DATABASE, _PORT = "ferry", "ferry", 5432
_PATIENCE = 30.0
# Lost power is not what is tested here; a commit that is answered is in the kernel's hands.
_SETTINGS = ("fsync=off", "unix_socket_directories=", "max_connections=200", "log_connections=on")
_CUT = "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'client backend'"


class Postgres:
    """One server, with one role and databases as they are asked for."""

    def __init__(self, lab: NamespaceLab) -> None:
        self._lab = lab
        self._state = lab.place.state / "postgres"
        self._process: subprocess.Popen[bytes] | None = None
        self.address = lab.controller_address("management")

    @property
    def password_file(self) -> Path:
        """The password of the role, and nothing else."""
        return self._state / "password"

    @property
    def passfile(self) -> Path:
        """The same as libpq's own files have it."""
        return self._state / "pgpass"

    @property
    def log(self) -> Path:
        """What the server says."""
        return self._state / "log"

    def url(self, database: str = _DATABASE) -> str:
        """Without a password: that is in `password_file` and in `passfile`."""
        return f"postgresql://{_USER}@{self.address}:{_PORT}/{database}"

    def create(self) -> None:
        """A new server, whatever an earlier session left."""
        self._end_leftover()
        shutil.rmtree(self._state, ignore_errors=True)
        self._state.mkdir(mode=0o700)
        password = os.urandom(16).hex()
        for file, text in ((self.password_file, password), (self.passfile, f"*:*:*:{_USER}:{password}")):
            file.touch(0o600)
            file.write_text(f"{text}\n")
        words = ("-U", _USER, "--auth=scram-sha-256", f"--pwfile={self.password_file}", "-E", "UTF8", "--no-locale")
        checked([*_NOBODY, self._program("initdb"), "-D", str(self._data), *words, "--no-sync"])
        (self._data / "pg_hba.conf").write_text(f"host all {_USER} samenet scram-sha-256\n")
        self.start()
        self.create_database(_DATABASE)

    def remove(self) -> None:
        """The server and its files."""
        self.stop(quick=True)
        shutil.rmtree(self._state)

    def start(self) -> None:
        """Unless it runs; until it answers."""
        if self._process is not None and self._process.poll() is None:
            return
        settings = (*_SETTINGS, f"listen_addresses={self.address}", f"port={_PORT}")
        given = (word for setting in settings for word in ("-c", setting))
        server = [*_NOBODY, self._program("postgres"), "-D", str(self._data), *given]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                ["nsenter", f"--net={NAMESPACES / self._lab.place.switch_namespace}", "--", *server],
                env={**os.environ, MARK: str(self._lab.place.state)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + _PATIENCE
        while self._psql("postgres", "select 1").returncode:
            if time.monotonic() > deadline or self._process.poll() is not None:
                raise CommandFailedError(f"PostgreSQL does not answer:\n{self.log.read_text()[-2000:]}")
            time.sleep(0.1)

    def stop(self, *, quick: bool = False) -> None:
        """Its connections are cut, what they had begun is rolled back. quick: as if its process had been killed."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGQUIT if quick else signal.SIGINT)
        self._process.wait(_PATIENCE)
        self._process = None

    def restart(self, *, away: float = 0.0, quick: bool = False) -> None:
        """It is away for at least so many seconds."""
        self.stop(quick=quick)
        time.sleep(away)
        self.start()

    def cut_connections(self) -> int:
        """Ends every client's connection, and says how many those were."""
        others = f"{_CUT} and pid <> pg_backend_pid()"
        return self.query("postgres", others).split().count("t")

    def create_database(self, name: str) -> str:
        """An empty database; answers its URL."""
        self.query("postgres", f'drop database if exists "{name}" with (force)')
        self.query("postgres", f'create database "{name}"')
        return self.url(name)

    def query(self, database: str, sql: str) -> str:
        """What it answers: a row a line, columns with | between them."""
        done = self._psql(database, sql)
        if done.returncode:
            raise CommandFailedError(f"{sql}: {done.stderr.strip()}")
        return done.stdout

    @property
    def _data(self) -> Path:
        return self._state / "data"

    def _psql(self, database: str, sql: str) -> "subprocess.CompletedProcess[str]":
        words = ["psql", "-X", "-q", "-A", "-t", "-d", self.url(database), "-c", sql]
        environment = {**os.environ, "PGPASSFILE": str(self.passfile), "PGCONNECT_TIMEOUT": "5"}
        argv = self._lab.controller_argv(words)
        return subprocess.run(argv, env=environment, capture_output=True, text=True, timeout=_PATIENCE, check=False)

    def _program(self, name: str) -> str:
        newest = max(_PROGRAMS.glob("*/bin"), key=lambda path: int(path.parent.name), default=None)
        if newest is None:
            raise CommandFailedError(
                "PostgreSQL is missing; as root: apt-get install --no-install-recommends postgresql"
            )
        return str(newest / name)

    def _end_leftover(self) -> None:
        """The server of a session that was killed."""
        try:
            pid = int((self._data / "postmaster.pid").read_text().split()[0])
            own = f"{MARK}={self._lab.place.state}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError, IndexError, ValueError):
            return
        if own:
            os.kill(pid, signal.SIGQUIT)
            deadline = time.monotonic() + _PATIENCE
            while Path(f"/proc/{pid}/exe").exists():  # a zombie has none
                if time.monotonic() > deadline:
                    raise TimeoutError(f"the PostgreSQL of an earlier session, process {pid}, does not end")
                time.sleep(0.05)
