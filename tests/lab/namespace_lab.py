"""The lab made of namespaces: every host is a set of them on this machine."""

import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path, PurePath

from tests.lab import cabling, definition, host_shell, lifecycle, namespaces
from tests.lab.lab_over_shell import LabOverShell
from tests.lab.protocol import Result

# The controller keeps the machine's files but for one: the names of the hosts.
_WITH_HOSTS_FILE = 'mount --bind "$1" /etc/hosts && shift && exec "$@"'


class NamespaceLab(LabOverShell):
    """Implements `protocol.Lab`."""

    def run(self, host: str, argv: Sequence[str], stdin: str = "", timeout: float = 60) -> Result:
        return host_shell.run(self.place, host, argv, stdin, timeout)

    def living_hosts(self) -> Sequence[str]:
        return [host for host in self.hosts() if namespaces.first_process(self.place.host_namespace(host))]

    def controller_argv(self, argv: Sequence[str]) -> list[str]:
        namespace = self.place.namespace_file(self.place.switch_namespace)
        shell = ["sh", "-c", _WITH_HOSTS_FILE, "sh", str(self.place.hosts_file)]
        return ["nsenter", f"--net={namespace}", "--", "unshare", "--mount", "--", *shell, *argv]

    def network_argv(self, host: str, argv: Sequence[str]) -> list[str]:
        namespace = self.place.namespace_file(self.place.host_namespace(host))
        return ["nsenter", f"--net={namespace}", "--", *argv]

    def read_shared(self, path: PurePath) -> str:
        file = self._shared_file(path)
        return file.read_text(errors="replace") if file.exists() else ""

    def remove_shared(self, path: PurePath) -> None:
        self._shared_file(path).unlink(missing_ok=True)

    def kill_host(self, host: str) -> None:
        self._to_mend["host", host] = lambda: self.boot_host(host)
        pid = namespaces.first_process(self.place.host_namespace(host))
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            namespaces.wait_until_gone(pid)

    def boot_host(self, host: str) -> None:
        if namespaces.first_process(self.place.host_namespace(host)) is None:
            host_shell.start(self.place, self.topology, host)
        host_shell.wait_until_serving(self.place, host)

    def stop_daemon(self, host: str) -> None:
        self._to_mend["daemon", host] = lambda: self.start_daemon(host)
        # SIGCONT: a frozen daemon would take its SIGTERM only when it is thawed.
        self._signal_daemon(host, "TERM CONT")
        self._shell(host, "while pgrep -x libvirtd >/dev/null; do sleep 0.05; done")

    def start_daemon(self, host: str) -> None:
        self._shell(host, "pgrep -x libvirtd >/dev/null || exec /usr/sbin/libvirtd --daemon --listen")
        host_shell.wait_until_serving(self.place, host)

    def stop_ssh(self, host: str) -> None:
        self._to_mend["ssh", host] = lambda: self.start_ssh(host)
        self._shell(host, "for pid in $(pgrep -x sshd); do kill -KILL $pid; done")

    def start_ssh(self, host: str) -> None:
        self._shell(host, "pgrep -x sshd >/dev/null || exec /usr/sbin/sshd")

    def link(self, host: str, network: str, *, rate: str | None = None, up: bool | None = None) -> None:
        usual = self.topology.rate(host, network) or "none"
        which = self.topology.networks[network]
        self._to_mend["link", host, network] = lambda: self.link(host, network, rate=usual, up=True)
        if rate is not None:
            cabling.set_rate(self.place, host, which, None if rate == "none" else rate)
        if up is not None:
            cabling.set_carrier(self.place, host, which, up=up)

    def plug_in(self, network: str) -> None:
        plugged = self.topology.plugged(network)
        which = plugged.networks[network]
        cabling.plug_in_network(self.place, plugged, which)
        self.topology = plugged

        def unplug() -> None:
            cabling.unplug_network(self.place, plugged, which)
            self.topology = self.topology.unplugged(network)

        self._to_mend["network", network] = unplug

    def up(self) -> None:
        lifecycle.up(self.place, self.topology, lambda text: print(f"lab {self.place.name}: {text}", file=sys.stderr))

    def down(self) -> None:
        lifecycle.down(self.place)

    def is_up(self) -> bool:
        return lifecycle.is_up(self.place, self.topology)

    def _shared_file(self, path: PurePath) -> Path:
        return self.place.shared / path.relative_to(definition.SHARED)
