"""Runs as their journals tell them: what is going on, and what was."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestrator.errors import OrchestratorError
from orchestrator.limits.leases import holder_is_dead
from orchestrator.migration.record import fold
from orchestrator.model.effect import Unclear
from orchestrator.model.entry import Adopted, Closed, Mended, Mending, Recorded
from orchestrator.model.finding import Remedy
from orchestrator.model.repaired import Repaired
from orchestrator.model.report import MoveReport, RunReport
from orchestrator.model.run import Run, RunId
from orchestrator.operations.doors import Doors
from orchestrator.ports import Store


def history(doors: Doors, limit: int) -> tuple[RunReport, ...]:
    """The latest runs, newest first."""
    store = doors.store()
    return tuple(_with_proof(doors, report(store, run)) for run in store.runs(limit=limit))


def status(doors: Doors) -> tuple[RunReport, ...]:
    """The runs that are not closed: going on, or left by a process that died."""
    store = doors.store()
    return tuple(_with_proof(doors, report(store, run)) for run in store.runs(unfinished=True))


def one(doors: Doors, name: RunId) -> RunReport:
    """One run by name. Raises usage.unknown-run."""
    store = doors.store()
    return _with_proof(doors, report(store, find(store, name)))


def _with_proof(doors: Doors, told: RunReport) -> RunReport:
    """Say of a lease that still lasts whether its process is dead: `resume` would take the run over at once."""
    if told.lease is None:
        return told
    dead = holder_is_dead(told.lease, doors.holder, process_lives=doors.lives(told.lease.holder))
    return replace(told, lease=replace(told.lease, dead=dead))


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
