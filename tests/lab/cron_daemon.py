"""Debian's cron in the controller's place: it reads a crontab of the tests, and its mail ends in a file.

It sees the machine's files, but for a few that are laid over them for it alone: ferry is in /usr/local/bin and its
configuration in /etc/ferry, cron's tables are the tests', and a sendmail keeps what it is given.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.lab import unpacked
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.place import CHECKOUT, MARK

_SUITE = "bookworm"  # the older: its cron runs with the libraries of both
_PATIENCE = 60.0
# Arguments: a directory, with what is laid over the machine's in `over`; cron; the lab's hosts file.
_SETUP = """set -eu
mount -t tmpfs tmpfs "$1/layers"
for place in etc usr/local usr/sbin var/spool; do
    mkdir -p "$1/layers/$place/work"
    cp -a "$1/over/$place" "$1/layers/$place/upper"
    mount -t overlay overlay -o \\
        "lowerdir=/$place,upperdir=$1/layers/$place/upper,workdir=$1/layers/$place/work" "/$place"
done
mount -t tmpfs tmpfs /etc/cron.d # the machine's own jobs are not for this daemon
mount -t tmpfs tmpfs /var/spool/cron
mkdir /var/spool/cron/crontabs
install -m 0644 "$1/crontab" /etc/cron.d/ferry
mount --bind "$3" /etc/hosts
mount -t tmpfs tmpfs /run
exec "$2" -f
"""
_SENDMAIL = """#!/bin/sh
{{ cat; echo; }} >>{mail}
"""


class CronDaemon:
    """One daemon with one crontab. mail: all letters that it has sent, each as it was given to sendmail."""

    def __init__(self, lab: NamespaceLab) -> None:
        self._lab = lab
        self._state = lab.place.state / "cron"
        self._mail = self._state / "mail"

    @property
    def mail(self) -> str:
        return self._mail.read_text()

    @contextmanager
    def running(self, crontab: str, config: Path) -> Iterator["CronDaemon"]:
        """cron with this table, and with this directory as /etc/ferry, until the context is left and whatever it
        has begun has ended."""
        self._furnish(crontab, config)
        script = ["sh", "-c", _SETUP, "sh", str(self._state), str(unpacked.root_of(_SUITE) / "usr/sbin/cron")]
        with (self._state / "log").open("ab") as log:
            process = subprocess.Popen(
                self._lab.controller_argv([*script, str(self._lab.place.hosts_file)]),
                env={**os.environ, MARK: str(self._lab.place.state)},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            yield self
            assert process.poll() is None, (self._state / "log").read_text()
        finally:
            _end(process)

    def _furnish(self, crontab: str, config: Path) -> None:
        shutil.rmtree(self._state, ignore_errors=True)
        over = self._state / "over"
        for directory in ("etc/pam.d", "usr/local/bin", "usr/sbin", "var/spool/cron"):
            (over / directory).mkdir(parents=True)
        (self._state / "layers").mkdir()
        self._mail.touch()
        (self._state / "crontab").write_text(crontab)
        (over / "etc/crontab").touch()
        (over / "etc/ferry").symlink_to(config)
        shutil.copy(unpacked.root_of(_SUITE) / "etc/pam.d/cron", over / "etc/pam.d/cron")
        (over / "usr/local/bin/ferry").symlink_to(CHECKOUT / ".venv/bin/ferry")
        sendmail = over / "usr/sbin/sendmail"
        sendmail.write_text(_SENDMAIL.format(mail=self._mail))
        sendmail.chmod(0o755)


def _end(daemon: "subprocess.Popen[bytes]") -> None:
    """It begins nothing more; its jobs go on to their end, and are killed only if they find none."""
    there = _files_of(daemon.pid)
    daemon.send_signal(signal.SIGTERM)
    daemon.wait(_PATIENCE)
    deadline = time.monotonic() + _PATIENCE
    while jobs := [int(path.name) for path in Path("/proc").glob("[0-9]*") if _files_of(int(path.name)) == there]:
        if time.monotonic() > deadline:
            for job in jobs:
                os.kill(job, signal.SIGKILL)
            raise TimeoutError(f"jobs of cron do not end: {jobs}")
        time.sleep(0.1)


def _files_of(pid: int) -> str:
    """The mount namespace of a process; empty if it has ended."""
    try:
        return str(Path(f"/proc/{pid}/ns/mnt").readlink())
    except OSError:
        return ""
