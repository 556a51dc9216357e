"""Commands an operator can paste, safe whatever a guest or a file is called."""

import re
from shlex import join

from orchestrator.model.guest import Guest
from orchestrator.model.host import HostEntry

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_.+-]*")


def called(guest: Guest) -> str:
    """The guest's name, or its UUID where virsh or a shell would take the name for something else (5, -f, $(x))."""
    return guest.name if _PLAIN.fullmatch(guest.name) else guest.uuid


def virsh(entry: HostEntry, *words: str) -> str:
    """A virsh command for that host."""
    return join(["virsh", "-c", entry.uri, *words])


def on(entry: HostEntry, *words: str) -> str:
    """A command to be run on that host; each word reaches its program as it is."""
    return join(["ssh", entry.ssh, join(words)])


def script_on(entry: HostEntry, script: str) -> str:
    """A line of shell to be run on that host. Only for text without names that came from outside."""
    return join(["ssh", entry.ssh, script])
