"""Slots as an operator asks for them: what is taken, by whom, how much there is, and who waits."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """A move that takes a part of a resource.

    run None: a migration that ferry did not start. source, destination: "" for an end that nobody has seen. left: why
    nobody drives its run any more, which frees nothing; "" where somebody does. released: ends that a person declared
    free, each with the reason.
    """

    guest: GuestId
    name: str
    cost: int
    source: HostName
    destination: HostName
    run: RunId | None = None
    left: str = ""
    released: Mapping[HostName, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """What is counted: how much of it is taken, by whom, and how much there is; capacity None: no limit."""

    name: str
    used: int
    capacity: int | None
    takers: tuple[Taker, ...]

    @property
    def full(self) -> bool:
        """Whether nothing more fits."""
        return self.capacity is not None and self.used >= self.capacity


@dataclass(frozen=True, slots=True, kw_only=True)
class Queued:
    """A move that waits. because: what for, as its own process has last found. left: why nobody drives its run any
    more; it holds up nobody then."""

    run: RunId
    guest: GuestId
    name: str
    source: HostName
    destination: HostName
    since: datetime
    priority: int
    because: str
    left: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """A host that did not say what moves there: migrations that ferry did not start are not counted there."""

    host: HostName
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slots:
    """Everything that is taken, then what waits, in the order in which it goes first."""

    resources: tuple[Resource, ...]
    waiting: tuple[Queued, ...] = ()
    silent: tuple[Mute, ...] = ()
