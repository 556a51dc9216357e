"""Network namespaces by name, and the processes that live in them."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from tests.lab.place import MARK, NAMESPACES, Place

_PROC = Path("/proc")
_KILL_SECONDS = 20.0


def add(namespace: str) -> None:
    subprocess.run(["ip", "netns", "add", namespace], check=True)


def exists(namespace: str) -> bool:
    return (NAMESPACES / namespace).exists()


def batch(namespace: str, lines: Iterable[str]) -> None:
    """Several `ip` commands inside a namespace in one go: each process saved is time saved at every start."""
    text = "".join(f"{line}\n" for line in lines)
    subprocess.run(["ip", "-netns", namespace, "-batch", "-"], input=text, text=True, check=True)


def of_lab(place: Place) -> list[str]:
    """Every namespace that carries this lab's identity, also those of an earlier topology."""
    if not NAMESPACES.is_dir():
        return []
    own, prefix = place.switch_namespace, place.host_namespace("")
    return sorted(
        name for name in (path.name for path in NAMESPACES.iterdir()) if name == own or name.startswith(prefix)
    )


def remove(namespace: str) -> None:
    """A namespace takes its links and bridges along."""
    subprocess.run(["ip", "netns", "delete", namespace], check=True)


def first_process(namespace: str) -> int | None:
    """Process 1 of the host in this namespace, as the machine counts processes; None until it has become tini.

    Before that it still sees the machine's own files, and whoever follows it would act on the machine.
    """
    network = _identity(NAMESPACES / namespace)
    if network is None:
        return None
    for pid in _pids():
        if _identity(_PROC / str(pid) / "ns/net") == network and _number_inside(pid) == 1:
            return pid if _command(pid) == "tini" else None
    return None


def processes_of(place: Place) -> list[int]:
    """Everything that lives in one of the lab's namespaces or carries its mark, this process left out.

    The mark finds what started but has not yet entered a namespace, and what outlived the namespace's name.
    """
    networks = {_identity(NAMESPACES / name) for name in of_lab(place)} - {None}
    mark = f"{MARK}={place.state}".encode()

    def belongs(pid: int) -> bool:
        return _identity(_PROC / str(pid) / "ns/net") in networks or _has_mark(pid, mark)

    return [pid for pid in _pids() if pid != os.getpid() and belongs(pid)]


def kill_all(place: Place) -> None:
    """Kills what the lab runs until nothing is left; by number, looked up again for each round."""
    deadline = time.monotonic() + _KILL_SECONDS
    while pids := processes_of(place):
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if time.monotonic() > deadline:
            raise TimeoutError(f"processes of lab {place.name} outlive SIGKILL: {pids}")
        time.sleep(0.02)


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + _KILL_SECONDS
    while _number_inside(pid) is not None:
        if time.monotonic() > deadline:
            raise TimeoutError(f"process {pid} outlives SIGKILL")
        time.sleep(0.02)


def _pids() -> Iterable[int]:
    return (int(path.name) for path in _PROC.iterdir() if path.name.isdigit())


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:  # ended, or never was
        return None
    return status.st_dev, status.st_ino


def _number_inside(pid: int) -> int | None:
    """The process's number in its own PID namespace; None for one that lives in the machine's."""
    try:
        status = (_PROC / str(pid) / "status").read_text()
    except OSError:
        return None
    numbers = next((line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:")), [])
    return int(numbers[-1]) if len(numbers) > 1 else None


def _command(pid: int) -> str:
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _has_mark(pid: int, mark: bytes) -> bool:
    try:
        return mark in (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return False
