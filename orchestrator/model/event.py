"""What views and other sinks are told while a run goes on."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.entry import Recorded
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import Run, RunId
from orchestrator.model.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A run begins, or is taken over."""

    run: Run


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A new sample of a running migration."""

    run: RunId
    guest: GuestId
    at: datetime
    sample: Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Why a move has not begun."""

    run: RunId
    guest: GuestId
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """What the policy has watched at a host was breached, or is over. level: 0 moves get all of their share again,
    1 half of it, 2 a quarter, 3 and nothing more begins there. because: the breach; "" at level 0."""

    run: RunId
    host: HostName
    level: int
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """Moves of a run that has ended are begun once more after a pause. attempts: how many there may be in all."""

    run: RunId
    attempt: int
    attempts: int
    guests: tuple[GuestId, ...]
    seconds: float
    because: str


Event = Opened | Recorded | Progress | Waiting | Guarded | Retrying
