"""Empty hosts: move their guests under the limits, try elsewhere what failed, and ask the hosts at last."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from orchestrator.engine.interlude import pause
from orchestrator.engine.stop import Stop
from orchestrator.errors import CATALOGUE, OrchestratorError
from orchestrator.evacuation.budget import worth_trying
from orchestrator.migration.terms import Level
from orchestrator.model.emptied import Emptied
from orchestrator.model.evacuation import EvacuationRequest, Staying
from orchestrator.model.event import Retrying
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying
from orchestrator.model.report import RunReport
from orchestrator.model.run import Purpose, Retry, Who
from orchestrator.operations.apply import apply
from orchestrator.operations.bounds import renew
from orchestrator.operations.cordons import cordon
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import kept, left, propose_emptying
from orchestrator.operations.errand import Errand
from orchestrator.ports import EventSink

_STOPPED, _HELD, _INCOMPLETE, _DONE = 130, 7, 1, 0
_RENEW_EVERY = 20.0
_AN_ORDER = "an order from elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """How far an evacuation may go. at_deadline None: as the policy says."""

    deadline: datetime | None = None
    at_deadline: Literal["finish", "cancel"] | None = None


def close(doors: Doors, hosts: Sequence[HostName], who: Who, because: str) -> None:
    """Cordon these hosts, until a person lifts that; a cordon that stands is left as it is."""
    standing = {one.host for one in doors.store().cordons()}
    for host in hosts:
        if host not in standing:
            cordon(doors, host, because, who)


class Rounds:
    """Runs that follow each other until all is done, or nothing more is worth trying.

    plan_again: a plan without these guests (they have been given up), that avoids these hosts for the others.
    """

    def __init__(
        self,
        doors: Doors,
        who: Who,
        errand: Errand,
        plan_again: "Callable[[frozenset[GuestId], dict[GuestId, frozenset[HostName]]], Plan]",
    ) -> None:
        self._doors = doors
        self._who = who
        self._errand = errand
        self._plan_again = plan_again
        self._given_up: set[GuestId] = set()
        self._avoid: dict[GuestId, frozenset[HostName]] = {}
        self._tried: dict[GuestId, int] = {}
        self.reports: list[RunReport] = []
        self.why: dict[GuestId, Staying] = {}

    def carry_out(self, plan: Plan, sinks: Sequence[EventSink], stop: Stop) -> str:
        """Run the plan, and again what is worth it. Answers who stopped it, or "". Raises as operations.apply."""
        attempt, because = 1, ""
        while True:
            self.why |= {one.guest: one for one in plan.staying}
            if not plan.moves:
                return ""
            mine = _following(stop)
            report = apply(
                self._doors, plan, self._who, sinks, mine, self._retry(attempt, because), errand=self._errand
            )
            self.reports.append(report)
            pending = self._note(report)
            stopped = _stopped(report, mine)
            if stopped or not pending:
                return stopped
            attempt += 1
            because = "; ".join(dict.fromkeys(f"{move.name}: {outcome.because}" for move, outcome in pending))
            if not self._wait(pending, attempt, because, sinks, stop):
                return stop.by
            plan = self._plan_again(frozenset(self._given_up), self._avoid)

    def _retry(self, attempt: int, because: str) -> Retry | None:
        if not self.reports:
            return None
        return Retry(attempt=attempt, follows=self.reports[-1].run.id, because=because)

    def _note(self, report: RunReport) -> list[tuple[Move, Outcome]]:
        pending: list[tuple[Move, Outcome]] = []
        for move, outcome in ((m.move, m.outcome) for m in report.moves):
            if outcome is None or outcome.state is State.MIGRATED:
                continue
            self.why[move.guest] = kept(move, outcome.because)
            tried = self._tried[move.guest] = self._tried.get(move.guest, 0) + 1
            self._avoid[move.guest] = self._avoid.get(move.guest, frozenset()) | {move.destination}
            if worth_trying(outcome) and tried < self._policy(move).attempts:
                pending.append((move, outcome))
            else:
                self._given_up.add(move.guest)
        return pending

    def _policy(self, move: Move) -> Emptying:
        return self._doors.settings.policy_for(guest=move.name, host=move.source).evacuation

    def _wait(
        self,
        pending: Sequence[tuple[Move, Outcome]],
        attempt: int,
        because: str,
        sinks: Sequence[EventSink],
        stop: Stop,
    ) -> bool:
        policies = [self._policy(move) for move, _ in pending]
        seconds = max(int(policy.back_off) for policy in policies) / 1000 * 2 ** (attempt - 2)
        event = Retrying(
            run=self.reports[-1].run.id,
            attempt=attempt,
            attempts=max(policy.attempts for policy in policies),
            guests=tuple(move.guest for move, _ in pending),
            seconds=seconds,
            because=because,
        )
        for sink in sinks:
            sink.emit(event)
        return self._pause(seconds, stop)

    def _pause(self, seconds: float, stop: Stop) -> bool:
        store, clock = self._doors.store(), self._doors.clock
        until = clock.ticks() + seconds
        while (rest := until - clock.ticks()) > 0:
            renew(store, self._errand.beside)
            if not pause(self._doors.loop(), clock, stop, min(rest, _RENEW_EVERY)):
                return False
        renew(store, self._errand.beside)
        return stop.level is Level.GO


def _stopped(report: RunReport, mine: Stop) -> str:
    if mine.level > Level.GO:
        return mine.by
    return _AN_ORDER if report.exit_code == _STOPPED else ""


def _following(stop: Stop) -> Stop:
    """A stop of one run: it follows the operator's, and may be raised by what bounds the run alone."""
    mine = Stop()

    def follow() -> None:
        while mine.level < stop.level:
            mine.more(stop.by, at_most=stop.level)

    stop.on_change(follow)
    follow()
    return mine


