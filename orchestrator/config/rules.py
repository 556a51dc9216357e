"""What must hold between the parts of ferry.yaml."""

from collections.abc import Mapping
from pathlib import Path as FilePath
from urllib.parse import urlsplit

from orchestrator.config.forms import FileForm, HostForm
from orchestrator.config.report import Report
from orchestrator.config.tree import Path, Tree
from orchestrator.model.host import HostEntry, HostName

Hosts = Mapping[str, HostForm]


def something_there(tree: Tree, report: Report) -> None:
    """At least one host and one network."""
    for part in ("hosts", "networks"):
        if tree.at((part,)) == {}:
            report.add(f"{part} is empty", "Add one: docs/reference/configuration.md", tree.place((part,)))


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


def hooks(tree: Tree, file: FileForm, report: Report) -> None:
    """A named directory of hooks is there: a script that is not found would be a consent that nobody gave."""
    if file.hooks is not None and not FilePath(file.hooks).is_dir():
        saw = f"there is no directory {file.hooks}"
        report.add(saw, "Correct the path, make the directory, or remove the line.", tree.place(("hooks",)))


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
