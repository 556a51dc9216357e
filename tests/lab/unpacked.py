"""Programs that are unpacked in the cache and never installed: the machine gets no daemon of ours, and no host of the
lab needs them.

Each suite has cron and systemd in a root of their own, with the libraries they need and nothing configured.
"""

import hashlib
import subprocess
from pathlib import Path

from tests.lab import cache, mirror
from tests.lab.process import mortal

SUITES = ("bookworm", "trixie")
_PACKAGES = ("cron", "dash", "systemd")
# Packages of both suites lie in /usr; who lays out a root before them is debootstrap, or this.
_MERGED = ("bin", "lib", "lib64", "sbin")


def root_of(suite: str) -> Path:
    """Where the programs of a suite are; they are fetched when they are not there yet."""
    recipe = hashlib.sha256("\n".join([*_recipe(suite), *_MERGED]).encode()).hexdigest()[:12]
    return cache.build_once("unpacked", f"{suite}-{recipe}", lambda work: _build(suite, work)) / "root"


def _recipe(suite: str) -> list[str]:
    links = " ".join(f"ln -s usr/{name} $1/{name};" for name in _MERGED)
    directories = " ".join(f"$1/usr/{name}" for name in _MERGED)
    return [
        "--mode=root",
        "--variant=extract",
        "--format=directory",
        '--aptopt=APT::Install-Recommends "false"',
        f"--setup-hook=mkdir -p {directories}; {links}",
        f"--include={','.join(_PACKAGES)}",
        suite,
    ]


def _build(suite: str, work: Path) -> None:
    with (work / "build.log").open("w") as log:
        result = subprocess.run(
            mortal(["mmdebstrap", *_recipe(suite), str(work / "root"), *mirror.lines_for(suite)]),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if result.returncode:
        tail = (work / "build.log").read_text()[-2000:]
        raise RuntimeError(f"mmdebstrap could not unpack {', '.join(_PACKAGES)} of {suite}:\n{tail}")
