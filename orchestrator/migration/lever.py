"""What can be pulled while a copy runs, and what the decision is made from."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from orchestrator.migration.course import Course
from orchestrator.migration.terms import Terms
from orchestrator.model.command import Cancel, SetBandwidth, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.move import Move
from orchestrator.model.offer import Crossing, Feature, Measurement
from orchestrator.model.transport import Method, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One running pre-copy.

    transport: as it was begun. limit_ms, bandwidth_bytes_per_second: as they were last ordered. absent: features that
    libvirt or QEMU refused in an earlier attempt, with their words. attempt: 1 for the first. at: this moment, in
    seconds of the clock that the course counts by. suspended: ferry has paused the guest so that it arrives.
    tried: methods of the earlier attempts, none of which is taken again.
    """

    move: Move
    transport: Transport
    terms: Terms
    course: Course
    at: float
    limit_ms: int
    bandwidth_bytes_per_second: int | None
    measurement: Measurement | None = None
    crossing: Crossing = field(default_factory=Crossing)
    absent: Mapping[Feature, str] = field(default_factory=dict)
    attempt: int = 1
    suspended: bool = False
    tried: tuple[Method, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lever:
    """One command at the source, with the reason. rung: steps of a ladder that are taken with it, None: not of one."""

    command: SetBandwidth | SetDowntimeLimit | StartPostCopy | Suspend | Cancel
    because: str
    rung: int | None = None


def pulled(course: Course, lever: Lever, at: float) -> Course:
    """The course after a lever was ordered, so that it is not ordered again before it can have worked."""
    if lever.rung is not None:
        course = replace(course, rung=lever.rung, rung_at=at)
    match lever.command:
        case StartPostCopy():
            return replace(course, switched_at=at)
        case Suspend():
            return replace(course, suspended_at=at)
        case _:
            return course
