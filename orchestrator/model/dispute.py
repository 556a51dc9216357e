"""A guest of which both hosts have a copy, as it is laid before the person who chooses one."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.order import Keep
from orchestrator.model.run import RunId
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class CopySeen:
    """One copy now. process: what the kernel says where libvirt does not. disks: what the copy has open and could
    write to, as its host names it."""

    host: HostName
    now: Sighting | Unknown
    process: ProcessSeen | NoProcess | Unknown | None = None
    disks: tuple[str, ...] | Unknown = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One line of the journal that bears on the choice. host: where something was done."""

    at: datetime
    what: str
    host: HostName | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """The evidence for a choice, and what the choice comes to.

    shared: disks that both copies have open under one name. steps: what will be done, in order. objection: why it
    cannot be done now.
    """

    run: RunId
    guest: GuestId
    name: str
    keep: Keep
    source: CopySeen
    destination: CopySeen
    told: tuple[Told, ...]
    shared: tuple[str, ...]
    steps: tuple[str, ...]
    objection: str | None = None
