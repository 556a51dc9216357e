"""Runs that follow each other for one purpose: what failed is tried again, elsewhere, until nothing is worth it."""

from collections.abc import Callable, Sequence

from orchestrator.engine.interlude import pause
from orchestrator.engine.stop import Stop, following
from orchestrator.evacuation.budget import worth_trying
from orchestrator.migration.exit_code import PRECEDENCE
from orchestrator.migration.terms import Level
from orchestrator.model.evacuation import Staying
from orchestrator.model.event import Retrying
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying
from orchestrator.model.report import RunReport
from orchestrator.model.run import Retry, Who
from orchestrator.operations.apply import apply
from orchestrator.operations.bounds import renew
from orchestrator.operations.doors import Doors
from orchestrator.operations.emptying import kept
from orchestrator.operations.errand import Errand
from orchestrator.operations.harm import harm
from orchestrator.operations.standing_orders import AN_ORDER, ordered_to_stop
from orchestrator.ports import EventSink

_STOPPED, _INCOMPLETE, _DONE = 130, 1, 0
_RENEW_EVERY = 20.0
_MOST_DOUBLED = 6


class Rounds:
    """Runs that follow each other until all is done, or nothing more is worth trying.

    plan_again: a plan without these guests (they have been given up), that avoids these hosts for the others. onward:
    whether a run that has moved somebody makes room for guests that had none.
    """

    def __init__(
        self,
        doors: Doors,
        who: Who,
        errand: Errand,
        plan_again: Callable[[frozenset[GuestId], dict[GuestId, frozenset[HostName]]], Plan],
        *,
        onward: bool = False,
    ) -> None:
        self._doors = doors
        self._who = who
        self._errand = errand
        self._plan_again = plan_again
        self._onward = onward
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
            mine = following(stop)
            report = apply(
                self._doors, plan, self._who, sinks, mine, self._retry(attempt, because), errand=self._errand
            )
            self.reports.append(report)
            pending = self._note(report)
            stopped = self._stopped(report, mine)
            onward = self._onward and any(one.live and not one.asked for one in plan.staying) and _arrived(report)
            if stopped or not (pending or onward):
                return stopped
            attempt += 1
            because = "; ".join(dict.fromkeys(f"{move.name}: {outcome.because}" for move, outcome in pending))
            if pending and not self._wait(pending, attempt, because, sinks, stop):
                return stop.by
            because = because or "moves of the run before have made room"
            plan = self._plan_again(frozenset(self._given_up), self._avoid)

    def _stopped(self, report: RunReport, mine: Stop) -> str:
        """Who stopped the run. An order that found nothing left to stop in it binds those that would follow."""
        if mine.level > Level.GO:
            return mine.by
        return AN_ORDER if ordered_to_stop(self._doors.store(), report.run.id) else ""

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
        seconds = max(int(policy.back_off) for policy in policies) / 1000 * 2 ** min(attempt - 2, _MOST_DOUBLED)
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


def _arrived(report: RunReport) -> bool:
    return any(m.outcome is not None and m.outcome.state is State.MIGRATED for m in report.moves)


def code_of(reports: Sequence[RunReport], *, missing: bool, by_operator: bool) -> int:
    """The first that applies of: 7, a guest is held; 130, an operator stopped what is missing; 1, something is missing,
    or a guest did not arrive as it should; 6, nobody knows yet; 0."""
    codes = {harm(moved.outcome) for report in reports for moved in report.moves}
    if missing:
        codes.add(_STOPPED if by_operator else _INCOMPLETE)
    return next(code for code in PRECEDENCE if code in codes or code == _DONE)
