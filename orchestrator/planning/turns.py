"""In which order guests leave, and the line of the plan for each of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.checks import together
from orchestrator.checks.quantity import mib
from orchestrator.model.finding import Finding
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.planning.appraisal import Appraisal, Outlook
from orchestrator.planning.pace import Pace
from orchestrator.planning.planner import move_of
from orchestrator.planning.timetable import Job, Timetable, arrange
from orchestrator.planning.wanted import Wanted

_RANKS = {"high": 0, "medium": 1, "low": 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Going:
    """One guest and its new host. after: guests that must have made room before. because: why that host."""

    one: Wanted
    place: Appraisal
    because: str
    after: tuple[GuestId, ...] = ()
    urgent: bool = False


def take_turns(going: Sequence[Going], outlook: Outlook, pace: Pace) -> Timetable:
    """Who is urgent first, then by the priority of the policy, then what shortens the whole."""
    return arrange([job_of(one, outlook, pace) for one in going], pace.slots)


def job_of(going: Going, outlook: Outlook, pace: Pace) -> Job:
    """What a timetable knows of it."""
    guest, to = going.one.guest, going.place.host
    rank = _RANKS[outlook.settings.policy_for(guest=guest.name, host=to).priority]
    return Job(
        name=guest.uuid,
        source=going.one.source,
        destination=to,
        seconds=pace.seconds(guest.memory_bytes, going.one.source, to),
        rank=-1 if going.urgent else rank,
        after=frozenset(going.after),
    )


def lines(going: Sequence[Going], turns: Timetable, outlook: Outlook, pace: Pace) -> tuple[Move, ...]:
    """The moves in the order in which they begin."""
    by_uuid: Mapping[str, Going] = {one.one.guest.uuid: one for one in going}
    found = []
    for number, job in enumerate(turns.jobs, start=1):
        one = by_uuid[job.name]
        move = replace(
            line(one, outlook), order=number, begins_seconds=round(turns.begins[job.name], 1), after=one.after
        )
        found.append(pace.forecast(move, outlook.settings))
    return tuple(found)


def findings_of(
    outlook: Outlook,
    moves: tuple[Move, ...],
    about: Mapping[GuestId, tuple[Finding, ...]],
    moving: Sequence[Going],
) -> tuple[Finding, ...]:
    """All that the checks say of the plan, each once. about: what they say of the guests, wherever these go."""
    of_places = (finding for going in moving for finding in going.place.findings)
    said = (*(finding for found in about.values() for finding in found), *of_places, *outlook.plan(moves))
    # Who must be together leaves together here.
    return tuple(dict.fromkeys(finding for finding in said if finding.check != together.RULE.name))


def line(going: Going, outlook: Outlook, mode: Mode = Mode.LIVE) -> Move:
    """The move of one guest, without its turn."""
    pair = going.place.pair
    assert pair is not None  # a place that the checks passed
    transient = (
        "; it is transient: it has no definition beside the running guest" if not going.one.guest.persistent else ""
    )
    request = MoveRequest(guests=(going.one.guest.uuid,), mode=mode)
    return move_of(going.one, going.place.host, pair, outlook, request, f"{going.because}{transient}")


def because(to: HostName, fits: Sequence[HostName], free_bytes: int, others: Sequence[str]) -> str:
    """Why a guest goes there. free_bytes: what is left there after all of the plan. others: who
    goes with it."""
    can = f"{len(fits)} hosts can take it" if len(fits) > 1 else "no other host can take it"
    tied = f"; together with {', '.join(others)}" if others else ""
    soonest = ", and with it there all are over soonest" if len(fits) > 1 else ""
    return f"{can}{soonest}{tied}; {mib(max(free_bytes, 0))} of {to} stay free"
