"""Guests on the hosts of a lab: made, listed and removed through each host's own libvirtd."""

import re
import shlex
import time
from collections.abc import Callable, Mapping, Sequence

from tests.lab import definition
from tests.lab.protocol import Result, SeenGuest
from tests.lab.topology import Guest, Network

Run = Callable[[str, Sequence[str], str], Result]
_DISK_SIZE = "64M"
_PASS = re.compile(r"^OK (\d+) ", re.MULTILINE)
# One connection for the whole answer. Names may hold blanks, so the state is what follows the name and two blanks.
_LIST = ["virsh", "-q", "-c", "qemu:///system", "list --all --uuid --name; list --all"]


class GuestSilentError(AssertionError):
    """A guest's console does not show what it should by now."""


def start(run: Run, guest: Guest, host: str, network: Network, xml: str | None) -> None:
    path = definition.disk_path(guest)
    if path is not None:
        run(host, ["qemu-img", "create", "-q", "-f", "qcow2", str(path), _DISK_SIZE], "").checked()
    text = xml or definition.xml(guest, network)
    if not guest.persistent:
        run(host, [*_virsh("create"), "/dev/stdin"], text).checked()
        return
    run(host, [*_virsh("define"), "/dev/stdin"], text).checked()
    if guest.autostart:
        run(host, [*_virsh("autostart"), guest.name], "").checked()
    run(host, [*_virsh("start"), guest.name], "").checked()


def seen_on(run: Run, host: str) -> list[SeenGuest]:
    lines = [line for line in run(host, _LIST, "").checked().stdout.splitlines() if line.strip()]
    half = len(lines) // 2
    named = (line.split(maxsplit=1) for line in lines[:half])
    uuids = {name.strip(): uuid for uuid, name in named}
    return [_seen(line, uuids) for line in lines[half:]]


def _seen(line: str, uuids: Mapping[str, str]) -> SeenGuest:
    rest = line.split(maxsplit=1)[1]
    name = max((name for name in uuids if rest.startswith(name)), key=len)
    return SeenGuest(name, uuids[name], rest.removeprefix(name).strip())


def destroy(run: Run, name: str, host: str) -> None:
    """Takes the guest off one host, running or defined; says nothing when it is not there."""
    quoted = shlex.quote(name)
    virsh = "virsh -q -c qemu:///system"
    disk = shlex.quote(str(definition.LOCAL / f"{name}.qcow2"))
    clear = f"{virsh} destroy {quoted}; {virsh} undefine {quoted} --managed-save --snapshots-metadata; rm -f {disk}"
    run(host, ["sh", "-c", f"({clear}) >/dev/null 2>&1"], "").checked()


def passes(console: str) -> int:
    """The number of the last check of memory that was right, 0 when there was none."""
    found = _PASS.findall(console)
    return int(found[-1]) if found else 0


def wait_for_pass(console: Callable[[], str], name: str, timeout: float) -> None:
    before = passes(console())
    deadline = time.monotonic() + timeout
    while passes(console()) <= before:
        if time.monotonic() > deadline:
            raise GuestSilentError(f"{name} checked no memory in {timeout:g} s; its console: {console()[-500:]!r}")
        time.sleep(0.1)


def _virsh(verb: str) -> list[str]:
    return ["virsh", "-q", "-c", "qemu:///system", verb]
