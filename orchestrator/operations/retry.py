"""Moves whose copy failed are planned and begun once more, as the policy says: after a pause, perhaps elsewhere."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.engine.interlude import pause
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.migration.exit_code import exit_code
from orchestrator.migration.terms import Level
from orchestrator.model.event import Retrying
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Retries
from orchestrator.model.report import RunReport
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Retry, Who
from orchestrator.model.transport import Mode
from orchestrator.operations.apply import apply, policy_of
from orchestrator.operations.doors import Doors
from orchestrator.operations.holds import on_hold
from orchestrator.operations.propose import propose
from orchestrator.operations.standing_orders import ordered_to_stop
from orchestrator.ports import EventSink

# Nothing was begun, or the copy broke off and both hosts agree that the guest runs on at its source. Whatever an
# operator has cancelled, what will not converge and what is not known for sure is not begun again.
RETRYABLE = frozenset({"migration.failed", "migration.stalled", "migration.destination-silent", "host.cordoned"})


class Attempts:
    """The runs that one request leads to, the first one and those that try its failed moves again."""

    def __init__(self, doors: Doors, request: MoveRequest, who: Who) -> None:
        self._doors = doors
        self._request = request
        self._who = who
        self._failed: dict[GuestId, frozenset[HostName]] = {}
        self._reports: list[RunReport] = []

    def carry_out(self, plan: Plan, sinks: Sequence[EventSink], stop: Stop) -> tuple[RunReport, ...]:
        """Run the plan, and again what is worth it; the reports, oldest first. Raises as operations.apply."""
        self._reports = [apply(self._doors, plan, self._who, sinks, stop, raised=self._request.raised)]
        attempt, pending = 1, self._worth_trying(self._reports[0], 1)
        while pending and stop.level is Level.GO and not ordered_to_stop(self._doors.store(), self._reports[-1].run.id):
            attempt += 1
            because = "; ".join(dict.fromkeys(f"{move.name}: {outcome.because}" for move, outcome in pending))
            if not self._wait(pending, attempt, because, sinks, stop):
                break
            again = self._plan(pending)
            begun = {move.guest for move in again.moves}
            pending = [(move, outcome) for move, outcome in pending if move.guest not in begun]
            if again.moves:
                retry = Retry(attempt=attempt, follows=self._reports[-1].run.id, because=because)
                report = apply(self._doors, again, self._who, sinks, stop, retry, raised=self._request.raised)
                self._reports.append(report)
                pending += self._worth_trying(report, attempt)
            pending = [(move, outcome) for move, outcome in pending if attempt < self._retries(move).attempts]
        return tuple(self._reports)

    def exit_code(self, report: RunReport) -> int | None:
        """What an earlier run answers for: not for a guest that a later one tried again. None: it is the last one."""
        later = self._reports[self._reports.index(report) + 1 :]
        if not later:
            return None
        taken_up = {move.move.guest for after in later for move in after.moves}
        last = [m.outcome for m in report.moves if m.outcome is not None and m.move.guest not in taken_up]
        return exit_code(last, Level.STOP if report.exit_code == _STOPPED else Level.GO)

    def _worth_trying(self, report: RunReport, attempt: int) -> "list[_Failed]":
        found: list[_Failed] = []
        for move, outcome in ((m.move, m.outcome) for m in report.moves):
            if outcome is None or outcome.state is not State.KEPT or outcome.code not in RETRYABLE:
                continue
            if move.transport.mode is Mode.COLD:  # its operator agreed to one shutdown
                continue
            self._failed[move.guest] = self._failed.get(move.guest, frozenset()) | {move.destination}
            if attempt < self._retries(move).attempts:
                found.append((move, outcome))
        return found

    def _retries(self, move: Move) -> Retries:
        return policy_of(self._doors, self._reports[0].run, move).retries

    def _wait(
        self, pending: "list[_Failed]", attempt: int, because: str, sinks: Sequence[EventSink], stop: Stop
    ) -> bool:
        seconds = max(int(self._retries(move).back_off) for move, _ in pending) / 1000 * 2 ** (attempt - 2)
        event = Retrying(
            run=self._reports[-1].run.id,
            attempt=attempt,
            attempts=max(self._retries(move).attempts for move, _ in pending),
            guests=tuple(move.guest for move, _ in pending),
            seconds=seconds,
            because=because,
        )
        for sink in sinks:
            sink.emit(event)
        return pause(self._doors.loop(), self._doors.clock, stop, seconds)

    def _plan(self, pending: "list[_Failed]") -> Plan:
        """Elsewhere first, where the policy allows it and another host fits; otherwise where it was to go before."""
        elsewhere = [move for move, _ in pending if self._retries(move).elsewhere]
        found = self._asked(elsewhere, None)
        placed = {move.guest for move in found}
        rest = [move for move, _ in pending if move.guest not in placed]
        for to in dict.fromkeys(move.destination for move in rest):
            found += self._asked([move for move in rest if move.destination == to], to)
        return Plan(moves=tuple(found), findings=())

    def _avoided(self, moves: Sequence[Move]) -> dict[GuestId, frozenset[HostName]]:
        """Hosts that it has failed to get to, and those that somebody has put a hold on."""
        held = on_hold(self._doors)
        return {move.guest: self._failed.get(move.guest, frozenset()) | held for move in moves}

    def _asked(self, moves: Sequence[Move], to: HostName | None) -> list[Move]:
        if not moves:
            return []
        try:
            request = replace(
                self._request,
                guests=tuple(f"{move.source}/{move.guest}" for move in moves),
                to=to,
                leaving=None,
                avoid={} if to is not None else self._avoided(moves),
            )
            return list(propose(self._doors, request, soon=True).moves)
        except OrchestratorError:  # a host that does not answer now: this attempt is spent, perhaps not the last one
            # What one guest is refused for must not speak against the others.
            return [] if len(moves) == 1 else [found for move in moves for found in self._asked([move], to)]


_Failed = tuple[Move, Outcome]
_STOPPED = 130
