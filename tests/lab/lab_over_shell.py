"""Everything a lab does by running commands on its hosts, the same whatever the hosts are made of."""

import os
import shlex
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence, Set
from contextlib import ExitStack
from pathlib import Path, PurePath

from tests.lab import credentials, definition, filters, guests, memory_pretence, planting
from tests.lab.capture import PROGRAM, Capture
from tests.lab.place import CHECKOUT, Place
from tests.lab.protocol import Result, SeenGuest
from tests.lab.topology import Guest, Topology

_QEMU_KEYS = "/etc/pki/qemu"


class LabOverShell(ABC):
    """The part of `protocol.Lab` that needs no more than `run`."""

    def __init__(self, place: Place, topology: Topology) -> None:
        self.place = place
        self.topology = topology
        self._started: set[str] = set()
        self._to_mend: dict[tuple[str, ...], Callable[[], None]] = {}  # what was bent → how to undo it

    @abstractmethod
    def run(self, host: str, argv: Sequence[str], stdin: str = "", timeout: float = 60) -> Result: ...

    @abstractmethod
    def living_hosts(self) -> Sequence[str]: ...

    @abstractmethod
    def controller_argv(self, argv: Sequence[str]) -> list[str]: ...

    @abstractmethod
    def network_argv(self, host: str, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` in the network of a host, where python3 is to be had."""

    @abstractmethod
    def read_shared(self, path: PurePath) -> str:
        """The text of a file on /srv/shared, empty when there is none; also while every host is down or busy."""

    @abstractmethod
    def remove_shared(self, path: PurePath) -> None: ...

    def hosts(self) -> Sequence[str]:
        return list(self.topology.hosts)

    def freeze_daemon(self, host: str) -> None:
        self._to_mend["freeze", host] = lambda: self.thaw_daemon(host)
        self._signal_daemon(host, "STOP")

    def thaw_daemon(self, host: str) -> None:
        self._signal_daemon(host, "CONT")

    def pretend_free_memory(self, host: str, mebibytes: int | None) -> None:
        self._to_mend["memory", host] = lambda: memory_pretence.apply(self.run, host, None)
        memory_pretence.apply(self.run, host, mebibytes)

    def shell(self, host: str, script: str, undo: str | None = None) -> Result:
        if undo is not None:
            self._to_mend["shell", host, undo] = lambda: self._shell(host, undo)
        return self.run(host, ["sh", "-c", script])

    def plant(self, host: str, path: str, text: str | None, mode: int = 0o644) -> None:
        self._to_mend["plant", host, path] = lambda: planting.restore(self.run, host, path)
        planting.plant(self.run, host, path, text, mode)

    def skew_clock(self, host: str, seconds: float) -> None:
        self.plant(host, planting.DATE, planting.date_ahead_by(seconds), 0o755)

    def set_mtu(self, host: str, network: str, mtu: int) -> None:
        device = self.topology.networks[network].interface
        before = self.run(host, ["cat", f"/sys/class/net/{device}/mtu"]).checked().stdout.strip()
        self._to_mend.setdefault(("mtu", host, network), lambda: self.set_mtu(host, network, int(before)))
        self.run(host, ["ip", "link", "set", device, "mtu", str(mtu)]).checked()

    def swallow(self, host: str, network: str, above: int | None) -> None:
        device = self.topology.networks[network].interface
        self._filter(host, None if above is None else filters.swallow(device, above), filters.swallow(device, 0))

    def cut_data(self, host: str, *, on: bool = True) -> None:
        self._filter(host, filters.DATA_CUT if on else None, filters.DATA_CUT)

    def silence(self, host: str, network: str, *, seconds: float | None = None) -> None:
        table = filters.silence(self.topology.networks[network].interface)
        self._filter(host, table, table, seconds)

    def mute_daemon(self, host: str, *, on: bool = True) -> None:
        self._filter(host, filters.DAEMON_MUTE if on else None, filters.DAEMON_MUTE)

    def reset_copy(self, host: str, *, other_end: bool = True) -> int:
        if not other_end:
            self._filter(host, filters.NO_RESETS, filters.NO_RESETS)
        killed = self.run(host, ["ss", "-HtnK", "state", "established", filters.OF_DATA]).checked().stdout
        return len([line for line in killed.splitlines() if line.strip()])

    def capture(self, host: str, network: str, *, at_most: int = 256 << 20) -> Capture:
        device = self.topology.networks[network].interface
        return Capture(self.network_argv(host, ["/usr/bin/python3", "-c", PROGRAM, device, str(at_most)]))

    def stranger_certificate(self, host: str) -> None:
        certificate, key = credentials.stranger(self.place, self.topology, host)
        for role in ("server", "client"):
            self.plant(host, f"{_QEMU_KEYS}/{role}-cert.pem", certificate)
            self.plant(host, f"{_QEMU_KEYS}/{role}-key.pem", key, 0o600)

    def add_address(self, host: str, network: str, address: str) -> None:
        self._to_mend["address", host, address] = lambda: self._address(host, network, "del", address)
        self._address(host, network, "replace", address)

    def remove_address(self, host: str, network: str, address: str) -> None:
        self._to_mend["address", host, address] = lambda: self._address(host, network, "replace", address)
        self._address(host, network, "del", address)

    def nft(self, host: str, ruleset: str) -> None:
        self._to_mend["nft", host] = lambda: self.nft(host, "")
        self.run(host, ["nft", "-f", "-"], f"flush ruleset\n{ruleset}\n").checked()

    def mend(self) -> None:
        # In the order in which things were bent: a host has to be there before its daemon is asked to be. One that
        # cannot be undone keeps no other from it. A network goes last: what was bent on it is undone before.
        bent = sorted(self._to_mend.items(), key=lambda one: one[0][0] == "network")
        with ExitStack() as stack:
            stack.callback(self._to_mend.clear)
            for _, undo in reversed(bent):
                stack.callback(undo)

    def controller_address(self, network: str) -> str:
        return self.topology.controller_address(network)

    def start_guest(self, guest: Guest, host: str | None = None, definition: str | None = None) -> None:
        self._started.add(guest.name)
        guests.start(self.run, guest, host or guest.host, self.topology.networks["guest"], definition)

    def kill_guest(self, name: str, host: str) -> None:
        self._shell(host, f"kill -KILL $(cat /run/libvirt/qemu/{shlex.quote(name)}.pid)")

    def started_guests(self) -> Set[str]:
        return self._started

    def guest_console(self, name: str) -> str:
        return self.read_shared(definition.console_path(name))

    def wait_for_guest(self, name: str, timeout: float = 60) -> None:
        guests.wait_for_pass(lambda: self.guest_console(name), name, timeout)

    def guests_everywhere(self) -> Mapping[str, Sequence[SeenGuest]]:
        return {host: guests.seen_on(self.run, host) for host in self.living_hosts()}

    def destroy_guest(self, name: str) -> None:
        self._started.discard(name)
        for host in self.living_hosts():
            guests.destroy(self.run, name, host)
        for path in (definition.console_path(name), definition.SHARED / f"{name}.qcow2"):
            self.remove_shared(path)

    @property
    def ferry_config(self) -> Path:
        return self.place.ferry_config

    def ferry(self, *args: str, env: Mapping[str, str] | None = None, timeout: float = 120, stdin: str = "") -> Result:
        done = subprocess.run(
            self.ferry_argv(args),
            env=self.controller_environment(env),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Result(("ferry", *args), done.returncode, done.stdout, done.stderr)

    def spawn_ferry(self, *args: str, env: Mapping[str, str] | None = None) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            self.ferry_argv(args),
            env=self.controller_environment(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def ferry_argv(self, args: Sequence[str]) -> list[str]:
        return self.controller_argv([str(CHECKOUT / ".venv/bin/ferry"), *args])

    def controller_environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return {**os.environ, "FERRY_CONFIG": str(self.ferry_config), **(more or {})}

    def _signal_daemon(self, host: str, signals: str) -> None:
        self._shell(
            host, f"pid=$(pgrep -o -x libvirtd) && for name in {signals}; do kill -$name $pid || [ $name = CONT ]; done"
        )

    def _filter(
        self, host: str, table: filters.Table | None, always: filters.Table, seconds: float | None = None
    ) -> None:
        """Puts one table into the packet filter in the place of an earlier one of its name; None: only takes it out."""
        remove = f"nft delete table {always.name} 2>/dev/null || true"
        self._to_mend["filter", host, always.name] = lambda: self._shell(host, remove)
        self._shell(host, remove)
        if table is not None:
            self.run(host, ["nft", "-f", "-"], table.text).checked()
        if seconds is not None:
            self._shell(host, f"(sleep {seconds:g}; {remove}) >/dev/null 2>&1 </dev/null &")

    def _address(self, host: str, network: str, verb: str, address: str) -> None:
        where = self.topology.networks[network]
        self.run(host, ["ip", "addr", verb, address, "dev", where.bridge or where.interface]).checked()

    def _shell(self, host: str, script: str) -> None:
        self.run(host, ["sh", "-c", script]).checked()
