"""The moves of a roll: guests away from a host, and home again. Runs that a dead process left are taken over first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.catalogue import CATALOGUE
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_dead
from orchestrator.migration.terms import Level
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Ask
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import State
from orchestrator.model.plan import Plan
from orchestrator.model.report import RunReport
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import propose_emptying
from orchestrator.operations.evacuate import Bounded, evacuate
from orchestrator.operations.host_leases import taken
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.propose import propose
from orchestrator.operations.resume import adopt
from orchestrator.operations.retry import Attempts
from orchestrator.operations.rounds import harm
from orchestrator.operations.standing_orders import AN_ORDER, ordered_to_stop
from orchestrator.operations.unbegun import interrupted
from orchestrator.ports import EventSink

_HELD = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What moves guests need besides doors: who asks, who is told, and who may stop them."""

    who: Who
    sinks: Sequence[EventSink]
    stop: Stop


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """said: what stood in the way. harm: what became of guests that a person is to know of, and its exit code, 7 or 1."""

    said: str
    harm: str = ""
    code: int = 0


# Moves the live guests of a host to those that may receive, as far as that goes.
Away = Callable[[Doors, HostName, Sequence[HostName], Hands], Moved]
# Brings these guests to a host, wherever they are.
Home = Callable[[Doors, HostName, Sequence[GuestId], Hands], Moved]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """The two ways of a guest in a roll."""

    away: Away
    home: Home


def adopt_left(doors: Doors, hands: Hands) -> list[RunReport]:
    """Follow what runs left in flight to its end: those of dead processes, and those that this one had to leave.

    Nothing of theirs is begun. Answers what came of them.
    """
    store = doors.store()
    reports: list[RunReport] = []
    for run in store.runs(unfinished=True):
        lease = store.lease(run.id)
        if lease is not None and _left(doors, lease):
            came = adopt(doors, run, hands.who, hands.sinks, hands.stop, unbegun=interrupted, left=_left)
            reports += [came] if isinstance(came, RunReport) else []
    return reports


def _left(doors: Doors, held: Held) -> bool:
    if held.expired or held.holder == doors.holder:
        return True
    return holder_is_dead(held, doors.holder, process_lives=doors.lives(held.holder))


def moved(said: Sequence[str], reports: Sequence[RunReport]) -> Moved:
    """What stood in the way of these runs, and what became of their guests."""
    harmed = [one for report in reports for one in report.moves if harm(one)]
    held = any(CATALOGUE[harm(one)].exit_code == _HELD for one in harmed)
    told = (f"{one.move.name}: {one.outcome.because}" for one in harmed if one.outcome is not None)
    return Moved(
        said="; ".join(dict.fromkeys(filter(None, said))),
        harm="; ".join(dict.fromkeys(told)),
        code=(_HELD if held else 1) if harmed else 0,
    )


def away(doors: Doors, host: HostName, to: Sequence[HostName], hands: Hands) -> Moved:
    """Evacuate the host towards those that may receive: whoever can leave does, even if some cannot."""
    adopted = adopt_left(doors, hands)
    if not to:  # an evacuation that names nobody may go anywhere
        return moved(["no host may receive"], adopted)
    request = EvacuationRequest(hosts=(host,), to=tuple(to))
    try:
        with taken(doors, (host,)) as fences:
            plan = propose_emptying(doors, request, soon=True)
            told = evacuate(doors, request, plan, hands.who, hands.sinks, hands.stop, bounds=Bounded(), beside=fences)
    except OrchestratorError as error:
        return moved([_refused(error)], adopted)
    if told.stopped == AN_ORDER:  # somebody has stopped the run: it is not begun again by the roll
        hands.stop.more(AN_ORDER, at_most=Level.STOP)
    return moved([f"{one.name}: {one.why}" for one in told.staying if one.live], [*adopted, *told.runs])


def _refused(error: OrchestratorError) -> str:
    """What was refused, in words; a store that is away, or a lease that is lost, is no refusal."""
    if any(problem.code.startswith("store.") for problem in error.problems):
        raise error
    return "; ".join(problem.saw for problem in error.problems)


def home(doors: Doors, host: HostName, guests: Sequence[GuestId], hands: Hands) -> Moved:
    """Bring the guests back to the host; one that runs nowhere any more is not missed."""
    reports = adopt_left(doors, hands)
    every = lying(doors, tuple(doors.settings.hosts))
    asked = tuple(f"{at}/{guest}" for at, there in every.items() for guest in there if at != host and guest in guests)
    unseen = [guest for guest in guests if not any(guest in there for there in every.values())]
    silent = [name for name in doors.settings.hosts if name not in every]
    said = [f"{', '.join(silent)} does not answer, and may have some of them"] if unseen and silent else []
    if asked:
        found, done = _carry_out(doors, MoveRequest(guests=asked, to=host), hands)
        said, reports = [*said, *found], [*reports, *done]
    return moved(said, reports)


def lying(doors: Doors, hosts: tuple[HostName, ...]) -> dict[HostName, tuple[GuestId, ...]]:
    """The live guests of these hosts, as far as they answer."""
    facts = doors.survey().facts(Ask(hosts=hosts, shell=False), within=PATIENCE)
    return {
        name: tuple(guest.uuid for guest in said.guests if guest.power is not Power.SHUT_OFF)
        for name, said in facts.answering().items()
    }


def _carry_out(
    doors: Doors, request: MoveRequest, hands: Hands
) -> tuple[Sequence[str], Sequence[RunReport]]:
    """What is refused for one guest does not keep the others. Answers who did not come and why, and the runs."""
    try:
        plan = propose(doors, request, soon=True)
    except OrchestratorError as error:
        return [_refused(error)], ()
    refused = {finding.guest for finding in plan.blockers()}
    moves = tuple(move for move in plan.moves if move.name not in refused)
    said = [f"{finding.guest}: {finding.saw}" for finding in plan.blockers()]
    reports: Sequence[RunReport] = ()
    if moves:
        reports = Attempts(doors, request, hands.who).carry_out(
            Plan(moves=moves, findings=plan.findings), hands.sinks, hands.stop
        )
        if any(ordered_to_stop(doors.store(), report.run.id) for report in reports):
            hands.stop.more(AN_ORDER, at_most=Level.STOP)
        last = {m.move.guest: m for report in reports for m in report.moves}
        kept = (m for m in last.values() if m.outcome is not None and m.outcome.state is State.KEPT)
        said += [f"{m.move.name}: {m.outcome.because}" for m in kept if m.outcome is not None]
    return said, reports


MOVING = Moving(away=away, home=home)
