"""The topology file as values: hosts, networks, links, guests."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

FILE = Path(__file__).with_name("topology.yaml")
CONTROLLER_NUMBER = 1


@dataclass(frozen=True)
class Network:
    name: str
    cidr: ipaddress.IPv4Network
    interface: str
    rate: str | None = None
    bridge: str | None = None
    controller: bool = False

    def address(self, number: int) -> str:
        return str(self.cidr.network_address + number)

    def with_prefix(self, number: int) -> str:
        return f"{self.address(number)}/{self.cidr.prefixlen}"


@dataclass(frozen=True)
class Host:
    name: str
    suite: str
    number: int
    memory_mib: int
    cpus: int


@dataclass(frozen=True)
class Workload:
    """What a guest does with its memory; see guest/init.c."""

    size: int = 16
    rate: float = 0
    kind: str = "small"
    corrupt_pass: int = 0


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

    def rate(self, host: str, network: str) -> str | None:
        return self.rates.get((host, network), self.networks[network].rate)

    def address(self, host: str, network: str) -> str:
        return self.networks[network].address(self.hosts[host].number)

    def controller_address(self, network: str) -> str:
        return self.networks[network].address(CONTROLLER_NUMBER)


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
        rates={
            (host, network): entry["rate"]
            for host, networks in document["links"].items()
            for network, entry in networks.items()
        },
    )


def _network(name: str, entry: dict[str, Any]) -> Network:
    return Network(name, ipaddress.IPv4Network(entry["cidr"]), **{k: v for k, v in entry.items() if k != "cidr"})


def _guest(name: str, number: int, entry: dict[str, Any]) -> Guest:
    workload = Workload(**entry.get("workload", {}))
    return Guest(name, number=number, workload=workload, **{k: v for k, v in entry.items() if k != "workload"})
