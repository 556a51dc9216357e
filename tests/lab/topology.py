"""The topology file as values: hosts, networks, links, guests."""

import dataclasses
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("topology.yaml")
CONTROLLER_NUMBER = 1
ROUTER_NUMBER = 1  # on networks that the controller has no place on
Range = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True)
class Beyond:
    """The subnet on the other side of a router, and who is there."""

    cidr: Range
    hosts: tuple[str, ...]


@dataclass(frozen=True)
class Network:
    """name: also that of its switch."""

    name: str
    cidr: Range
    interface: str
    rate: str | None = None
    bridge: str | None = None
    controller: bool = False
    cidr6: ipaddress.IPv6Network | None = None
    beyond: Beyond | None = None

    def at(self, host: str) -> "Network":
        """The side of the router on which this host is."""
        far = self.beyond is not None and host in self.beyond.hosts
        return self.sides()[-1] if far else self.sides()[0]

    def sides(self) -> "tuple[Network, ...]":
        """Its subnets, each as a network of its own."""
        near = dataclasses.replace(self, beyond=None)
        if self.beyond is None:
            return (near,)
        return near, dataclasses.replace(near, name=f"{self.name}-far", cidr=self.beyond.cidr)

    def address(self, number: int) -> str:
        """The number is read as it is written: host 12 has an IPv6 address that ends in ::12."""
        return str(self.cidr.network_address + (number if self.cidr.version == 4 else int(str(number), 16)))

    def with_prefix(self, number: int) -> str:
        return f"{self.address(number)}/{self.cidr.prefixlen}"

    def address6(self, number: int) -> str | None:
        """Beside the one of IPv4."""
        return str(self.cidr6.network_address + int(str(number), 16)) if self.cidr6 else None

    def with_prefix6(self, number: int) -> str | None:
        return f"{self.address6(number)}/{self.cidr6.prefixlen}" if self.cidr6 else None


@dataclass(frozen=True)
class Machine:
    """What has a place on the management network."""

    name: str
    suite: str
    number: int


@dataclass(frozen=True)
class Host(Machine):
    """A libvirt host, and how ferry reaches it."""

    memory_mib: int
    cpus: int
    user: str = "root"
    ipv6_only: bool = False
    behind: str | None = None  # the jump host


@dataclass(frozen=True)
class Workload:
    """What a guest does with its memory; see guest/init.c."""

    size: int = 16
    rate: float = 0
    kind: str = "small"
    corrupt_pass: int = 0
    pass_seconds: float = 1
    report_seconds: float = 0  # how often it tells its progress between two passes; 0: never
    marker: str = ""  # text that a MiB of the guest's memory is full of


@dataclass(frozen=True)
class Guest:
    name: str
    host: str
    number: int
    memory_mib: int = 256
    disk: str = "none"
    persistent: bool = True
    autostart: bool = False
    workload: Workload = field(default_factory=Workload)


@dataclass(frozen=True)
class Topology:
    hosts: Mapping[str, Host]
    networks: Mapping[str, Network]
    guests: Mapping[str, Guest]
    rates: Mapping[tuple[str, str], str]  # (host, network) → rate, where a link differs from its network
    jump_hosts: Mapping[str, Machine] = field(default_factory=dict)
    spare: Mapping[str, Network] = field(default_factory=dict)  # networks that are not there until they are plugged in

    def plugged(self, *spare: str) -> "Topology":
        """The same with these networks besides."""
        return dataclasses.replace(self, networks={**self.networks, **{name: self.spare[name] for name in spare}})

    def unplugged(self, network: str) -> "Topology":
        """The same without this network."""
        rest = {name: one for name, one in self.networks.items() if name != network}
        return dataclasses.replace(self, networks=rest)

    def rate(self, host: str, network: str) -> str | None:
        return self.rates.get((host, network), self.networks[network].rate)

    def address(self, host: str, network: str) -> str:
        return self.networks[network].at(host).address(self.hosts[host].number)

    def controller_address(self, network: str) -> str:
        return self.networks[network].address(CONTROLLER_NUMBER)

    def jumps(self) -> Mapping[str, Machine]:
        """The jump hosts that some host stands behind."""
        return {host.behind: self.jump_hosts[host.behind] for host in self.hosts.values() if host.behind}

    def machines(self) -> Mapping[str, Machine]:
        return {**self.hosts, **self.jumps()}

    def address6(self, host: str) -> str | None:
        """On the management network; None for a host that is reached over IPv4."""
        there = self.hosts[host]
        return self.networks["management"].address6(there.number) if there.ipv6_only else None

    def ssh_address(self, name: str) -> str:
        """Where ssh finds this machine: from the controller, or from the jump host that is before it."""
        address6 = self.address6(name) if name in self.hosts else None
        return address6 or self.networks["management"].address(self.machines()[name].number)

    def equal(self) -> "Topology":
        """The same hosts, all reached as root over IPv4 and without a detour."""
        plain = {
            name: dataclasses.replace(host, user="root", ipv6_only=False, behind=None)
            for name, host in self.hosts.items()
        }
        return dataclasses.replace(self, hosts=plain)


FIRST_GUEST_NUMBER = 21


def read(path: Path = FILE) -> Topology:
    document: dict[str, Any] = YAML(typ="safe").load(path.read_text())
    return Topology(
        hosts={name: Host(name, **entry) for name, entry in document["hosts"].items()},
        networks={name: _network(name, entry) for name, entry in document["networks"].items()},
        guests={
            name: _guest(name, FIRST_GUEST_NUMBER + position, entry)
            for position, (name, entry) in enumerate(document["guests"].items())
        },
        spare={name: _network(name, entry) for name, entry in document["spare_networks"].items()},
        jump_hosts={name: Machine(name, **entry) for name, entry in document["jump_hosts"].items()},
        rates={
            (host, network): entry["rate"]
            for host, networks in document["links"].items()
            for network, entry in networks.items()
        },
    )


def _network(name: str, entry: dict[str, Any]) -> Network:
    rest = {key: value for key, value in entry.items() if key not in ("cidr", "cidr6", "beyond")}
    cidr6 = ipaddress.IPv6Network(entry["cidr6"]) if "cidr6" in entry else None
    far = entry.get("beyond")
    beyond = Beyond(ipaddress.ip_network(far["cidr"]), tuple(far["hosts"])) if far else None
    return Network(name, ipaddress.ip_network(entry["cidr"]), cidr6=cidr6, beyond=beyond, **rest)


def _guest(name: str, number: int, entry: dict[str, Any]) -> Guest:
    workload = Workload(**entry.get("workload", {}))
    return Guest(name, number=number, workload=workload, **{k: v for k, v in entry.items() if k != "workload"})
