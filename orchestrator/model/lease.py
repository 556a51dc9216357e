"""A timed right to act, with a fencing number."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.run import Holder


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """Proof of a lease: every write carries it, and is refused once a higher number was given out."""

    name: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Somebody else holds the lease. expired: judged by the store's own clock. dead: its process is proven gone."""

    name: str
    number: int
    holder: Holder
    until: datetime
    expired: bool
    dead: bool = False
