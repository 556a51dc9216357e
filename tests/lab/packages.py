"""Debian packages the lab needs on the machine it runs on."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

# What it takes to make .venv: libvirt's Python binding is compiled against libvirt's headers.
FOR_PYTHON = ("gcc", "libc6-dev", "libvirt-dev", "openssh-client", "pkg-config", "python3-dev", "python3-venv")
FOR_HOSTS = (
    *FOR_PYTHON,
    "debian-archive-keyring",
    "iproute2",
    "iputils-ping",
    "libvirt-clients",
    "mmdebstrap",
    "mount",
    "openssl",
    "util-linux",
)
FOR_STORE = ("postgresql",)  # a server for the tests with several controllers; its own cluster is not touched
FOR_VAGRANT = ("vagrant", "vagrant-libvirt")
_INSTALL = (
    *("apt-get", "install", "-y", "-qq", "--no-install-recommends"),
    *("-o", "DPkg::Lock::Timeout=120", "-o", "Dpkg::Options::=--force-confold"),
    *("-o", "Dpkg::Options::=--force-unsafe-io"),
)


_CLUSTERS = Path("/etc/postgresql-common/createcluster.conf")


class MissingError(RuntimeError):
    """Packages are missing and cannot be installed."""


def ensure(what: str, names: Sequence[str]) -> None:
    """Installs what is missing; the lists of packages are fetched only when apt cannot do without."""
    missing = _missing(names)
    if not missing:
        return
    if os.geteuid():
        words = " ".join(missing)
        raise MissingError(f"packages are missing; as root: apt-get install --no-install-recommends {words}")
    print(f"lab: installing {what}: {' '.join(missing)}", file=sys.stderr)
    if _apt([*_INSTALL, *missing]).returncode:
        _apt(["dpkg", "--configure", "-a"])  # an installation that was cut off leaves dpkg asking for this
        refresh()
        done = _apt([*_INSTALL, *missing])
        if done.returncode:
            raise MissingError(f"apt-get cannot install {' '.join(missing)}:\n{done.stdout[-2000:]}")


def ensure_postgresql() -> None:
    """The server's programs, for the tests' own clusters; a machine that had none gets no server that runs."""
    if _missing(FOR_STORE) and not os.geteuid() and not _CLUSTERS.exists():
        _CLUSTERS.parent.mkdir(exist_ok=True)
        _CLUSTERS.write_text("create_main_cluster = false\n")
    ensure("PostgreSQL, for the tests of the store", FOR_STORE)


def refresh() -> None:
    """Fetches the lists of packages; what fails here shows in the command that needs them."""
    _apt(["apt-get", "update", "-qq"])


def _apt(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _missing(names: Sequence[str]) -> list[str]:
    query = ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *names]
    lines = subprocess.run(query, capture_output=True, text=True, check=False).stdout.splitlines()
    installed = {line.split()[0] for line in lines if line.endswith(" installed")}
    return [name for name in names if name not in installed]
