"""The root file systems of the hosts: one Debian suite each, built once and shared read-only by all hosts and labs."""

import hashlib
import subprocess
from pathlib import Path

from tests.lab import cache, mirror
from tests.lab.process import mortal

_PACKAGES = (
    "qemu-system-x86",
    "qemu-utils",
    "libvirt-daemon",
    "libvirt-daemon-driver-qemu",
    "libvirt-clients",
    "openssh-server",
    "iperf3",
    "iproute2",
    "iputils-ping",
    "libfaketime",
    "mount",
    "nftables",
    "tini",
    "netbase",
    "procps",
)
# Debian 13 ships each libvirt driver in a package of its own; Debian 12 has them all in libvirt-daemon.
_MORE = {
    "bookworm": ("polkitd", "sudo"),  # for the host that ferry enters as somebody who is not root
    "trixie": (
        "libvirt-daemon-driver-interface",
        "libvirt-daemon-driver-network",
        "libvirt-daemon-driver-nodedev",
        "libvirt-daemon-driver-nwfilter",
        "libvirt-daemon-driver-secret",
        "libvirt-daemon-driver-storage",
    ),
}
SUITES = tuple(_MORE)
# Nobody reads manuals in a lab host, and a root that is lost is built again: no need to wait for the disk.
_DPKG = (
    "path-exclude=/usr/share/doc/*",
    "path-exclude=/usr/share/info/*",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/man/*",
    "force-unsafe-io",
)
_APT = ('APT::Install-Recommends "false"', 'Acquire::Languages "none"')
# A host makes its own; keys that every host of every lab shares would make host key checks worthless.
_REMOVED = ("etc/ssh/ssh_host_*", "etc/machine-id", "var/lib/dbus/machine-id")
_CREATED = ("srv/shared", "srv/local", "var/log/libvirt")
# libvirt wants its usual account to exist, even where QEMU is told to run as root; in Debian 12 the account
# comes with a package that drags systemd along.
_ACCOUNT = "libvirt-qemu"
_NUMBER = 64055  # reserved for it in Debian


def root_of(suite: str) -> Path:
    """The root of a suite; builds it when this recipe has not been built yet."""
    return cache.build_once("roots", _name(suite), lambda work: _build(suite, work)) / "root"


def _name(suite: str) -> str:
    recipe = "\n".join([*_recipe(suite), *_REMOVED, *_CREATED, _ACCOUNT])
    return f"{suite}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def _recipe(suite: str) -> list[str]:
    return [
        "--mode=root",
        "--variant=essential",
        "--format=directory",
        *(f"--aptopt={option}" for option in _APT),
        *(f"--dpkgopt={option}" for option in _DPKG),
        f"--include={','.join(_PACKAGES + _MORE[suite])}",
    ]


def _build(suite: str, work: Path) -> None:
    root = work / "root"
    with (work / "build.log").open("w") as log:
        result = subprocess.run(
            mortal(["mmdebstrap", *_recipe(suite), suite, str(root), *mirror.lines_for(suite)]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        tail = (work / "build.log").read_text()[-2000:]
        raise RuntimeError(f"mmdebstrap could not build the {suite} root:\n{tail}")
    for pattern in _REMOVED:
        for path in root.glob(pattern):
            path.unlink()
    for directory in _CREATED:
        (root / directory).mkdir(parents=True, exist_ok=True)
    _add_account(root / "etc")


def _add_account(etc: Path) -> None:
    entries = {
        "group": f"{_ACCOUNT}:x:{_NUMBER}:\n",
        "passwd": f"{_ACCOUNT}:x:{_NUMBER}:{_NUMBER}:Libvirt Qemu:/var/lib/libvirt:/usr/sbin/nologin\n",
    }
    for name, entry in entries.items():
        text = (etc / name).read_text()
        if f"{_ACCOUNT}:" not in text:
            (etc / name).write_text(text + entry)
