"""The files by which one host differs from the root it shares with others."""

import shutil
import uuid
from pathlib import Path

from tests.lab import settings, unprivileged
from tests.lab.credentials import CONTROLLER
from tests.lab.place import Place
from tests.lab.topology import Topology

_SERVICES = Path(__file__).with_name("host") / "services"
_IDENTITIES = uuid.UUID("6d1fb8d2-6f0c-4d2b-9a59-6e1a1ab4c3c7")


def host_uuid(place: Place, host: str) -> uuid.UUID:
    """The same at every start, so that what ferry remembers of a host stays true."""
    return uuid.uuid5(_IDENTITIES, f"{place.identity}/{host}")


def furnish(place: Place, topology: Topology, host: str, upper: Path) -> None:
    """Writes the host's own files into the upper directory of its overlay, before it is mounted."""
    there = topology.hosts[host]
    rights = _OPEN_TO_ALL if there.user == "root" else unprivileged.AUTHENTICATION
    _write(upper / "etc/libvirt/libvirtd.conf", _libvirtd(host_uuid(place, host)) + rights)
    # libvirt makes it with the first definition; there from the start, hosts do not differ by what came first.
    (upper / "etc/libvirt/qemu").mkdir(parents=True, mode=0o700)
    _write(upper / "etc/libvirt/qemu.conf", _qemu(topology.address(host, "migration")))
    _certificates(place, host, upper / "etc/pki")
    _furnish_machine(place, topology, host, upper)
    key = _controller_key(place)
    if there.user == "root":
        _let_root_in(key, upper)
    else:
        unprivileged.furnish(there, key, upper)


def furnish_jump_host(place: Place, topology: Topology, name: str, upper: Path) -> None:
    """It has no libvirt, and passes ssh on."""
    _furnish_machine(place, topology, name, upper)
    _let_root_in(_controller_key(place), upper)


def _furnish_machine(place: Place, topology: Topology, name: str, upper: Path) -> None:
    files = {
        "etc/hostname": f"{name}\n",
        "etc/hosts": settings.hosts_file(topology),
        "etc/machine-id": f"{host_uuid(place, name).hex}\n",
        "etc/resolv.conf": "# no name service in the lab: see /etc/hosts\n",
        "etc/ssh/sshd_config": _SSHD + _SSHD_OF.get(topology.machines()[name].suite, ""),
    }
    for path, text in files.items():
        _write(upper / path, text)
    _copy(place.keys / name, upper / "etc/ssh/ssh_host_ed25519_key", 0o600)
    _copy(_SERVICES, upper / "usr/lib/ferry-lab/services", 0o755)


def _controller_key(place: Place) -> str:
    return (place.keys / f"{CONTROLLER}.pub").read_text()


def _let_root_in(key: str, upper: Path) -> None:
    _write(upper / "root/.ssh/authorized_keys", key)
    (upper / "root").chmod(0o700)


def _certificates(place: Place, host: str, pki: Path) -> None:
    authority, own = place.pki / "cacert.pem", place.pki / host
    _copy(authority, pki / "CA/cacert.pem", 0o644)
    _copy(authority, pki / "qemu/ca-cert.pem", 0o644)
    for role in ("server", "client"):
        _copy(own / "cert.pem", pki / f"libvirt/{role}cert.pem", 0o644)
        _copy(own / "key.pem", pki / f"libvirt/private/{role}key.pem", 0o600)
        _copy(own / "cert.pem", pki / f"qemu/{role}-cert.pem", 0o644)
        _copy(own / "key.pem", pki / f"qemu/{role}-key.pem", 0o600)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _copy(source: Path, target: Path, mode: int) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(mode)


def _libvirtd(identity: uuid.UUID) -> str:
    return f"""host_uuid = "{identity}"
listen_tls = 1
log_outputs = "3:file:/var/log/libvirt/libvirtd.log"
"""


_OPEN_TO_ALL = 'auth_unix_ro = "none"\nauth_unix_rw = "none"\n'  # that is, to root: the sockets are root's


def _qemu(migration_address: str) -> str:
    # No cgroups, no private /dev, no security driver: a host shares these with the machine it stands on.
    return f"""user = "root"
group = "root"
dynamic_ownership = 0
remember_owner = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
stdio_handler = "file"
migration_host = "{migration_address}"
default_tls_x509_cert_dir = "/etc/pki/qemu"
"""


# Names are not looked up in reverse and PAM is left out: both only cost time in here.
# OpenSSH of Debian 13 shuts an address out after a few failed log-ins, which tests make on purpose.
_SSHD_OF = {"trixie": "PerSourcePenalties no\n"}
_SSHD = """HostKey /etc/ssh/ssh_host_ed25519_key
PermitRootLogin prohibit-password
PasswordAuthentication no
UsePAM no
UseDNS no
Subsystem sftp internal-sftp
MaxStartups 100
MaxSessions 100
"""
