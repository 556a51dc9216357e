"""A run as its journal tells it: what a view shows and what history keeps."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.order import Order
from orchestrator.model.repaired import Repaired
from orchestrator.model.run import Run
from orchestrator.model.sample import Sample


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveReport:
    """Where one move stands. because: the reason of the last change of state. sample: the last one kept. waits: what it
    waits for at this moment; "" where it does not."""

    move: Move
    state: State
    because: str
    since: datetime
    outcome: Outcome | None = None
    sample: Sample | None = None
    waits: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderReport:
    """An order to an open run that is not carried out yet. name: of its guest. taken: the run's process has read it."""

    order: Order
    at: datetime
    name: str | None = None
    taken: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseReport:
    """That a person declared the end of a guest's slot at this host free. name: of the guest."""

    at: datetime
    by: str
    name: str
    host: HostName
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """exit_code is None while the run is not closed: then `lease` tells whether somebody still works on it.

    repairs: what was repaired instead of moved; one whose answer is not on record is Unclear. orders: to stop or abort,
    and whatever nobody has read yet.
    """

    run: Run
    moves: tuple[MoveReport, ...]
    exit_code: int | None
    ended_at: datetime | None
    lease: Held | None = None
    repairs: tuple[Repaired, ...] = ()
    orders: tuple[OrderReport, ...] = ()
    releases: tuple[ReleaseReport, ...] = ()
