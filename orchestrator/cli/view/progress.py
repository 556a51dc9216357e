"""What a run looks like right now, folded from its events; every view draws from it."""

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.cli.view.format import duration, milliseconds, rate, size
from orchestrator.model.entry import Ended, Ordered, Recorded, Seen
from orchestrator.model.event import Event, Opened, Progress, Waiting
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.run import Run
from orchestrator.model.sample import Sample

_BEFORE = (State.PLANNED, State.WAITING)


@dataclass
class Row:
    """One move as it was last seen."""

    move: Move
    state: State = State.PLANNED
    because: str = ""
    begun_at: datetime | None = None
    sample: Sample | None = None
    outcome: Outcome | None = None

    @property
    def moving(self) -> bool:
        """Whether its copy may be under way."""
        return self.outcome is None and self.state not in _BEFORE


@dataclass
class Picture:
    """One run. order: how far an operator has stopped it."""

    run: Run | None = None
    rows: dict[GuestId, Row] = field(default_factory=dict)
    order: str = ""

    def take(self, event: Event) -> Row | None:
        """Fold one event in, and answer the row it changed."""
        match event:
            case Opened(run=run):
                self.run, self.order = run, ""
                self.rows = {move.guest: Row(move=move) for move in run.moves}
                return None
            case Recorded(entry=Ordered(order=order)):
                self.order = order
                return None
            case Progress(guest=guest) | Waiting(guest=guest) | Recorded(entry=Seen(guest=guest) | Ended(guest=guest)):
                row = self.rows.get(guest)
                if row is not None:
                    _change(row, event)
                return row
        return None

    def summary(self) -> str:
        """2 migrated, 1 moving, 3 waiting, counted over all moves."""
        words = [_word(row) for row in self.rows.values()]
        order = [State.MIGRATED.value, State.KEPT.value, State.ENDED.value, State.UNCLEAR.value, "moving", "waiting"]
        return ", ".join(f"{words.count(word)} {word}" for word in order if word in words)


def _change(row: Row, event: Event) -> None:
    match event:
        case Progress(sample=sample):
            row.sample = sample
        case Waiting(because=because):
            row.because = because
        case Recorded(at=at, entry=Seen(state=state, because=because)):
            row.state, row.because = state, because
            if row.begun_at is None and state not in _BEFORE:
                row.begun_at = at
        case Recorded(entry=Ended(outcome=outcome)):
            row.outcome, row.state, row.because = outcome, outcome.state, outcome.because


def _word(row: Row) -> str:
    if row.outcome is not None:
        return row.outcome.state.value
    return "moving" if row.moving else "waiting"


def stalled(sample: Sample) -> bool:
    """Whether the guest changes memory at least as fast as it is moved: only then the dirty rate explains the wait."""
    return sample.round >= 2 and sample.dirty_bytes_per_second >= sample.transfer_bytes_per_second


def time_left(sample: Sample) -> str | None:
    """A promise only from the second round on, and none while nothing is gained."""
    if sample.round < 2 or stalled(sample) or sample.remaining_bytes <= 0:
        return None
    gained = sample.transfer_bytes_per_second - sample.dirty_bytes_per_second
    return duration(1000 * sample.remaining_bytes / gained)


def fraction(sample: Sample) -> float:
    """How full the bar is; never full, because only the verdict says that a guest has arrived."""
    if sample.total_bytes <= 0:
        return 0.0
    return min(0.99, max(0.0, 1 - sample.remaining_bytes / sample.total_bytes))


def pace(sample: Sample) -> str:
    """Round 3, remaining 4.4 GiB, transfer 915 MiB/s, dirty 305 MiB/s; and why it does not end, or when it may."""
    text = (
        f"round {sample.round}, remaining {size(sample.remaining_bytes)}, "
        f"transfer {rate(sample.transfer_bytes_per_second)}, dirty {rate(sample.dirty_bytes_per_second)}"
    )
    if stalled(sample):
        return f"{text}, stalled: dirty rate above transfer rate"
    left = time_left(sample)
    return f"{text}, {left} left" if left else text


def figures(outcome: Outcome) -> str:
    """The measurements of a move that succeeded."""
    parts = [duration(outcome.duration_ms)] if outcome.duration_ms is not None else []
    if outcome.rounds is not None:
        parts.append(f"{outcome.rounds} round{'' if outcome.rounds == 1 else 's'}")
    parts.append(f"downtime {milliseconds(outcome.downtime_ms)}")
    if outcome.blackout_ms is not None:
        parts.append(f"blackout {milliseconds(outcome.blackout_ms)}")
    return ", ".join(parts)
