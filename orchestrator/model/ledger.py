"""Slots as named resources with integer costs: who holds them and who waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.run import RunId

MEDIUM = 2000  # Hyper-V's numbers: 3000 high, 1000 low
_NOWHERE = HostName("")


class Standing(StrEnum):
    """Whether a ticket holds its resources or waits for them."""

    WAITING = "waiting"
    HOLDING = "holding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One move's claim, from the moment it waits to its verdict.

    costs: resource name → whole number, e.g. `host:kvm01.live` → 1. position: order inside a run. skips: times passed
    over. priority: the higher one goes first. source, destination, network: of the move; its ends share what the
    network carries with all other moves there. released: host → why a person declared its end of the slot free.
    waits: what it waits for, as its own process has last found; "" once it holds what it needs.
    """

    run: RunId
    guest: GuestId
    name: str
    costs: Mapping[str, int]
    since: datetime
    position: int = 0
    standing: Standing = Standing.WAITING
    skips: int = 0
    priority: int = MEDIUM
    source: HostName = _NOWHERE
    destination: HostName = _NOWHERE
    network: str = ""
    released: Mapping[HostName, str] = field(default_factory=dict)
    waits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All tickets of all processes that share a store. version: compare-and-set key of booking.

    holders: run → who drives it, for every run with a ticket; a run that is missing has given its lease back.
    """

    version: int
    tickets: tuple[Ticket, ...]
    holders: Mapping[RunId, Held] = field(default_factory=dict)
