"""What moves on a host now, whoever began it."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.model.guest import GuestId


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrating:
    """A guest that leaves this host, or arrives at it. storage: its disks are copied along, as far as that shows."""

    guest: GuestId
    name: str
    direction: Literal["out", "in"]
    storage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """All of them. unsure: guests of the host that did not answer whether they move: nothing is known of those."""

    migrations: tuple[Migrating, ...] = ()
    unsure: tuple[GuestId, ...] = ()
