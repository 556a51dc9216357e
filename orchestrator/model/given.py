"""An order as somebody gave it to a run, and what has become of it so far."""

from dataclasses import dataclass

from orchestrator.model.order import Order
from orchestrator.model.run import Holder, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """name: of its guest. number: in the store's queue; None where it was only shown. holder: who held the run's lease
    then. taken_ms: until that process had taken it; None where it has not. left: why it never will, so that whoever
    gave the order drives the run."""

    run: RunId
    order: Order
    name: str | None = None
    number: int | None = None
    holder: Holder | None = None
    taken_ms: int | None = None
    left: str | None = None
