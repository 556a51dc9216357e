"""Take over what a dead process left: both hosts are asked, nothing is replayed."""

from collections.abc import Callable, Sequence

from orchestrator.engine.bring_in import bring_in_left
from orchestrator.engine.journal import Journal
from orchestrator.engine.orders import Orders
from orchestrator.engine.runner import LEASE_LASTS
from orchestrator.engine.stop import Stop, following
from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord, fold
from orchestrator.migration.resolve import reopened, resolvable
from orchestrator.migration.terms import Level
from orchestrator.model.entry import Adopted, Ended, Ordered, Recorded, Seen
from orchestrator.model.lease import Fence, Held
from orchestrator.model.report import RunReport
from orchestrator.model.run import Run, RunId, Who
from orchestrator.operations.apply import drive, open_journal
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import closing, find
from orchestrator.operations.liveness import dead, lives
from orchestrator.operations.unbegun import Unbegun, drifted
from orchestrator.operations.unimported import import_left
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
            adopted = adopt(doors, run, who, sinks, stop, unbegun=unbegun)
        except OrchestratorError as error:
            errors.append(error)
        else:
            if isinstance(adopted, Held):
                held.append(adopted)
            elif adopted is not None:
                reports.append(adopted)
    if not reports:
        _hindered(errors, held)
    for each in errors:
        failed(each)
    return tuple(reports)


def adopt(
    doors: Doors,
    run: Run,
    who: Who,
    sinks: Sequence[EventSink],
    stop: Stop,
    *,
    unbegun: Unbegun = drifted,
    left: Callable[[Doors, Held], bool] = dead,
    again: bool = False,
) -> RunReport | Held | None:
    """Take one run over and drive it to its end, as `resume` does.

    left: whether a process that holds the lease has left the run, by default whether it is dead. Answers the lease
    where it has not, and None where the run is over already. again: one that is over is opened again.
    """
    store = doors.store()
    taken = _take(doors, store, run, left)
    if isinstance(taken, Held):
        return taken
    bring_in_left(store, doors.spill(), taken)
    if closed(store, run) and not again:  # by another process, after the runs were listed
        store.release(taken)
        return None
    # What bounds this run, as its deadline, stops none of those that are taken over after it.
    return _drive(doors, run, open_journal(doors, run, taken, sinks), who, following(stop), unbegun)


def _hindered(errors: Sequence[OrchestratorError], held: Sequence[Held]) -> None:
    if errors:
        raise OrchestratorError(tuple(p for error in errors for p in error.problems))
    if held:
        raise OrchestratorError.of("lease.held", "; ".join(_sentence(h) for h in held))


def orphans(doors: Doors) -> tuple[Run, ...]:
    """Runs whose process died in the middle. Every changing command adopts them before it decides anything.

    A run that ended with a silent host has given its lease back and is not among them: asking again is `resume`'s.
    """
    import_left(doors)
    store = doors.store()
    return tuple(run for run in store.runs(unfinished=True) if _left(doors, store.lease(run.id)))


def _left(doors: Doors, held: Held | None) -> bool:
    return held is not None and not lives(doors, held)


def _take(doors: Doors, store: Store, run: Run, left: Callable[[Doors, Held], bool]) -> Fence | Held:
    held = store.take(run.id, doors.holder, lasts=LEASE_LASTS)
    if isinstance(held, Held) and left(doors, held):
        return store.take(run.id, doors.holder, lasts=LEASE_LASTS, instead_of=held)
    return held


def _sentence(held: Held) -> str:
    return f"run {held.name} is driven by {held.holder}"


def closed(store: Store, run: Run) -> bool:
    """Whether the run is over."""
    return closing(store.entries(run.id)) is not None


def _drive(doors: Doors, run: Run, journal: Journal, who: Who, stop: Stop, unbegun: Unbegun) -> RunReport:
    store = doors.store()
    journal.append(Adopted(by=f"{who.login} on {who.controller}"))
    for seen in _last_seen(store.entries(run.id)):  # a copy in flight is shown where it is, not as if nothing had begun
        journal.tell(seen)
    orders = Orders(stop, _on_record(store, run))
    known = records(store, run)
    held = {r.move.guest: r for r in verdicts(store, run) if resolvable(r.outcome)}  # a person may choose now
    orders.take(store, journal, {r.move.guest: r for r in known} | held)  # what waits in the queue binds as well
    waiting = [r.move for r in known if r.outcome is None and not r.begun]
    # An order ends by itself what it stops.
    going = [m for m in waiting if orders.terms(run.policy, m.guest).level is Level.GO]
    if going:
        for outcome in unbegun(doors, going):
            journal.append(Ended(guest=outcome.guest, outcome=outcome))
        store.renew(journal.fence, lasts=LEASE_LASTS)  # asking the hosts may have taken as long as the lease lasts
    return drive(doors, run, journal, records(store, run), orders)


def _last_seen(entries: Sequence[Recorded]) -> list[Recorded]:
    return list({e.entry.guest: e for e in entries if isinstance(e.entry, Seen | Ended)}.values())


def records(store: Store, run: Run) -> list[MoveRecord]:
    """The moves of a run as its journal tells, those whose verdict is open, or overruled by a person, open again."""
    return [reopened(r) if r.outcome is not None and r.outcome.open else r for r in verdicts(store, run)]


def verdicts(store: Store, run: Run) -> list[MoveRecord]:
    """The moves of a run with the verdicts that stand, open ones too."""
    entries = store.entries(run.id)
    return [_overruled(fold(move, entries), entries) for move in run.moves]


def _on_record(store: Store, run: Run) -> tuple[Ordered, ...]:
    """All orders that the run was ever given: they bind whoever drives it."""
    return tuple(e.entry for e in store.entries(run.id) if isinstance(e.entry, Ordered))


def _overruled(record: MoveRecord, entries: Sequence[Recorded]) -> MoveRecord:
    """A move that a person has resolved since its verdict is brought there; every other verdict stands."""
    mine = [e.entry for e in entries if isinstance(e.entry, Ended | Ordered) and e.entry.guest == record.move.guest]
    last = next((e for e in reversed(mine) if isinstance(e, Ended) or (e.order == "resolve" and not e.refused)), None)
    return reopened(record) if isinstance(last, Ordered) else record
