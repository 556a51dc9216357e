"""What a decision may be, and what it is made from."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from orchestrator.migration.place import Place, Says, place, says
from orchestrator.migration.record import MoveRecord
from orchestrator.model.command import Command
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, State
from orchestrator.model.sighting import Sighting


class Side(StrEnum):
    """One of the two hosts of a move."""

    SOURCE = "source"
    DESTINATION = "destination"


class Level(IntEnum):
    """How far an operator has stopped the run."""

    GO = 0
    STOP = 1  # begin nothing more
    ABORT = 2  # also cancel what can still be cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Both hosts at one moment; `at` in seconds of a clock that only goes forward. answering: of the outside probe."""

    at: float
    source: Sighting | Unknown
    destination: Sighting | Unknown
    answering: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a driver remembers between two looks and a crash may forget.

    place_since and looks: how long, and in how many looks, the same place was seen. ran_first: the side that was seen
    running while the other one was not: a second copy that appears later is the newcomer. vcpu_time_ns: of the
    copy, when it was first seen running.
    """

    where: Place | None = None
    place_since: float = 0.0
    looks: int = 0
    begun_at: float | None = None
    cancelled_at: float | None = None
    confirming_since: float | None = None
    vcpu_time_ns: int | None = None
    ran_first: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Do:
    """Order a command on one side."""

    side: Side
    command: Command
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Become:
    """Another state is seen."""

    state: State
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The verdict."""

    state: State
    where: HostName | None
    because: str
    code: str | None = None
    doubt: Doubt | None = None
    warnings: tuple[str, ...] = ()
    vcpu_wait_ms: int | None = None


Decision = Wait | Do | Become | End


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One look read against the record: the argument of every deciding function."""

    record: MoveRecord
    watch: Watch
    look: Look
    source: Says
    destination: Says
    where: Place

    @property
    def settled_for(self) -> float:
        """Seconds since the guest was first seen in the place where it is now."""
        return self.look.at - self.watch.place_since

    @property
    def seen_again(self) -> bool:
        """Whether a second look has confirmed the place (the two hosts are never asked at the same instant)."""
        return self.watch.looks >= 2


def scene(record: MoveRecord, watch: Watch, look: Look) -> Scene:
    """Read a look, and remember it in the watch."""
    paused = record.move.paused
    ours, theirs = says(look.source, paused_before=paused), says(look.destination, paused_before=paused)
    where = place(ours, theirs)
    return Scene(
        record=record,
        watch=_remember(watch, look, ours, theirs, where),
        look=look,
        source=ours,
        destination=theirs,
        where=where,
    )


def _remember(watch: Watch, look: Look, ours: Says, theirs: Says, where: Place) -> Watch:
    same = watch.where is where
    ran_first = watch.ran_first
    ours_runs, theirs_runs = ours in (Says.RUNNING, Says.LEAVING), theirs is Says.RUNNING
    if ours_runs is not theirs_runs:
        ran_first = Side.SOURCE if ours_runs else Side.DESTINATION
    return Watch(
        where=where,
        place_since=watch.place_since if same else look.at,
        looks=watch.looks + 1 if same else 1,
        begun_at=watch.begun_at,
        cancelled_at=watch.cancelled_at,
        confirming_since=watch.confirming_since,
        vcpu_time_ns=_first_vcpu_time(watch, look, theirs),
        ran_first=ran_first,
    )


def _first_vcpu_time(watch: Watch, look: Look, theirs: Says) -> int | None:
    there = look.destination
    if watch.vcpu_time_ns is None and theirs is Says.RUNNING and isinstance(there, Sighting):
        return there.vcpu_time_ns
    return watch.vcpu_time_ns
