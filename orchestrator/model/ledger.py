"""Slots as named resources with integer costs: who holds them and who waits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.model.guest import GuestId
from orchestrator.model.run import RunId


class Standing(StrEnum):
    """Whether a ticket holds its resources or waits for them."""

    WAITING = "waiting"
    HOLDING = "holding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One move's claim.

    costs: resource name → whole number, e.g. `host:kvm01.live` → 1. position: order inside a run. skips: times passed
    over.
    """

    run: RunId
    guest: GuestId
    name: str
    costs: Mapping[str, int]
    since: datetime
    position: int = 0
    standing: Standing = Standing.WAITING
    skips: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """All tickets of all processes that share a store. version: compare-and-set key of booking."""

    version: int
    tickets: tuple[Ticket, ...]
