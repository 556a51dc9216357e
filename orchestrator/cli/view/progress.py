"""What a run looks like right now, folded from its events; every view draws from it."""

from dataclasses import dataclass, field
from datetime import datetime

from orchestrator.cli.view.format import count, duration, milliseconds, rate, size
from orchestrator.model.command import (
    Cancel,
    RecoverPostCopy,
    SetBandwidth,
    SetDowntimeLimit,
    ShutDown,
    Start,
    StartPostCopy,
    Suspend,
)
from orchestrator.model.entry import Ended, Intent, Ordered, Recorded, Seen, Traced
from orchestrator.model.event import Event, Guarded, Opened, Progress, Retrying, Waiting
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.run import Run
from orchestrator.model.sample import Sample
from orchestrator.model.transport import Mode
from orchestrator.model.units import in_whole_mebibytes

_BEFORE = (State.PLANNED, State.WAITING)
STILL = 3.0  # seconds without a byte that are worth saying; libvirt's own figures stay as they were and raise no error


@dataclass
class Row:
    """One move as it was last seen."""

    move: Move
    state: State = State.PLANNED
    because: str = ""
    begun_at: datetime | None = None
    sample: Sample | None = None
    sampled_at: datetime | None = None
    moved_at: datetime | None = None
    outcome: Outcome | None = None

    @property
    def still_for(self) -> float:
        """Seconds in which nothing has arrived although the copy goes on; 0 where that is no matter."""
        if self.sampled_at is None or self.moved_at is None:
            return 0.0
        seconds = (self.sampled_at - self.moved_at).total_seconds()
        return seconds if seconds >= STILL else 0.0

    @property
    def moving(self) -> bool:
        """Whether its copy may be under way."""
        return self.outcome is None and self.state not in _BEFORE


@dataclass
class Picture:
    """One run. order: how far an operator has stopped it. again: it is over, and what it left is begun once more."""

    run: Run | None = None
    rows: dict[GuestId, Row] = field(default_factory=dict)
    order: str = ""
    again: Retrying | None = None

    def take(self, event: Event) -> Row | None:
        """Fold one event in, and answer the row it changed."""
        match event:
            case Opened(run=run):
                self.run, self.order, self.again = run, "", None
                self.rows = {move.guest: Row(move=move) for move in run.moves}
                return None
            case Retrying():
                self.again = event
                return None
            case Recorded(entry=Ordered(order="stop" | "abort" as order, guest=None, refused=None)):
                self.order = order
                return None
            case (
                Progress(guest=guest)
                | Waiting(guest=guest)
                | Recorded(entry=Seen(guest=guest) | Ended(guest=guest) | Intent(guest=guest) | Traced(guest=guest))
            ):
                row = self.rows.get(guest)
                if row is not None:
                    _change(row, event)
                return row
        return None

    def summary(self) -> str:
        """2 migrated, 1 moving, 3 waiting, counted over all moves."""
        words = [_word(row) for row in self.rows.values()]
        verdicts = (State.MIGRATED, State.KEPT, State.ENDED, State.UNCLEAR, State.POSTCOPY_PAUSED)
        order = [*(state.value for state in verdicts), "moving", "waiting"]
        return ", ".join(f"{words.count(word)} {word}" for word in order if word in words)


def _change(row: Row, event: Event) -> None:
    match event:
        case Progress(sample=sample, at=at):
            before = row.sample
            if before is None or (before.processed_bytes, before.round) != (sample.processed_bytes, sample.round):
                row.moved_at = at
            row.sample, row.sampled_at = sample, at
        case Recorded(entry=Intent(command=command, because=because)) if isinstance(command, LEVERS):
            row.because = because
        case Waiting(because=because):
            row.because = because
        case Recorded(at=at, entry=Seen(state=state, because=because)):
            row.state, row.because = state, because
            if row.begun_at is None and state not in _BEFORE:
                row.begun_at = at
        case Recorded(entry=Ended(outcome=outcome)):
            row.outcome, row.state, row.because = outcome, outcome.state, outcome.because


