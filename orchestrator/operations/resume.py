"""Take over what a dead process left: both hosts are asked, nothing is replayed."""

from collections.abc import Sequence
from dataclasses import replace

from orchestrator.engine.journal import Journal
from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_dead
from orchestrator.migration.record import MoveRecord, fold
from orchestrator.model.entry import Adopted
from orchestrator.model.lease import Fence, Held
from orchestrator.model.move import Doubt
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId, Who
from orchestrator.operations.apply import drive
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import find
from orchestrator.ports import EventSink, Store


def resume(doors: Doors, name: RunId | None, who: Who, sinks: Sequence[EventSink], stop: Stop) -> tuple[RunReport, ...]:
    """Adopt one interrupted run, or all of them; () when there is none.

    A move whose copy may exist is followed to its end; a move that had not begun is begun now, unless an order stops
    it. Raises lease.held when nothing but runs of living processes is open, usage.unknown-run.
    """
    store = doors.store()
    if name is not None:
        find(store, name)
    unfinished = [r for r in store.runs(unfinished=True) if name in (None, r.id)]
    leases = [(run, _take(doors, store, run)) for run in unfinished]
    held = [lease for _, lease in leases if isinstance(lease, Held)]
    if held and len(held) == len(leases):
        raise OrchestratorError.of("lease.held", "; ".join(_sentence(h) for h in held))
    return tuple(_adopt(doors, run, lease, who, sinks, stop) for run, lease in leases if isinstance(lease, Fence))


def orphans(doors: Doors) -> tuple[Run, ...]:
    """Runs whose process died in the middle. Every changing command adopts them before it decides anything.

    A run that ended with a silent host has given its lease back and is not among them: asking again is `resume`'s.
    """
    store = doors.store()
    return tuple(run for run in store.runs(unfinished=True) if _left(doors, store.lease(run.id)))


def _left(doors: Doors, held: Held | None) -> bool:
    return held is not None and (held.expired or _dead(doors, held))


def _dead(doors: Doors, held: Held) -> bool:
    return holder_is_dead(held, doors.holder, process_lives=doors.lives(held.holder))


def _take(doors: Doors, store: Store, run: Run) -> Fence | Held:
    held = store.take(run.id, doors.holder, lasts=LEASE_LASTS)
    if isinstance(held, Fence):
        return held
    if _dead(doors, held):
        return store.take(run.id, doors.holder, lasts=LEASE_LASTS, instead_of=held)
    return held


def _sentence(held: Held) -> str:
    holder = held.holder
    return f"run {held.name} is driven by process {holder.pid} on {holder.controller}"


def _adopt(doors: Doors, run: Run, fence: Fence, who: Who, sinks: Sequence[EventSink], stop: Stop) -> RunReport:
    store = doors.store()
    Journal(run.id, fence, store, doors.clock, sinks).append(Adopted(by=f"{who.login} on {who.controller}"))
    entries = store.entries(run.id)
    records = [_reopened(fold(move, entries)) for move in run.moves]
    return drive(doors, run, fence, records, sinks, stop)


def _reopened(record: MoveRecord) -> MoveRecord:
    """A move that ended in silence is asked about again; every other verdict stands."""
    silent = record.outcome is not None and record.outcome.doubt is Doubt.SILENCE
    return replace(record, outcome=None) if silent else record
