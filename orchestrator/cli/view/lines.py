"""A run in lines: one for every change of state or new reason, and a sign of life each minute."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import clock, count, inert
from orchestrator.cli.view.orders import told
from orchestrator.cli.view.progress import LEVERS, Picture, Row, figures, guarded, lever, pace, retrying
from orchestrator.cli.view.sink import QueuedView
from orchestrator.model.entry import Adopted, Closed, Ended, Happened, Intent, Ordered, Recorded, Seen, Traced
from orchestrator.model.event import Event, Guarded, Opened, Progress, Retrying, Waiting
from orchestrator.model.move import Outcome, State

HEARTBEAT = timedelta(seconds=60)


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


class Narrator:
    """Turns events into lines without time stamps. verbosity 1 adds reasons of waiting, rounds and commands."""

    def __init__(self, verbosity: int = 0) -> None:
        self._verbosity = verbosity
        self._picture = Picture()
        self._told: dict[str, tuple[State, str]] = {}
        self._round: dict[str, int] = {}
        self._still: frozenset[str] = frozenset()

    def tell(self, event: Event) -> list[str]:
        """Say what an event means, or nothing if it is not worth a line."""
        row = self._picture.take(event)
        match event:
            case Opened(run=run):
                asked = f"{run.who.login} on {run.who.controller}"
                again = f", attempt {run.retry.attempt} after run {run.retry.follows}" if run.retry else ""
                return [f"run {run.id} started: {count(len(run.moves), 'move')}, asked by {asked}{again}"]
            case Retrying():
                return [retrying(event)]
            case Guarded():
                return [guarded(event)]
            case Recorded(entry=Ordered() as ordered):
                row = None if ordered.guest is None else self._picture.rows.get(ordered.guest)
                return [told(ordered, row.move.name if row else ordered.guest)]
            case Recorded(entry=Adopted(by=by), run=run_id):
                return [f"run {run_id} adopted by {by}"]
            case Recorded(entry=Closed(exit_code=code), run=run_id):
                return [f"run {run_id} done: {self._picture.summary()}, exit code {code}"]
        return self._of_move(event, row) if row is not None else self._of_command(event)

    def heartbeat(self) -> list[str]:
        """One line for each move that is under way, one for all that wait."""
        rows = [row for row in self._picture.rows.values() if row.outcome is None]
        lines = [_still(row) for row in rows if row.moving]
        waiting = [row for row in rows if not row.moving]
        if waiting:
            lines.append(f"{count(len(waiting), 'guest')} waiting: {waiting[0].because or 'not begun'}")
        return lines

    def _of_move(self, event: Event, row: Row) -> list[str]:
        name = row.move.name
        match event:
            case Waiting(because=because):
                return self._once(row, f"{name} waiting: {because}")
            case Recorded(entry=Seen(state=State.WAITING, because=because)) if self._verbosity < 1:
                return []
            case Recorded(entry=Seen(state=state, because=because)):
                return self._once(row, f"{name} {state}: {because}")
            case Recorded(entry=Ended(outcome=outcome)):
                return [_end(row, outcome)]
            case Progress(sample=sample):
                return self._progress(row, sample.round)
            case Recorded(entry=Traced(fits=fits, says=says)) if not fits or self._verbosity >= 1:
                return [f"{name} {row.state}: {'' if fits else 'warning: '}{says}"]
            case Recorded(entry=Intent(command=command, because=because)) if isinstance(command, LEVERS):
                return [f"{name} {row.state}: {lever(command)}: {because}"]
            case Recorded(entry=Intent()):
                return self._of_command(event)
        return []

    def _progress(self, row: Row, number: int) -> list[str]:
        """A line for each round with -v, and one in any case when nothing arrives any more, or something does again."""
        name, still = row.move.name, row.still_for > 0
        told = name in self._still
        self._still = self._still | {name} if still else self._still - {name}
        if still is not told or (self._verbosity >= 1 and self._round.get(name) != number):
            self._round[name] = number
            return [f"{name} {row.state}: {pace(row)}"]
        return []

    def _of_command(self, event: Event) -> list[str]:
        if self._verbosity < 1 or not isinstance(event, Recorded):
            return []
        match event.entry:
            case Intent(host=host, command=command, because=because):
                return [f"{host}: {command.kind} ({because})"]
            case Happened(host=host, effect=effect):
                why = getattr(effect, "why", "")
                return [f"{host}: {effect.kind}{f' ({why})' if why else ''}"]
        return []

    def _once(self, row: Row, line: str) -> list[str]:
        if self._told.get(row.move.guest) == (row.state, row.because):
            return []
        self._told[row.move.guest] = (row.state, row.because)
        return [line]


def _still(row: Row) -> str:
    return f"{row.move.name} {row.state}: {pace(row)}"


def _end(row: Row, outcome: Outcome) -> str:
    if outcome.state is State.MIGRATED:
        return f"{row.move.name} migrated to {outcome.where}: {figures(outcome)}"
    where = f" on {outcome.where}" if outcome.where else ""
    return f"{row.move.name} {outcome.state}{where}: {outcome.because}"


class Lines(QueuedView):
    """Writes the narration to a screen; held back, it waits for release (cron is told only what went wrong)."""

    def __init__(
        self, screen: Screen, *, verbosity: int = 0, held_back: bool = False, at: Callable[[], datetime] = now
    ) -> None:
        super().__init__()
        self._screen = screen
        self._narrator = Narrator(verbosity)
        self._held: list[str] | None = [] if held_back else None
        self._now = at
        self._beat = at()

    def take(self, event: Event) -> None:
        """Write what the event means."""
        self._write(self._narrator.tell(event))
        self.idle()

    def idle(self) -> None:
        """Show a sign of life when a minute has passed."""
        if self._now() - self._beat >= HEARTBEAT:
            self._beat = self._now()
            self._write(self._narrator.heartbeat())

    def release(self) -> None:
        """Write what was held back."""
        for line in self._held or ():
            self._screen.write(line)
        self._held = None

    def _write(self, lines: list[str]) -> None:
        stamp = clock(self._now())
        for line in (f"{stamp} {inert(text)}\n" for text in lines):
            if self._held is None:
                self._screen.write(line)
            else:
                self._held.append(line)