# What ferry does to a guest or to its copy: an operator sees it and the reason, whatever the verbosity.
LEVERS = (SetBandwidth, SetDowntimeLimit, StartPostCopy, Suspend, Cancel, RecoverPostCopy, ShutDown, Start)


def lever(command: object) -> str:
    """What is done, in a few words."""
    match command:
        case SetBandwidth(bytes_per_second=cap):
            return "bandwidth without a cap" if cap is None else f"bandwidth at most {rate(in_whole_mebibytes(cap))}"
        case SetDowntimeLimit(limit_ms=limit):
            return f"downtime limit {limit} ms"
        case StartPostCopy():
            return "switching to post-copy"
        case Suspend():
            return "pausing the guest"
        case ShutDown():
            return "asking the guest to shut itself down"
        case Start():
            return "starting the guest"
        case RecoverPostCopy(transport=transport):
            return f"connecting both halves again over {transport.address}"
        case Cancel(again=None):
            return "cancelling the copy"
        case Cancel(again=transport) if transport is not None:
            return f"beginning anew by {transport.method}"
    return ""


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


def pace(row: Row) -> str:
    """Round 3, remaining 4.4 GiB, transfer 915 MiB/s, dirty 305 MiB/s; and why it does not end, or when it may."""
    sample = row.sample
    if sample is None:
        return row.because
    text = f"round {sample.round}, remaining {size(sample.remaining_bytes)}"
    if row.still_for:
        return f"{text}, {stillness(row)}"
    text += f", transfer {rate(sample.transfer_bytes_per_second)}, dirty {rate(sample.dirty_bytes_per_second)}"
    if sample.throttle_percent:
        text += f", guest slowed by {sample.throttle_percent} %"
    if row.state is State.POSTCOPY:
        return f"{text}, running at the destination"
    if stalled(sample):
        return f"{text}, stalled: dirty rate above transfer rate"
    left = time_left(sample)
    return f"{text}, {left} left" if left else text


def guarded(event: Guarded) -> str:
    """What a guard does at a host from now on, and why."""
    does = {0: "moves get all of their share again", 1: "moves get half of their share", 2: "moves get a quarter of it"}
    said = does.get(event.level, "nothing more begins")
    return f"{event.host}: {said}{f': {event.because}' if event.because else ''}"


def retrying(event: Retrying) -> str:
    """Which attempt comes next, when, and why."""
    which, guests = f"attempt {event.attempt} of {event.attempts}", count(len(event.guests), "guest")
    return f"{which} for {guests} in {event.seconds:.0f} s: {event.because}"


def stillness(row: Row) -> str:
    """That nothing arrives, and for how long."""
    return f"stalled: nothing has arrived for {row.still_for:.0f} s"


def carried_memory(outcome: Outcome) -> bool:
    """Whether the guest moved with its memory: only then it stood still for a moment, which can be told."""
    return outcome.transport is None or outcome.transport.mode in (Mode.LIVE, Mode.PAUSE)


def downtime(outcome: Outcome) -> str:
    """The pause; of a guest that went on in post-copy libvirt may report none, and the blackout is what is known."""
    if outcome.downtime_ms is None and outcome.postcopy_ms is not None:
        return "not reported"
    return milliseconds(outcome.downtime_ms)


def figures(outcome: Outcome) -> str:
    """The measurements of a move that succeeded."""
    parts = [duration(outcome.duration_ms)] if outcome.duration_ms is not None else []
    if outcome.rounds is not None:
        parts.append(f"{outcome.rounds} round{'' if outcome.rounds == 1 else 's'}")
    if carried_memory(outcome):
        parts.append(f"downtime {downtime(outcome)}")
    if outcome.blackout_ms is not None and carried_memory(outcome):
        parts.append(f"blackout {milliseconds(outcome.blackout_ms)}")
    if outcome.postcopy_ms is not None:
        parts.append(f"post-copy {duration(outcome.postcopy_ms)}")
    if outcome.throttle_percent:
        parts.append(f"slowed by up to {outcome.throttle_percent} %")
    if outcome.attempts > 1:
        parts.append(f"{outcome.attempts} attempts")
    return ", ".join(parts)
