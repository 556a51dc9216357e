"""What the journal knows of one move: its entries folded into a value."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.model.command import BeginMove, Cancel, Command
from orchestrator.model.effect import Refused
from orchestrator.model.entry import Ended, Entry, Happened, Intent, Recorded, Seen
from orchestrator.model.guest import Power
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.sighting import Sighting


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord:
    """One move, as far as the journal tells.

    open_command: intended, its answer not yet written. begun: the intent to begin was written, so a copy may exist.
    destination_was_free: seen without an active copy before that. was_advancing: the guest's vCPU time grew between
    the survey and the start. ran_there: the copy was seen running while the source did not run the guest.
    tried: kinds of the commands that were answered, in order; one that was only intended when its process died is
    ordered again.
    """

    move: Move
    state: State = State.PLANNED
    because: str = ""
    since: datetime | None = None
    prepared_at: datetime | None = None
    open_command: Command | None = None
    begun: bool = False
    refused: Refused | None = None
    destination_was_free: bool = False
    was_advancing: bool = False
    ran_there: bool = False
    cancelled_because: str | None = None
    tried: tuple[str, ...] = ()
    outcome: Outcome | None = None


def fold(move: Move, entries: Iterable[Recorded]) -> MoveRecord:
    """Rebuild the record of `move` from a run's journal."""
    record = MoveRecord(move=move)
    for recorded in entries:
        if recorded.entry.guest == move.guest:
            record = advance(record, recorded.entry, recorded.at)
    return record


def advance(record: MoveRecord, entry: Entry, at: datetime) -> MoveRecord:
    """The record after one more entry."""
    if isinstance(entry, Seen):
        return _seen(record, entry, at)
    if isinstance(entry, Intent):
        return _intended(record, entry)
    if isinstance(entry, Happened):
        return _happened(record, entry)
    if isinstance(entry, Ended):
        outcome = entry.outcome
        return replace(record, state=outcome.state, because=outcome.because, since=at, outcome=outcome)
    return record


def _happened(record: MoveRecord, entry: Happened) -> MoveRecord:
    if isinstance(record.open_command, BeginMove) and isinstance(entry.effect, Refused):
        record = replace(record, refused=entry.effect)
    tried = (*record.tried, record.open_command.kind) if record.open_command else record.tried
    return replace(record, open_command=None, tried=tried)


def _seen(record: MoveRecord, entry: Seen, at: datetime) -> MoveRecord:
    there = isinstance(entry.destination, Sighting) and entry.destination.power is Power.RUNNING
    here = not isinstance(entry.source, Sighting) or entry.source.power is Power.RUNNING
    ran_there = record.ran_there or (there and not here)
    record = replace(record, state=entry.state, because=entry.because, since=at, outcome=None, ran_there=ran_there)
    if entry.state is not State.PREPARING:
        return record
    free = isinstance(entry.destination, Sighting) and entry.destination.power in (Power.ABSENT, Power.SHUT_OFF)
    before, now = record.move.vcpu_time_ns, getattr(entry.source, "vcpu_time_ns", None)
    advancing = before is not None and now is not None and now > before
    return replace(record, prepared_at=at, destination_was_free=free, was_advancing=advancing)


def _intended(record: MoveRecord, entry: Intent) -> MoveRecord:
    command = entry.command
    record = replace(record, open_command=command)
    if isinstance(command, BeginMove):
        return replace(record, begun=True)
    if isinstance(command, Cancel):
        return replace(record, cancelled_because=record.cancelled_because or entry.because)
    return record
