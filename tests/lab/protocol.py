"""What a lab can do, whatever it is made of: tests know only this."""

import subprocess
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from tests.lab.capture import Capture
from tests.lab.topology import Guest, Topology


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    argv: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    def checked(self) -> "Result":
        if self.returncode:
            said = (self.stderr or self.stdout).strip()
            raise AssertionError(f"{' '.join(self.argv)}: exit {self.returncode}: {said}")
        return self


@dataclass(frozen=True)
class SeenGuest:
    """One line of a host's own list of guests; state in libvirt's words ("running", "shut off", "paused")."""

    name: str
    uuid: str
    state: str


class Lab(Protocol):
    """A set of real libvirt hosts and the place from which ferry drives them."""

    topology: Topology

    # the hosts

    def hosts(self) -> Sequence[str]:
        """Names, in the order of the topology."""

    def run(self, host: str, argv: Sequence[str], stdin: str = "", timeout: float = 60) -> Result:
        """Runs a command as root on a host, past ssh and libvirt, so that it works when these do not."""

    def kill_host(self, host: str) -> None:
        """As if the power had failed: everything on the host is gone at once, its disks stay."""

    def boot_host(self, host: str) -> None:
        """Starts a killed host and waits until it serves."""

    def stop_daemon(self, host: str) -> None:
        """Stops libvirtd; guests go on."""

    def start_daemon(self, host: str) -> None:
        """Starts libvirtd and waits until it serves."""

    def freeze_daemon(self, host: str) -> None:
        """SIGSTOP to libvirtd: it accepts connections and never answers."""

    def thaw_daemon(self, host: str) -> None: ...

    def stop_ssh(self, host: str) -> None: ...

    def start_ssh(self, host: str) -> None: ...

    def pretend_free_memory(self, host: str, mebibytes: int | None) -> None:
        """What the host's /proc/meminfo says is available (libvirt's memory statistics follow); None: the truth."""

    def shell(self, host: str, script: str, undo: str | None = None) -> Result:
        """Runs a shell script as root on a host; `undo` is the script by which mend() takes it back."""

    def plant(self, host: str, path: str, text: str | None, mode: int = 0o644) -> None:
        """Puts a file on a host until mend(), in /proc and /sys over one that exists; None takes the file away."""

    def skew_clock(self, host: str, seconds: float) -> None:
        """`date` on this host is ahead by so much, or behind; nothing else there goes by another time."""

    # the networks

    def link(self, host: str, network: str, *, rate: str | None = None, up: bool | None = None) -> None:
        """Shapes what a host sends on a network ("400mbit", "none" sets it free), or cuts and mends its link."""

    def plug_in(self, network: str) -> None:
        """One of the topology's spare networks comes to every host; mend() takes it away again."""

    def nft(self, host: str, ruleset: str) -> None:
        """Replaces the host's packet filter by this ruleset; an empty one opens everything."""

    def cut_data(self, host: str, *, on: bool = True) -> None:
        """Migration's data streams of this host vanish, and nobody is told; libvirt's own connections go on."""

    def silence(self, host: str, network: str, *, seconds: float | None = None) -> None:
        """Nothing passes between host and network any more, and nobody is told; after `seconds` all passes again."""

    def mute_daemon(self, host: str, *, on: bool = True) -> None:
        """What libvirtd answers other hosts vanishes; what they say still arrives."""

    def reset_copy(self, host: str, *, other_end: bool = True) -> int:
        """Ends the TCP connections of migrations at this host, and says how many. Not other_end: there they are left
        open, and nothing tells it."""

    def capture(self, host: str, network: str, *, at_most: int = 256 << 20) -> Capture:
        """A context in which all that passes through the host's interface is kept, up to so many bytes."""

    def set_mtu(self, host: str, network: str, mtu: int) -> None:
        """Of the host's interface on the network."""

    def swallow(self, host: str, network: str, above: int | None) -> None:
        """Packets to the host that are longer vanish on the way, and nobody is told; None: all pass again."""

    def add_address(self, host: str, network: str, address: str) -> None:
        """Gives the host one more address ("10.77.2.99/24") on the network."""

    def stranger_certificate(self, host: str) -> None:
        """QEMU's certificate on this host is from an authority that the others do not know."""

    def remove_address(self, host: str, network: str, address: str) -> None: ...

    def mend(self) -> None:
        """Undoes whatever this object was asked to break: hosts, daemons, files, clocks, links, filters, memory."""

    def controller_address(self, network: str) -> str: ...

    # the guests

    def start_guest(self, guest: Guest, host: str | None = None, definition: str | None = None) -> None:
        """Starts a guest on a host (its own by default), from another definition if one is given. Disks are made."""

    def kill_guest(self, name: str, host: str) -> None:
        """SIGKILL to the guest's QEMU on a host, also one that is still arriving."""

    def started_guests(self) -> Set[str]:
        """Guests started through this object and not destroyed through it."""

    def guest_console(self, name: str) -> str:
        """Everything the guest has written so far."""

    def wait_for_guest(self, name: str, timeout: float = 60) -> None:
        """Until the guest has checked its memory once more than it had when this was called."""

    def guests_everywhere(self) -> Mapping[str, Sequence[SeenGuest]]:
        """What each host says it has, running or not. A host that is down has nothing to say and is left out."""

    def destroy_guest(self, name: str) -> None:
        """Removes the guest from every host, with its disks and its console."""

    # ferry

    @property
    def ferry_config(self) -> Path:
        """The ferry.yaml of this lab."""

    def ferry(self, *args: str, env: Mapping[str, str] | None = None, timeout: float = 120, stdin: str = "") -> Result:
        """Runs ferry from the controller's place and waits for it."""

    def spawn_ferry(self, *args: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        """Starts ferry with pipes on stdout and stderr, as the leader of a process group; its pid is ferry's own."""

    def controller_argv(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` in the controller's place, for those who start processes themselves."""
