"""SSH keys and TLS certificates of one lab, new at every start and known nowhere else."""

import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.lab.place import Place
from tests.lab.topology import Topology

_DAYS = "30"
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", _DAYS)
CONTROLLER = "controller"


def create(place: Place, topology: Topology) -> None:
    """Writes PKI/{cacert.pem, OWNER/{cert,key}.pem} and KEYS/{OWNER, OWNER.pub} for the controller and every host.

    A jump host has an SSH key and no certificate.
    """
    place.pki.mkdir(parents=True)
    place.keys.mkdir(parents=True)
    _certificate_authority(place)
    owners = [CONTROLLER, *topology.hosts]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda owner: _certificate(place, owner, _names(topology, owner)), owners))
        list(pool.map(lambda owner: _ssh_key(place, owner), [CONTROLLER, *topology.machines()]))
    _write_known_hosts(place, topology)
    _write_libvirt_client_directory(place)


def stranger(place: Place, topology: Topology, host: str) -> tuple[str, str]:
    """Certificate and key with the host's names, signed by an authority that nobody in the lab knows."""
    elsewhere = Place(place.name, place.state / "stranger")
    if not elsewhere.pki.exists():
        elsewhere.pki.mkdir(parents=True)
        _certificate_authority(elsewhere)
    own = elsewhere.pki / host
    if not own.exists():
        _certificate(elsewhere, host, _names(topology, host))
    return (own / "cert.pem").read_text(), (own / "key.pem").read_text()


def _names(topology: Topology, owner: str) -> list[str]:
    """Every name and address under which others may reach the owner."""
    if owner == CONTROLLER:
        return ["DNS:controller"]
    addresses = [topology.address(owner, network) for network in topology.networks]
    address6 = topology.address6(owner)
    return [f"DNS:{owner}", *(f"IP:{address}" for address in (*addresses, *([address6] if address6 else [])))]


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)


def _certificate_authority(place: Place) -> None:
    ca = ("-keyout", str(place.pki / "cakey.pem"), "-out", str(place.pki / "cacert.pem"))
    usage = ("-addext", "keyUsage=critical,keyCertSign,cRLSign")
    _openssl("req", "-x509", *_KEY, *ca, "-subj", f"/CN=ferry lab {place.name}", *usage)


def _certificate(place: Place, owner: str, names: Sequence[str]) -> None:
    """One certificate serves both ways: a libvirtd is a server to ferry and a client of its peer."""
    directory = place.pki / owner
    directory.mkdir()
    _openssl(
        *("req", "-x509", *_KEY, "-subj", f"/CN={owner}"),
        *("-CA", str(place.pki / "cacert.pem"), "-CAkey", str(place.pki / "cakey.pem")),
        *("-keyout", str(directory / "key.pem"), "-out", str(directory / "cert.pem")),
        *("-addext", "basicConstraints=critical,CA:FALSE"),
        *("-addext", "keyUsage=critical,digitalSignature,keyEncipherment"),
        *("-addext", "extendedKeyUsage=serverAuth,clientAuth"),
        *("-addext", f"subjectAltName={','.join(names)}"),
    )


def _ssh_key(place: Place, owner: str) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"{owner}@{place.identity}"]
    subprocess.run([*command, "-f", str(place.keys / owner)], check=True, stdin=subprocess.DEVNULL)


def _write_known_hosts(place: Place, topology: Topology) -> None:
    lines = []
    for name in topology.machines():
        kind, key = (place.keys / f"{name}.pub").read_text().split()[:2]
        lines.append(f"{name},{topology.ssh_address(name)} {kind} {key}\n")
    (place.state / "known_hosts").write_text("".join(lines))


def _write_libvirt_client_directory(place: Place) -> None:
    """The names libvirt looks for in the directory given by `?pkipath=`."""
    for source, target in (("cert.pem", "clientcert.pem"), ("key.pem", "clientkey.pem")):
        (place.pki / target).symlink_to(Path(CONTROLLER) / source)
