"""Take over what a dead process left: both hosts are asked, nothing is replayed."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from orchestrator.engine.journal import Journal
from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.engine.stop import Orders, Stop, level_of
from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_dead
from orchestrator.migration.decision import Level
from orchestrator.migration.record import MoveRecord, fold
from orchestrator.model.entry import Adopted, Closed, Ended, Ordered, Recorded, Seen
from orchestrator.model.lease import Fence, Held
from orchestrator.model.move import Doubt
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId, Who
from orchestrator.operations.apply import drive, open_journal
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import find
from orchestrator.operations.unbegun import Unbegun, drifted
from orchestrator.ports import EventSink, Store


def resume(
    doors: Doors,
    name: RunId | None,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    unbegun: Unbegun = drifted,
    failed: Callable[[OrchestratorError], None] = lambda _error: None,
) -> tuple[RunReport, ...]:
    """Adopt one interrupted run, or all of them one after the other; () when there is none.

    A move whose copy may exist is followed to its end. A move that had not begun is begun now, unless `unbegun` ends
    it or an order stops it. A run that cannot be driven is told to `failed` and does not hinder the others. Raises
    what hindered all of them where none was driven: lease.held when living processes drive them, store.unavailable,
    store.fence-lost; and usage.unknown-run.
    """
    store = doors.store()
    if name is not None:
        find(store, name)
    reports: list[RunReport] = []
    held: list[Held] = []
    errors: list[OrchestratorError] = []
    for run in [r for r in store.runs(unfinished=True) if name in (None, r.id)]:
        try:
            taken = _take(doors, store, run)
            if isinstance(taken, Held):
                held.append(taken)
            elif _closed(store, run):  # by another process, after the runs were listed
                store.release(taken)
            else:
                reports.append(_adopt(doors, run, open_journal(doors, run, taken, sinks), who, stop, unbegun))
        except OrchestratorError as error:
            errors.append(error)
    if not reports:
        _hindered(errors, held)
    for each in errors:
        failed(each)
    return tuple(reports)


def _hindered(errors: Sequence[OrchestratorError], held: Sequence[Held]) -> None:
    if errors:
        raise OrchestratorError(tuple(p for error in errors for p in error.problems))
    if held:
        raise OrchestratorError.of("lease.held", "; ".join(_sentence(h) for h in held))


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


def _closed(store: Store, run: Run) -> bool:
    return any(isinstance(e.entry, Closed) for e in store.entries(run.id))


def _adopt(doors: Doors, run: Run, journal: Journal, who: Who, stop: Stop, unbegun: Unbegun) -> RunReport:
    store = doors.store()
    journal.append(Adopted(by=f"{who.login} on {who.controller}"))
    for seen in _last_seen(store.entries(run.id)):  # a copy in flight is shown where it is, not as if nothing had begun
        journal.tell(seen)
    orders = Orders(stop, _on_record(store, run))
    waiting = [r.move for r in _records(store, run) if r.outcome is None and not r.begun]
    if waiting and orders.level is Level.GO:  # an order ends them by itself
        for outcome in unbegun(doors, waiting):
            journal.append(Ended(guest=outcome.guest, outcome=outcome))
        store.renew(journal.fence, lasts=LEASE_LASTS)  # asking the hosts may have taken as long as the lease lasts
    return drive(doors, run, journal, _records(store, run), orders)


def _last_seen(entries: Sequence[Recorded]) -> list[Recorded]:
    return list({e.entry.guest: e for e in entries if isinstance(e.entry, Seen | Ended)}.values())


def _records(store: Store, run: Run) -> list[MoveRecord]:
    entries = store.entries(run.id)
    return [_reopened(fold(move, entries)) for move in run.moves]


def _on_record(store: Store, run: Run) -> Ordered | None:
    """The furthest order that the run was ever given: it binds whoever drives the run."""
    orders = [e.entry for e in store.entries(run.id) if isinstance(e.entry, Ordered)]
    return max(orders, key=level_of, default=None)


def _reopened(record: MoveRecord) -> MoveRecord:
    """A move that ended in silence is asked about again; every other verdict stands."""
    silent = record.outcome is not None and record.outcome.doubt is Doubt.SILENCE
    return replace(record, outcome=None) if silent else record
