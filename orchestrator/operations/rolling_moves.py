"""The moves of a roll: guests away from a host, and home again. Runs that a dead process left are taken over first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Ask
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.lease import Held
from orchestrator.model.move import State
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import propose_emptying
from orchestrator.operations.evacuate import Bounded, evacuate
from orchestrator.operations.host_leases import taken
from orchestrator.operations.inventory import PATIENCE
from orchestrator.operations.liveness import lives
from orchestrator.operations.propose import propose
from orchestrator.operations.resume import adopt
from orchestrator.operations.retry import Attempts
from orchestrator.operations.standing_orders import AN_ORDER, ordered_to_stop
from orchestrator.operations.unbegun import interrupted
from orchestrator.ports import EventSink


@dataclass(frozen=True, slots=True, kw_only=True)
class Hands:
    """What moves guests need besides doors: who asks, who is told, and who may stop them."""

    who: Who
    sinks: Sequence[EventSink]
    stop: Stop


# Moves the live guests of a host to those that may receive, as far as that goes. Answers what stood in the way.
Away = Callable[[Doors, HostName, Sequence[HostName], Hands], str]
# Brings these guests to a host, wherever they are. Answers what stood in the way.
Home = Callable[[Doors, HostName, Sequence[GuestId], Hands], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """The two ways of a guest in a roll."""

    away: Away
    home: Home


def adopt_left(doors: Doors, hands: Hands) -> None:
    """Follow what runs left in flight to its end: those of dead processes, and those that this one had to leave.

    Nothing of theirs is begun.
    """
    store = doors.store()
    for run in store.runs(unfinished=True):
        lease = store.lease(run.id)
        if lease is not None and _left(doors, lease):
            adopt(doors, run, hands.who, hands.sinks, hands.stop, unbegun=interrupted, left=_left)


def _left(doors: Doors, held: Held) -> bool:
    return held.holder == doors.holder or not lives(doors, held)


def away(doors: Doors, host: HostName, to: Sequence[HostName], hands: Hands) -> str:
    """Evacuate the host towards those that may receive: whoever can leave does, even if some cannot."""
    adopt_left(doors, hands)
    if not to:  # an evacuation that names nobody may go anywhere
        return "no host may receive"
    request = EvacuationRequest(hosts=(host,), to=tuple(to))
    try:
        with taken(doors, (host,)) as fences:
            plan = propose_emptying(doors, request, soon=True)
            told = evacuate(doors, request, plan, hands.who, hands.sinks, hands.stop, bounds=Bounded(), beside=fences)
    except OrchestratorError as error:
        return _refused(error)
    if told.stopped == AN_ORDER:  # somebody has stopped the run: it is not begun again by the roll
        hands.stop.more(AN_ORDER, at_most=Level.STOP)
    return "; ".join(f"{one.name}: {one.why}" for one in told.staying if one.live)


def _refused(error: OrchestratorError) -> str:
    """What was refused, in words; a store that is away, or a lease that is lost, is no refusal."""
    if any(problem.code.startswith("store.") for problem in error.problems):
        raise error
    return "; ".join(problem.saw for problem in error.problems)


def home(doors: Doors, host: HostName, guests: Sequence[GuestId], hands: Hands) -> str:
    """Bring the guests back to the host; one that runs nowhere any more is not missed."""
    adopt_left(doors, hands)
    every = lying(doors, tuple(doors.settings.hosts))
    asked = tuple(f"{at}/{guest}" for at, there in every.items() for guest in there if at != host and guest in guests)
    unseen = [guest for guest in guests if not any(guest in there for there in every.values())]
    silent = [name for name in doors.settings.hosts if name not in every]
    said = [f"{', '.join(silent)} does not answer, and may have some of them"] if unseen and silent else []
    if asked:
        said.append(_carry_out(doors, MoveRequest(guests=asked, to=host), hands))
    return "; ".join(filter(None, said))


def lying(doors: Doors, hosts: tuple[HostName, ...]) -> dict[HostName, tuple[GuestId, ...]]:
    """The live guests of these hosts, as far as they answer."""
    facts = doors.survey().facts(Ask(hosts=hosts, shell=False), within=PATIENCE)
    return {
        name: tuple(guest.uuid for guest in said.guests if guest.power is not Power.SHUT_OFF)
        for name, said in facts.answering().items()
    }


def _carry_out(doors: Doors, request: MoveRequest, hands: Hands) -> str:
    """What is refused for one guest does not keep the others."""
    try:
        plan = propose(doors, request, soon=True)
    except OrchestratorError as error:
        return _refused(error)
    refused = {finding.guest for finding in plan.blockers()}
    moves = tuple(move for move in plan.moves if move.name not in refused)
    said = [f"{finding.guest}: {finding.saw}" for finding in plan.blockers()]
    if moves:
        reports = Attempts(doors, request, hands.who).carry_out(
            Plan(moves=moves, findings=plan.findings), hands.sinks, hands.stop
        )
        if any(ordered_to_stop(doors.store(), report.run.id) for report in reports):
            hands.stop.more(AN_ORDER, at_most=Level.STOP)
        last = {m.move.guest: m for report in reports for m in report.moves}
        away = (m for m in last.values() if m.outcome is None or m.outcome.state is not State.MIGRATED)
        said += [f"{m.move.name}: {m.outcome.because if m.outcome else m.because}" for m in away]
    return "; ".join(dict.fromkeys(said))


MOVING = Moving(away=away, home=home)
