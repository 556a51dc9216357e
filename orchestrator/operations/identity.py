"""Which process this is, whether another one still lives, and who asked for what."""

import os
import platform
import pwd
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from orchestrator import __version__
from orchestrator.model.run import Holder, Who
from orchestrator.model.settings import Settings

_NO_LOGIN = 4294967295  # what the kernel says of a process that nobody logged in for, such as cron's


def this_process() -> Holder:
    """Name this process so that another one can prove its death."""
    seen = _stat(os.getpid())
    return Holder(
        controller=platform.node(),
        boot_id=_boot_id(),
        pid=os.getpid(),
        started=seen.started if seen else 0,
        pid_namespace=_pid_namespace(),
    )


def lives(holder: Holder) -> bool:
    """Whether a process of this PID namespace may still be the one that the lease names; False is proof of its death.

    What /proc hides, and a process of somebody else, prove nothing.
    """
    try:
        os.kill(holder.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it is somebody else's, so it lives; the pid may still have been used again
    seen = _stat(holder.pid)
    return seen is None or not (seen.ended or (holder.started and seen.started != holder.started))


def stopped(holder: Holder) -> bool:
    """Whether the process that the lease names stands still, by SIGSTOP, Ctrl-Z or a debugger. False proves nothing."""
    seen = _stat(holder.pid)
    return seen is not None and seen.stopped and seen.started == holder.started


def who(settings: Settings, argv: Sequence[str], reason: str | None) -> Who:
    """The audit fields of a run that begins now."""
    user = _name(os.geteuid())
    return Who(
        login=os.environ.get("SUDO_USER") or _login() or user,
        user=user,
        controller=platform.node(),
        terminal=_terminal(),
        argv=tuple(argv),
        version=__version__,
        config_digest=settings.config_digest,
        policy_digest=settings.policy_digest,
        reason=reason,
    )


def new_run_name() -> str:
    """Short, sorted by time, and not used by another process of the same second."""
    return f"{datetime.now(UTC):%m%d-%H%M%S}-{secrets.token_hex(2)}"


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def _pid_namespace() -> str:
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stat:
    """started: in clock ticks after boot. ended: nobody has asked yet how it ended (a zombie). stopped: no thread of
    it runs until it is told to go on (T), or its debugger lets it (t)."""

    started: int
    ended: bool
    stopped: bool


def _stat(pid: int) -> _Stat | None:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()  # the command's name may hold spaces and parentheses
    return _Stat(started=int(fields[19]), ended=fields[0] in "ZX", stopped=fields[0] in "Tt")


def _login() -> str | None:
    try:
        uid = int(Path("/proc/self/loginuid").read_text())
    except (OSError, ValueError):
        return None
    return None if uid == _NO_LOGIN else _name(uid)


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _terminal() -> str:
    """The terminal, or the unit of the service manager that started ferry."""
    try:
        return os.ttyname(0)
    except OSError:
        pass
    try:
        cgroup = Path("/proc/self/cgroup").read_text().strip()
    except OSError:
        return ""
    return cgroup.rpartition("/")[2]