def evacuate(
    doors: Doors,
    request: EvacuationRequest,
    plan: Plan,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    bounds: Bounded,
    beside: tuple[Fence, ...],
) -> Emptied:
    """Carry the plan out. The hosts are cordoned already, and stay so: they were emptied on purpose.

    Done is what the hosts say: exit code 0 where no live guest is left but those that were asked to stay.
    """

    def again(given_up: frozenset[GuestId], avoid: dict[GuestId, frozenset[HostName]]) -> Plan:
        asked = replace(request, exclude=(*request.exclude, *sorted(given_up)), avoid=dict(avoid))
        try:
            found = propose_emptying(doors, asked, soon=True)
        except OrchestratorError:  # a host that does not answer now: what is left is said at the end
            return Plan(moves=(), findings=())
        return replace(found, staying=tuple(one for one in found.staying if one.guest not in given_up))

    rounds = Rounds(doors, who, _errand(doors, "evacuate", request.hosts, bounds, beside), again)
    stopped = rounds.carry_out(plan, sinks, stop)
    staying, silent = left(doors, request.hosts, rounds.why)
    asked = {one.guest for one in plan.staying if one.asked}
    staying = [replace(one, asked=one.guest in asked) for one in staying]
    missing = bool(silent) or any(one.live and not one.asked for one in staying)
    return Emptied(
        hosts=request.hosts,
        runs=tuple(rounds.reports),
        staying=tuple(staying),
        silent=tuple(silent),
        cordoned=tuple(sorted(one.host for one in doors.store().cordons() if one.host in request.hosts)),
        stopped=stopped,
        exit_code=code_of(rounds.reports, missing=missing, by_operator=stop.level > Level.GO or stopped == _AN_ORDER),
    )


def _errand(
    doors: Doors, purpose: Purpose, hosts: tuple[HostName, ...], bounds: Bounded, beside: tuple[Fence, ...]
) -> Errand:
    return Errand(
        purpose=purpose,
        emptied=hosts,
        deadline=bounds.deadline,
        at_deadline=bounds.at_deadline or doors.settings.policy.evacuation.at_deadline,
        beside=beside,
    )


def code_of(reports: Sequence[RunReport], *, missing: bool, by_operator: bool) -> int:
    """7 where a guest is held; 130 where an operator stopped what is missing; 1 where something is; otherwise 0."""
    outcomes = [m.outcome for report in reports for m in report.moves if m.outcome is not None]
    if any(o.code is not None and CATALOGUE[o.code].exit_code == _HELD for o in outcomes):
        return _HELD
    if not missing:
        return _DONE
    return _STOPPED if by_operator else _INCOMPLETE
