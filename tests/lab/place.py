"""Where a lab keeps its files, and what its namespaces are called."""

import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
NAMESPACES = Path("/run/netns")
MARK = "FERRY_LAB_OF"  # in the environment of every process a lab starts: which lab it belongs to
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


class BadNameError(ValueError):
    """A lab's name ends up in namespaces and paths, so it is kept plain."""


@dataclass(frozen=True)
class Place:
    """One lab of one checkout.

    The identity carries a digest of the state directory: labs of the same name in two checkouts are two labs, and
    neither has to know of the other.
    """

    name: str
    state: Path

    @property
    def identity(self) -> str:
        return f"ferry-{self.name}-{hashlib.sha256(str(self.state).encode()).hexdigest()[:6]}"

    @property
    def switch_namespace(self) -> str:
        """Holds the bridges and the controller's addresses; ferry runs in here."""
        return self.identity

    def host_namespace(self, host: str) -> str:
        return f"{self.identity}.{host}"

    def namespace_file(self, namespace: str) -> Path:
        return NAMESPACES / namespace

    @property
    def lock_file(self) -> Path:
        return self.state.with_name(f"{self.name}.lock")

    @property
    def shared(self) -> Path:
        return self.state / "shared"

    @property
    def keys(self) -> Path:
        return self.state / "keys"

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def ssh_config(self) -> Path:
        return self.state / "ssh_config"

    @property
    def ferry_config(self) -> Path:
        return self.state / "ferry.yaml"

    @property
    def hosts_file(self) -> Path:
        return self.state / "hosts_file"

    def host_directory(self, host: str) -> Path:
        return self.state / "hosts" / host


def default_name() -> str:
    return os.environ.get("FERRY_LAB_NAME", "lab")


def name_for_tests(worker: str | None = None) -> str:
    """The lab that this process tests against: each of pytest-xdist's workers has one of its own."""
    name = os.environ.get("FERRY_LAB_NAME", "test")
    worker = worker or os.environ.get("PYTEST_XDIST_WORKER")
    return f"{name}-{worker}" if worker else name


def place_of(name: str) -> Place:
    """The lab of that name in this checkout (or under FERRY_LAB_STATE)."""
    if not _NAME.fullmatch(name):
        raise BadNameError(f"a lab's name is lower-case letters, digits and dashes, at most 32: {name!r} is not")
    base = Path(os.environ.get("FERRY_LAB_STATE", CHECKOUT / ".lab")).resolve()
    return Place(name, base / name)
