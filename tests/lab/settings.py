"""The files that tell ssh and ferry about a lab: ssh_config, ferry.yaml and the hosts file."""

from collections.abc import Mapping
from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from tests.lab.credentials import CONTROLLER
from tests.lab.definition import SHARED
from tests.lab.place import Place
from tests.lab.topology import Topology

_ADDRESSED = ("migration", "fast", "storage")  # on which ferry may send a guest's memory


def write(place: Place, topology: Topology) -> None:
    place.hosts_file.write_text(_controller_hosts_file(topology))
    place.ssh_config.write_text(_ssh_config(place, topology))
    stream = StringIO()
    YAML().dump(_ferry_document(place, topology), stream)
    place.ferry_config.write_text(stream.getvalue())


def hosts_file(topology: Topology) -> str:
    """The lab has no name service; this is every name in it, as the hosts know them."""
    return _hosts_file(topology, {name: topology.address(name, "management") for name in topology.hosts})


def _controller_hosts_file(topology: Topology) -> str:
    """Whatever stands behind a jump host, the controller does not know."""
    known = (name for name in topology.machines() if not _behind(topology, name))
    return _hosts_file(topology, {name: topology.ssh_address(name) for name in known})


def _hosts_file(topology: Topology, addresses: Mapping[str, str]) -> str:
    lines = ["127.0.0.1 localhost", "::1 localhost", f"{topology.controller_address('management')} controller"]
    lines += [f"{address} {name}" for name, address in addresses.items()]
    return "\n".join(lines) + "\n"


def _behind(topology: Topology, name: str) -> str | None:
    return topology.hosts[name].behind if name in topology.hosts else None


def _ssh_config(place: Place, topology: Topology) -> str:
    machines = ""
    for name in topology.machines():
        machines += f"Host {name}\n  HostName {topology.ssh_address(name)}\n"
        if jump := _behind(topology, name):
            machines += f"  ProxyJump {jump}\n"
    return f"""{machines}Host *
  User root
  IdentityFile {place.keys / CONTROLLER}
  IdentitiesOnly yes
  UserKnownHostsFile {place.state / "known_hosts"}
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  BatchMode yes
  ConnectTimeout 5
"""


def _ferry_document(place: Place, topology: Topology) -> dict[str, Any]:
    return {
        "ssh_config": str(place.ssh_config),
        "store": f"sqlite:///{place.state / 'ferry.db'}",
        "policy": "lab",
        "shared_filesystems": [str(SHARED)],
        "networks": {name: {"cidr": str(topology.networks[name].cidr)} for name in (*_ADDRESSED, "guest")},
        "migration_network": "migration",
        "hosts": {
            host: {
                "uri": f"qemu+ssh://{there.user}@{host}/system",
                "peer_uri": f"qemu+tls://{host}/system",
                "ssh": host if there.user == "root" else f"{there.user}@{host}",
                "addresses": {network: topology.address(host, network) for network in _ADDRESSED},
            }
            for host, there in topology.hosts.items()
        },
    }
