"""The files that tell ssh and ferry about a lab: ssh_config, ferry.yaml and the hosts file."""

from io import StringIO
from typing import Any

from ruamel.yaml import YAML

from tests.lab.credentials import CONTROLLER
from tests.lab.definition import SHARED
from tests.lab.place import Place
from tests.lab.topology import Topology


def write(place: Place, topology: Topology) -> None:
    place.hosts_file.write_text(hosts_file(topology))
    place.ssh_config.write_text(_ssh_config(place, topology))
    stream = StringIO()
    YAML().dump(_ferry_document(place, topology), stream)
    place.ferry_config.write_text(stream.getvalue())


def hosts_file(topology: Topology) -> str:
    """The lab has no name service; this is every name in it."""
    lines = ["127.0.0.1 localhost", "::1 localhost", f"{topology.controller_address('management')} controller"]
    lines += [f"{topology.address(host, 'management')} {host}" for host in topology.hosts]
    return "\n".join(lines) + "\n"


def _ssh_config(place: Place, topology: Topology) -> str:
    hosts = "".join(f"Host {host}\n  HostName {topology.address(host, 'management')}\n" for host in topology.hosts)
    return f"""{hosts}Host *
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
        "networks": {name: {"cidr": str(topology.networks[name].cidr)} for name in ("migration", "guest")},
        "migration_network": "migration",
        "hosts": {
            host: {
                "uri": f"qemu+ssh://root@{host}/system",
                "peer_uri": f"qemu+tls://{host}/system",
                "ssh": host,
                "addresses": {"migration": topology.address(host, "migration")},
            }
            for host in topology.hosts
        },
    }
