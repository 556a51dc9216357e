"""What must hold between the parts of ferry.yaml."""

import ipaddress
from collections.abc import Mapping
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from orchestrator.config.check import suggestion
from orchestrator.config.forms import FileForm, HostForm, NetworkForm
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.host import HostEntry, HostName

Hosts = Mapping[str, HostForm]
Networks = Mapping[str, NetworkForm]


def migration_network(tree: Tree, networks: Networks, report: Report) -> str | None:
    """The network that memory travels over: the one that is named, or the only one."""
    named, known = tree.at(("migration_network",)), tree.mapping(("networks",))
    if isinstance(named, str):
        if named not in known:
            meant = suggestion(named, known)
            fix = f"Did you mean {meant}?" if meant else f"Name one of: {', '.join(known)}."
            report.add(f'there is no network "{named}"', fix, tree.place(("migration_network",)))
            return None
        return named
    if len(known) == 1:
        return next(iter(known))
    if known:
        saw = "several networks, and none is named for migration"
        report.add(saw, f"Add migration_network: {next(iter(known))}", tree.place(("networks",), key=True))
    return None


def something_there(tree: Tree, report: Report) -> None:
    """At least one host and one network."""
    for part in ("hosts", "networks"):
        if tree.at((part,)) == {}:
            report.add(f"{part} is empty", "Add one: docs/reference/configuration.md", tree.place((part,)))


def addresses(tree: Tree, hosts: Hosts, networks: Networks, migration: str | None, report: Report) -> None:
    """Every address lies in its network, and every host has one where memory travels."""
    known = tree.mapping(("networks",))
    for name, host in hosts.items():
        path: Path = ("hosts", name, "addresses")
        for network, address in host.addresses.items():
            if known and network not in known:
                meant = suggestion(network, known)
                fix = f"Did you mean {meant}?" if meant else f"Add it under networks:, or use: {', '.join(known)}."
                report.add(f'there is no network "{network}"', fix, tree.place((*path, network), key=True))
            elif network in networks and not _inside(address, networks[network].cidr):
                saw = f"{address} is no address of a host in {networks[network].cidr} ({network})"
                report.add(saw, "Give the address that this host has there.", tree.place((*path, network)))
        if migration is not None and migration not in host.addresses:
            saw = f"{name} has no address on the migration network {migration}"
            report.add(saw, f"Add it: addresses: {{{migration}: …}}", tree.place(path, key=True))


def _inside(address: str, cidr: str) -> bool:
    ip, network = ipaddress.ip_address(address), ipaddress.ip_network(cidr)
    if ip not in network:
        return False
    # The first and last address of an IPv4 network belong to no host; of a /31 or /32 they do.
    ends = (network.network_address, network.broadcast_address)
    return ip.version == 6 or network.prefixlen >= 31 or ip not in ends


def all_different(tree: Tree, hosts: Hosts, report: Report) -> None:
    """Two entries are two hosts: no URI and no address is given twice."""
    seen: dict[tuple[str, str], Path] = {}
    for name, host in hosts.items():
        given = [("uri", host.uri), ("peer_uri", host.peer_uri)]
        claims: list[tuple[tuple[str, str], Path]] = [
            ((key, uri.casefold()), ("hosts", name, key)) for key, uri in given if uri is not None
        ]
        claims += [(("address", a), ("hosts", name, "addresses", network)) for network, a in host.addresses.items()]
        for claim, path in claims:
            other = seen.setdefault(claim, path)
            if other != path:
                saw = f"{claim[1]} is given to {other[1]} too (line {tree.place(other).line})"
                report.add(saw, "Two entries must be two hosts: remove or correct one.", tree.place(path))


def entry(tree: Tree, name: str, host: HostForm, report: Report) -> HostEntry:
    """A host with its defaults: peers use the same URI, and ssh goes where it goes."""
    path: Path = ("hosts", name)
    uri = urlsplit(host.uri)
    peer_uri = host.peer_uri or host.uri
    if urlsplit(peer_uri).hostname is None:
        saw = f"{peer_uri} names no host: to another host it would mean that host itself"
        place = tree.place((*path, "peer_uri" if host.peer_uri else "uri"))
        report.add(saw, f"Add peer_uri: qemu+tls://{name}/system", place)
    ssh = host.ssh
    if ssh is None and uri.hostname is not None:
        ssh = f"{uri.username}@{uri.hostname}" if uri.username else uri.hostname
        if uri.port is not None and uri.scheme in ("qemu+ssh", "qemu+libssh", "qemu+libssh2"):
            ssh = f"ssh://{ssh}:{uri.port}"
    if ssh is None:
        report.add(
            f"{name} has no ssh destination, and its uri names no host",
            f"Add ssh: root@{name}",
            tree.place(path, key=True),
        )
    return HostEntry(
        name=HostName(name),
        uri=host.uri,
        peer_uri=peer_uri,
        ssh=ssh or "",
        addresses=host.addresses,
        group=host.group,
        incoming=host.incoming,
        outgoing=host.outgoing,
    )


def ssh_config(tree: Tree, file: FileForm, report: Report) -> None:
    """A named ssh_config is there: OpenSSH would otherwise fail at every host with a message of its own."""
    if file.ssh_config is not None and not FilePath(file.ssh_config).is_file():
        saw = f"there is no file {file.ssh_config}"
        report.add(saw, "Correct the path, or remove the line to use your own ssh_config.", tree.place(("ssh_config",)))


def store_password(tree: Tree, file: FileForm, report: Report) -> None:
    """A file needs no password: one that is named anyway belongs to a store that is not."""
    if file.store_password is not None and not file.store.startswith("postgresql:"):
        saw = "the store is a file, which has no password"
        fix = "Remove store_password, or name a server: store: postgresql://ferry@HOST/ferry"
        report.add(saw, fix, tree.place(("store_password",), key=True))
