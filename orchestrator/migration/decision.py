"""What a decision may be, and what it is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from orchestrator.migration.course import Course, follow
from orchestrator.migration.place import Place, Says, place, says
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.witness import Witness, hear
from orchestrator.model.command import Command
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, State
from orchestrator.model.offer import Crossing, Gauging
from orchestrator.model.sighting import NoProcess, ProcessSeen, Sighting
from orchestrator.model.transport import Mode


class Side(StrEnum):
    """One of the two hosts of a move."""

    SOURCE = "source"
    DESTINATION = "destination"


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Both hosts at one moment; `at` in seconds of a clock that only goes forward. answering: of the outside probe.

    source_process, destination_process: what the kernel of a host that is silent says, past its libvirt.
    """

    at: float
    source: Sighting | Unknown
    destination: Sighting | Unknown
    answering: bool | None = None
    source_process: ProcessSeen | NoProcess | Unknown | None = None
    destination_process: ProcessSeen | NoProcess | Unknown | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """How often an order was given to a host, and when last."""

    times: int
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What a driver remembers between two looks and a crash may forget.

    place_since and looks: how long, and in how many looks, the same place was seen. ran_first: the side that was seen
    running while the other one was not: a second copy that appears later is the newcomer. vcpu_time_ns: of the
    copy, when it was first seen running. crossing: what earlier moves taught about this way. first_begun_at: of all
    attempts. course: of the samples of this attempt. destination_answered_at: its daemon. recovering_since: the first
    order to recover a broken post-copy; recovered_at: the last one. longest_still: seconds without a page in post-copy.
    answered: the outside probe has had an answer. given: orders that are repeated until they show, by kind.
    source_seen, destination_seen: what is remembered of each host's copy.
    """

    where: Place | None = None
    place_since: float = 0.0
    looks: int = 0
    begun_at: float | None = None
    first_begun_at: float | None = None
    cancelled_at: float | None = None
    confirming_since: float | None = None
    vcpu_time_ns: int | None = None
    ran_first: Side | None = None
    crossing: Crossing = field(default_factory=Crossing)
    course: Course | None = None
    destination_answered_at: float | None = None
    recovering_since: float | None = None
    recovered_at: float | None = None
    longest_still: float = 0.0
    answered: bool = False
    given: Mapping[tuple[Side, str], Given] = field(default_factory=dict)
    source_seen: Witness = field(default_factory=Witness)
    destination_seen: Witness = field(default_factory=Witness)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """Look again after so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """Measure before the copy begins, and write it down."""

    what: Gauging


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


Decision = Wait | Measure | Do | Become | End


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
    # One that has run, or that ferry has meant to suspend because the guest ran twice, waits for nobody to start it.
    held = record.holds and not (record.started or record.ran_there or record.move.destination in record.suspended)
    # A guest suspended in the middle of a copy is reported like one that is paused for the last pages.
    stands = record.paused_meanwhile or (record.transport is not None and record.transport.mode is Mode.PAUSE)
    ours = says(look.source, paused_before=paused, stands=stands)
    theirs = says(look.destination, paused_before=paused, held=held)
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
    ours_runs, theirs_runs = ours in (Says.RUNNING, Says.LEAVING), theirs in (Says.RUNNING, Says.FETCHING)
    if ours_runs is not theirs_runs:
        ran_first = Side.SOURCE if ours_runs else Side.DESTINATION
    sample = look.source.job if isinstance(look.source, Sighting) else None
    course = watch.course if sample is None else follow(watch.course, sample, look.at)
    still = course.still_for if course is not None and where is Place.SPLIT else 0.0
    return replace(
        watch,
        where=where,
        place_since=watch.place_since if same else look.at,
        looks=watch.looks + 1 if same else 1,
        vcpu_time_ns=_first_vcpu_time(watch, look, theirs),
        ran_first=ran_first,
        course=course,
        destination_answered_at=watch.destination_answered_at if theirs is Says.SILENT else look.at,
        longest_still=max(watch.longest_still, still),
        answered=watch.answered or look.answering is True,
        source_seen=hear(watch.source_seen, look.source, ours, look.source_process, look.at, other_runs=theirs_runs),
        destination_seen=hear(
            watch.destination_seen, look.destination, theirs, look.destination_process, look.at, other_runs=ours_runs
        ),
    )


def _first_vcpu_time(watch: Watch, look: Look, theirs: Says) -> int | None:
    there = look.destination
    if watch.vcpu_time_ns is None and theirs is Says.RUNNING and isinstance(there, Sighting):
        return there.vcpu_time_ns
    return watch.vcpu_time_ns
