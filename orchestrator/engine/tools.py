"""The doors that one driver works with, and those of its run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import Move, Outcome
from orchestrator.model.run import Holder
from orchestrator.ports import Announcer, BlackoutProbe, Clock, Gauge, Hypervisor, Loop, Processes, Store

Figures = Callable[[HostName], Mapping[str, float]]
"""What is watched → how it is at the host now; what could not be read is left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostDoors:
    """Everything that leads to one host of a move."""

    hypervisor: Hypervisor
    processes: Processes
    announcer: Announcer


def _nothing_against(_move: Move) -> Outcome | None:
    return None


def _divided(_guest: GuestId) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What measures: time, silence, and the way before a move. last_look: what speaks against a move, as its verdict,
    asked once, right before it begins. joins: told that a move is about to use its network; whether that is divided
    with it already."""

    clock: Clock
    probe: BlackoutProbe
    gauge: Gauge
    last_look: Callable[[Move], Outcome | None] = _nothing_against
    joins: Callable[[GuestId], bool] = _divided


@dataclass(frozen=True, slots=True, kw_only=True)
class Works:
    """What a run itself is made of: where it is written, its time, and the threads of its steps."""

    store: Store
    clock: Clock
    loop: Loop


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a run asks about others. dead: whether the process that holds a lease is proven dead. holder: this
    process."""

    hypervisor: Callable[[HostName], Hypervisor]
    figures: Figures
    dead: Callable[[Held], bool]
    holder: Holder
