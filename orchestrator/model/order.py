"""What an operator orders while a run goes on, from any process of the same store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.model.guest import GuestId
from orchestrator.model.run import RunId

Kind = Literal["stop", "abort", "set", "resolve"]
Keep = Literal["source", "destination"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Other terms for a copy; None: as before. bandwidth 0: as much as there is. recovery_address: of the destination,
    over which a broken post-copy is to be recovered."""

    bandwidth_bytes_per_second: int | None = None
    downtime_ms: int | None = None
    max_duration_ms: int | None = None
    postcopy: bool = False  # switch now, if the copy began with that possibility
    recovery_address: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """kind stop: begin nothing more. abort: also cancel what can still be cancelled. set: `change` holds from now on.
    resolve: of a guest that runs twice, or may, `keep` this copy. guest None: all moves of the run."""

    kind: Kind
    by: str
    guest: GuestId | None = None
    change: Change | None = None
    keep: Keep | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """An order as the store keeps it until the run's process has read it."""

    number: int
    run: RunId
    at: datetime
    order: Order
