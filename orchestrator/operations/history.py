"""Runs as their journals tell them: what is going on, and what was."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_dead
from orchestrator.migration.record import fold
from orchestrator.migration.states import UNTOUCHED
from orchestrator.model.effect import Unclear
from orchestrator.model.entry import Adopted, Closed, Mended, Mending, Ordered, Recorded, Released
from orchestrator.model.finding import Remedy
from orchestrator.model.guest import GuestId
from orchestrator.model.ledger import Ledger, Standing
from orchestrator.model.order import Order
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import MoveReport, OrderReport, ReleaseReport, RunReport
from orchestrator.model.run import Run, RunId
from orchestrator.operations.doors import Doors
from orchestrator.operations.unimported import import_left
from orchestrator.ports import Store


def history(doors: Doors, limit: int) -> tuple[RunReport, ...]:
    """The latest runs, newest first."""
    store = doors.store()
    return tuple(_as_it_stands(doors, report(store, run)) for run in store.runs(limit=limit))


def status(doors: Doors) -> tuple[RunReport, ...]:
    """The runs that are not closed: going on, or left by a process that died."""
    import_left(doors)
    store = doors.store()
    return tuple(_as_it_stands(doors, report(store, run)) for run in store.runs(unfinished=True))


def one(doors: Doors, name: RunId) -> RunReport:
    """One run by name. Raises usage.unknown-run."""
    store = doors.store()
    return _as_it_stands(doors, report(store, find(store, name)))


def _as_it_stands(doors: Doors, told: RunReport) -> RunReport:
    """Say of an open run what it was ordered, and of a lease that still lasts whether its process is dead: `resume`
    would take the run over at once."""
    if told.ended_at is not None:
        return told
    store = doors.store()
    told = replace(told, orders=tuple(standing_orders(store, told)), moves=tuple(_waiting(store.ledger(), told)))
    if told.lease is None:
        return told
    dead = holder_is_dead(told.lease, doors.holder, process_lives=doors.lives(told.lease.holder))
    return replace(told, lease=replace(told.lease, dead=dead))


def _waiting(ledger: Ledger, told: RunReport) -> Iterator[MoveReport]:
    """The moves of an open run; of those that wait, with what for: it changes more often than the journal is told."""
    waits = {t.guest: t.waits for t in ledger.tickets if t.run == told.run.id and t.standing is Standing.WAITING}
    for one in told.moves:
        begun = one.outcome is not None or one.state not in UNTOUCHED
        yield one if begun else replace(one, waits=waits.get(one.move.guest, ""))


def standing_orders(store: Store, told: RunReport) -> Iterator[OrderReport]:
    """Orders of an open run that are not carried out yet: those to stop or abort whose moves have no verdict, then
    those that nobody has read."""
    names = {one.move.guest: one.move.name for one in told.moves}
    going = {one.move.guest for one in told.moves if one.outcome is None}
    read: set[int | None] = set()
    for recorded in store.entries(told.run.id):
        entry = recorded.entry
        if not isinstance(entry, Ordered):
            continue
        read.add(entry.queued)
        concerned = going if entry.guest is None else going & {entry.guest}
        if entry.refused is None and entry.order in ("stop", "abort") and concerned:
            order = Order(kind=entry.order, by=entry.by, guest=entry.guest)
            yield OrderReport(order=order, at=recorded.at, name=_name(names, entry.guest))
    for queued in store.orders(told.run.id):
        if queued.number not in read:
            yield OrderReport(order=queued.order, at=queued.at, name=_name(names, queued.order.guest), taken=False)


def _name(names: Mapping[GuestId, str], guest: GuestId | None) -> str | None:
    return None if guest is None else names.get(guest, guest)


def find(store: Store, name: RunId) -> Run:
    """The head of a run. Raises usage.unknown-run."""
    for run in store.runs():
        if run.id == name:
            return run
    raise OrchestratorError.of("usage.unknown-run", f"the store has no run {name}")


def report(store: Store, run: Run, *, exit_code: int | None = None) -> RunReport:
    """Fold a run's journal. exit_code: what the process that has just driven it answers, where it left the run open."""
    entries = store.entries(run.id)
    closed = closing(entries)
    if closed is not None and isinstance(closed.entry, Closed):
        exit_code = closed.entry.exit_code
    return RunReport(
        run=run,
        moves=tuple(_move(store, run, position, entries) for position in range(len(run.moves))),
        exit_code=exit_code,
        ended_at=closed.at if closed else None,
        lease=None if closed else store.lease(run.id),
        repairs=tuple(_repairs(entries)),
        releases=tuple(_releases(run, entries)),
    )


def closing(entries: Sequence[Recorded]) -> Recorded | None:
    """The entry that closed the run; None while it is open, also when it was opened again by a choice of a person."""
    last = next((e for e in reversed(entries) if isinstance(e.entry, Closed | Adopted)), None)
    return last if last is not None and isinstance(last.entry, Closed) else None


def _repairs(entries: Sequence[Recorded]) -> Iterator[Repaired]:
    answers = {e.entry.mending: e.entry.effect for e in entries if isinstance(e.entry, Mended)}
    for recorded in entries:
        if isinstance(recorded.entry, Mending):
            begun = recorded.entry
            effect = answers.get(recorded.seq) or Unclear(why="its answer is not on record")
            yield Repaired(check=begun.check, remedy=Remedy(host=begun.host, repair=begun.repair), effect=effect)


def _releases(run: Run, entries: Sequence[Recorded]) -> Iterator[ReleaseReport]:
    names = {move.guest: move.name for move in run.moves}
    for recorded in entries:
        if isinstance(recorded.entry, Released):
            said = recorded.entry
            name = names.get(said.guest, said.guest)
            yield ReleaseReport(at=recorded.at, by=said.by, name=name, host=said.host, because=said.because)


def _move(store: Store, run: Run, position: int, entries: Sequence[Recorded]) -> MoveReport:
    record = fold(run.moves[position], entries)
    samples = store.samples(run.id, record.move.guest) if record.outcome is None else ()
    return MoveReport(
        move=record.move,
        state=record.state,
        because=record.because,
        since=record.since or run.started_at,
        outcome=record.outcome,
        sample=samples[-1][1] if samples else None,
    )
