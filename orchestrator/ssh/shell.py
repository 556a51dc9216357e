"""The HostShell of one host: one connection kept for the process, every command bounded in time."""

import os
import subprocess
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

import paramiko

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry
from orchestrator.ports import CommandResult
from orchestrator.ssh import openssh
from orchestrator.ssh.host_keys import UntrustedHostError
from orchestrator.ssh.login import NotLoggedInError
from orchestrator.ssh.session import open_session, run

T = TypeVar("T")
# A connection that failed is not tried again at once: newer sshds shut out whoever fails often (PerSourcePenalties).
_FAILURE_LASTS = 5.0
_AT_ONCE = 8  # sshd allows ten sessions in one connection (MaxSessions), and some are another program's


class SshShell:
    """Run scripts on one host. `config`: the OpenSSH configuration file (None: the user's own)."""

    def __init__(self, entry: HostEntry, *, config: str | None = None) -> None:
        self._entry = entry
        self._config = config
        self._lock = threading.Lock()
        self._opening: Future[paramiko.Transport] | None = None
        self._since = 0.0
        self._slots = threading.Semaphore(_AT_ONCE)

    def open_soon(self) -> None:
        """Begin to connect in the background."""
        self._session()

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        """Run a POSIX shell script. Unknown: it may or may not have run."""
        deadline = time.monotonic() + within
        opening = self._session()
        try:
            transport = opening.result(within)
            done = _in_background(lambda: self._run(transport, script, within), f"ssh-{self._entry.name}")
            return done.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            # Others may be waiting for scripts of theirs on this connection: it is left to them, and not used again.
            self._forget(opening)
            return self._unknown(f"no answer within {within:.3g} s")
        except (UntrustedHostError, NotLoggedInError) as error:
            return self._unknown(str(error), code="host.credentials")
        except (OSError, EOFError, subprocess.SubprocessError, paramiko.SSHException) as error:
            if opening.exception() is None:
                self._forget(opening)
            return self._unknown(_words(error))

    def _run(self, transport: paramiko.Transport, script: str, within: float) -> CommandResult:
        with self._slots:
            status, stdout, stderr = run(transport, script, within)
        return CommandResult(status=status, stdout=stdout, stderr=stderr)

    def _session(self) -> "Future[paramiko.Transport]":
        with self._lock:
            if self._opening is None or self._useless(self._opening):
                self._opening = _in_background(self._open, f"ssh-{self._entry.name}")
                self._since = time.monotonic()
            return self._opening

    def _useless(self, opening: "Future[paramiko.Transport]") -> bool:
        if not opening.done():
            return False
        if opening.exception() is not None:
            return time.monotonic() - self._since > _FAILURE_LASTS
        return not opening.result().is_active()

    def _open(self) -> paramiko.Transport:
        answer = openssh.ask(self._entry.ssh, self._config)
        return open_session(openssh.parse(answer, config=self._config, agent_socket=os.environ.get("SSH_AUTH_SOCK")))

    def _forget(self, opening: "Future[paramiko.Transport]") -> None:
        with self._lock:
            if self._opening is opening:
                self._opening = None

    def _unknown(self, why: str, *, code: str = "host.shell") -> Unknown:
        return Unknown(why=why, code=code, leg=f"controller to {self._entry.name}, ssh")


def _words(error: Exception) -> str:
    if isinstance(error, paramiko.SSHException) and "banner" in str(error):
        return "the SSH server closed the connection before saying anything (too many failed log-ins from here?)"
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return "; ".join(line.strip() for line in text.splitlines() if line.strip()) or type(error).__name__


def _in_background(work: Callable[[], T], name: str) -> "Future[T]":
    future: Future[T] = Future()

    def carry() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=carry, name=name, daemon=True).start()
    return future
