"""The lab made of virtual machines by Vagrant, for those who want real kernels: `python -m tests.lab.vagrant_lab up`.

Its Vagrantfile is checked by the tests. Bringing it up needs a libvirt provider, Debian's boxes and, without KVM, much
patience: this class itself is not part of the test run, and has not yet been tried on real machines.
"""

import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path, PurePath

from tests.lab import credentials, definition, furnishing, image, place, settings, topology
from tests.lab.lab_over_shell import LabOverShell
from tests.lab.process import checked
from tests.lab.protocol import Result

_DIRECTORY = place.CHECKOUT / "vagrant"
_BOOT_SECONDS = 900.0
_DAEMON_UNITS = (
    "libvirtd.service",
    "libvirtd.socket",
    "libvirtd-ro.socket",
    "libvirtd-admin.socket",
    "libvirtd-tls.socket",
)
# Commands of the lab come in over Vagrant's own network, so ssh can be closed to ferry and stay open to us.
_NO_SSH = """table inet ferry_no_ssh {
  chain input {
    type filter hook input priority -10
    iifname mgmt tcp dport 22 reject
  }
}
"""


class VagrantLab(LabOverShell):
    """Implements `protocol.Lab`. The controller is this machine: it has the first address of each network."""

    def run(self, host: str, argv: Sequence[str], stdin: str = "", timeout: float = 60) -> Result:
        command = [*self._ssh(host), shlex.join(["sudo", "--", *argv])]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
        return Result(tuple(argv), done.returncode, done.stdout, done.stderr)

    def living_hosts(self) -> Sequence[str]:
        rows = (line.split(",") for line in self._vagrant("status", "--machine-readable").splitlines())
        return [row[1] for row in rows if row[2:4] == ["state", "running"]]

    def controller_argv(self, argv: Sequence[str]) -> list[str]:
        return list(argv)

    def network_argv(self, host: str, argv: Sequence[str]) -> list[str]:
        return [*self._ssh(host), shlex.join(["sudo", "--", *argv])]

    def read_shared(self, path: PurePath) -> str:
        return self.run(self._storage_server, ["cat", str(path)]).stdout

    def remove_shared(self, path: PurePath) -> None:
        self.run(self._storage_server, ["rm", "-f", str(path)]).checked()

    def kill_host(self, host: str) -> None:
        self._to_mend["host", host] = lambda: self.boot_host(host)
        self._vagrant("halt", "--force", host)

    def boot_host(self, host: str) -> None:
        self._vagrant("up", "--no-provision", host)
        self._wait_until_serving(host)

    def stop_daemon(self, host: str) -> None:
        self._to_mend["daemon", host] = lambda: self.start_daemon(host)
        self.thaw_daemon(host)
        # The sockets go too, or the next connection would start the daemon again.
        self.run(host, ["systemctl", "stop", *_DAEMON_UNITS]).checked()

    def start_daemon(self, host: str) -> None:
        self.run(host, ["systemctl", "start", *_DAEMON_UNITS[1:], _DAEMON_UNITS[0]]).checked()
        self._wait_until_serving(host)

    def stop_ssh(self, host: str) -> None:
        self._to_mend["ssh", host] = lambda: self.start_ssh(host)
        self.run(host, ["nft", "-f", "-"], _NO_SSH).checked()

    def start_ssh(self, host: str) -> None:
        self.run(host, ["nft", "delete", "table", "inet", "ferry_no_ssh"])

    def link(self, host: str, network: str, *, rate: str | None = None, up: bool | None = None) -> None:
        usual = self.topology.rate(host, network) or "none"
        interface = self.topology.networks[network].interface
        self._to_mend["link", host, network] = lambda: self.link(host, network, rate=usual, up=True)
        if rate is not None:
            shape = ["noqueue"] if rate == "none" else ["tbf", "rate", rate, "burst", "512kb", "latency", "50ms"]
            self.run(host, ["tc", "qdisc", "replace", "dev", interface, "root", *shape]).checked()
        if up is not None:
            self.run(host, ["ip", "link", "set", interface, "up" if up else "down"]).checked()

    def plug_in(self, network: str) -> None:
        raise NotImplementedError(f"virtual machines have the networks they were made with: {network} is none of them")

    def up(self) -> None:
        self.down()
        self.place.state.mkdir(parents=True)
        credentials.create(self.place, self.topology)
        settings.write(self.place, self.topology)
        for host in self.topology.hosts:
            furnishing.furnish(self.place, self.topology, host, self.place.host_directory(host) / "upper")
        self._vagrant("up")
        self._ssh_config.write_text(self._vagrant("ssh-config"))
        built = image.image()
        for name in (image.KERNEL, image.INITRAMFS):
            command = [*self._ssh(self._storage_server), f"sudo sh -c 'cat > {definition.IMAGES}/{name}'"]
            with (built / name).open("rb") as content:
                subprocess.run(command, stdin=content, check=True)

    def down(self) -> None:
        if self.place.state.exists():
            self._vagrant("destroy", "--force")
            shutil.rmtree(self.place.state)

    @property
    def _storage_server(self) -> str:
        return next(iter(self.topology.hosts))

    @property
    def _ssh_config(self) -> Path:
        return self.place.state / "vagrant_ssh_config"

    def _ssh(self, host: str) -> list[str]:
        return ["ssh", "-F", str(self._ssh_config), host, "--"]

    def _vagrant(self, *arguments: str) -> str:
        directories = (
            f"VAGRANT_CWD={_DIRECTORY}",
            f"VAGRANT_DOTFILE_PATH={self.place.state / 'vagrant'}",
            f"FERRY_LAB_DIRECTORY={self.place.state}",
        )
        return checked(["env", *directories, "vagrant", *arguments])

    def _wait_until_serving(self, host: str) -> None:
        deadline = time.monotonic() + _BOOT_SECONDS
        while self.run(host, ["virsh", "-q", "-c", "qemu:///system", "version"]).returncode:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{host} does not serve after {_BOOT_SECONDS:g} s")
            time.sleep(2)


def main() -> None:
    # Its machines have root's ssh only and no IPv6: the detours to hosts exist between namespaces.
    lab = VagrantLab(place.place_of("vagrant"), topology.read().equal())
    verbs = {"up": lab.up, "down": lab.down}
    if len(sys.argv) != 2 or sys.argv[1] not in verbs:
        sys.exit("usage: python -m tests.lab.vagrant_lab up|down")
    verbs[sys.argv[1]]()


if __name__ == "__main__":
    main()
