"""Starting a host's namespaces, and running commands inside them."""

import os
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path

from tests.lab import namespaces, roots
from tests.lab.place import MARK, Place
from tests.lab.protocol import Result
from tests.lab.topology import Topology

_BOOT = Path(__file__).with_name("host") / "boot.sh"
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_SSH_LISTENS = "ss -Hltn | grep -q ':22 '"
_ENVIRONMENT = {"PATH": _PATH, "HOME": "/root", "LANG": "C.UTF-8", "TERM": os.environ.get("TERM", "dumb")}


class HostDownError(RuntimeError):
    """The host has no process 1: it was killed or never started."""


def start(place: Place, topology: Topology, host: str) -> None:
    """Starts the host and leaves it running on its own; it is there when `serving` says so."""
    directory = place.host_directory(host)
    root = directory / "root"
    root.mkdir(exist_ok=True)
    boot_id = directory / "boot_id"
    boot_id.write_text(f"{uuid.uuid4()}\n")
    upper, work = overlay_directories(place, host)
    arguments = [host, roots.root_of(topology.machines()[host].suite), upper, work, root, place.shared, boot_id]
    with (directory / "boot.log").open("ab") as log:
        subprocess.Popen(
            [
                *("nsenter", f"--net={place.namespace_file(place.host_namespace(host))}", "--"),
                *("unshare", "--mount", "--uts", "--ipc", "--pid", "--fork", "--kill-child", "--"),
                *("/bin/sh", str(_BOOT), *map(str, arguments)),
            ],
            env={**_ENVIRONMENT, MARK: str(place.state)},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def overlay_directories(place: Place, host: str) -> tuple[Path, Path]:
    """Where the host's own files go. An overlay cannot stand on another overlay, a tmpfs can carry one."""
    base = place.host_directory(host)
    if _is_overlay(base):
        base = Path("/dev/shm") / place.identity / host
    upper, work = base / "upper", base / "work"
    for path in (upper, work):
        path.mkdir(parents=True, exist_ok=True)
    return upper, work


def _is_overlay(path: Path) -> bool:
    command = ["stat", "--file-system", "--format=%T", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip() == "overlayfs"


def enter(place: Place, host: str, argv: Sequence[str]) -> list[str]:
    """The command that runs `argv` as root on the host."""
    pid = namespaces.first_process(place.host_namespace(host))
    if pid is None:
        raise HostDownError(f"{host} is down")
    settings = [f"{name}={value}" for name, value in _ENVIRONMENT.items()]
    return [
        *("nsenter", f"--target={pid}", "--mount", "--uts", "--ipc", "--net", "--pid", "--root", "--wdns=/", "--"),
        *("/usr/bin/env", "-i", *settings, *argv),
    ]


def run(place: Place, host: str, argv: Sequence[str], stdin: str, timeout: float) -> Result:
    # A caller that gives up kills only what enters the namespaces; the limit inside ends the rest a moment later.
    command = enter(place, host, ["timeout", "--signal=KILL", f"{timeout + 1:g}", *argv])
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    return Result(tuple(argv), done.returncode, done.stdout, done.stderr)


def wait_until_serving(place: Place, host: str, timeout: float = 60) -> None:
    """Until libvirtd answers on the host and sshd listens."""
    _wait_until(place, host, f"virsh -q -c qemu:///system version >/dev/null && {_SSH_LISTENS}", timeout)


def wait_until_ssh_listens(place: Place, machine: str, timeout: float = 60) -> None:
    _wait_until(place, machine, _SSH_LISTENS, timeout)


def _wait_until(place: Place, host: str, script: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    probe = ["sh", "-c", script]
    said = "no process 1"
    while time.monotonic() < deadline:
        try:
            result = run(place, host, probe, "", timeout)
        except HostDownError:
            time.sleep(0.05)
            continue
        if result.returncode == 0:
            return
        said = result.stderr.strip()
        time.sleep(0.1)
    log = (place.host_directory(host) / "boot.log").read_text()
    raise TimeoutError(f"{host} does not serve after {timeout:g} s: {said}\n{log}")
