"""What an order is for, and whether it may be given: the open runs, their moves, their policies."""

from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord
from orchestrator.model.given import Given
from orchestrator.model.move import Move, State
from orchestrator.model.order import Change, Kind, Order
from orchestrator.model.run import Run, Who
from orchestrator.model.units import BytesPerSecond, Milliseconds
from orchestrator.operations.apply import policy_of
from orchestrator.operations.doors import Doors
from orchestrator.operations.resume import records

LEAST_BANDWIDTH = 2**20  # libvirt counts in MiB/s
_LEAST = "1MiB/s (8.4Mbit)"
_SPLIT = (State.POSTCOPY, State.POSTCOPY_PAUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """An open run, and of its moves those that have no verdict yet; record: the one move that is meant, if one is."""

    run: Run
    going: tuple[Move, ...]
    record: MoveRecord | None = None


def aim(doors: Doors, target: str) -> Aim:
    """Find an open run by its name, or a move of one by its guest: NAME, HOST/NAME or UUID.

    Raises usage.nothing-moves, and usage.ambiguous-guest where several moves are meant.
    """
    store = doors.store()
    runs = store.runs(unfinished=True)
    known = {run.id: records(store, run) for run in runs}
    going = {run.id: tuple(r.move for r in known[run.id] if r.outcome is None) for run in runs}
    for run in runs:
        if run.id == target:
            return Aim(run=run, going=going[run.id])
    found = [(run, record) for run in runs for record in known[run.id] if _is(record.move, target)]
    open_ = [(run, record) for run, record in found if record.outcome is None]
    if len(open_) > 1:
        where = "; and in ".join(f"run {run.id}, from {r.move.source} to {r.move.destination}" for run, r in open_)
        raise OrchestratorError.of(
            "usage.ambiguous-guest",
            f"{target} moves in {where}",
            fix="Name the run, or the guest as HOST/NAME (the host it leaves) or by its UUID: ferry status",
        )
    if not open_:
        raise OrchestratorError.of("usage.nothing-moves", _nothing(target, runs, found))
    run, record = open_[0]
    return Aim(run=run, going=going[run.id], record=record)


def _is(move: Move, target: str) -> bool:
    return target in (move.name, move.guest, f"{move.source}/{move.name}")


def _nothing(target: str, runs: Sequence[Run], found: Sequence[tuple[Run, MoveRecord]]) -> str:
    if found:
        run, record = found[0]
        assert record.outcome is not None
        return f"the move of {target} in run {run.id} is over: {record.outcome.state}, {record.outcome.because}"
    if not runs:
        return f"there is no {target}: no run is open"
    there = "; ".join(f"run {run.id} with {', '.join(m.name for m in run.moves) or 'no move'}" for run in runs)
    return f"no open run has the name {target} or moves a guest of that name. Open: {there}"


def prepare(
    doors: Doors, aimed: Aim, kind: Kind, who: Who, *, change: Change | None = None, beyond_budget: bool = False
) -> Given:
    """Make the order that is to be given. Raises usage.order, usage.beyond-budget and control.no-postcopy."""
    move = aimed.record.move if aimed.record else None
    if kind == "stop" and move is not None:
        raise OrchestratorError.of(
            "usage.order",
            f"stop is for a whole run; {move.name} moves in run {aimed.run.id}",
            fix=f"ferry stop {aimed.run.id}, or cancel this move alone: ferry abort {move.name}",
        )
    if change is not None:
        _within_bounds(change)
        if change.downtime_ms is not None and not beyond_budget:
            _within_budget(doors, aimed, change.downtime_ms)
        if change.postcopy:
            _can_switch(doors, aimed)
    order = Order(kind=kind, by=f"{who.login} on {who.controller}", guest=move.guest if move else None, change=change)
    return Given(run=aimed.run.id, order=order, name=move.name if move else None)


def _within_bounds(change: Change) -> None:
    if change == Change():
        fix = "Say what is to change: --bandwidth, --downtime, --max-duration or --postcopy now."
        raise OrchestratorError.of("usage.order", "nothing is to be changed", fix=fix)
    bandwidth = change.bandwidth_bytes_per_second
    if bandwidth is not None and 0 < bandwidth < LEAST_BANDWIDTH:
        saw = f"a bandwidth of {BytesPerSecond(bandwidth)} is below {_LEAST}, the least that libvirt knows"
        raise OrchestratorError.of("usage.order", saw, fix=f"Give at least {_LEAST}, or `none` for no cap.")
    for name, value in (("downtime", change.downtime_ms), ("max-duration", change.max_duration_ms)):
        if value is not None and value < 1:
            raise OrchestratorError.of("usage.order", f"a {name} of 0 ms", fix=f"Give a {name} of at least 1ms.")


def _within_budget(doors: Doors, aimed: Aim, downtime_ms: int) -> None:
    moves = (aimed.record.move,) if aimed.record else aimed.going
    budgets = {move.name: policy_of(doors, aimed.run, move).downtime_budget for move in moves}
    below = {name: budget for name, budget in budgets.items() if downtime_ms > budget}
    if below:
        name, budget = min(below.items(), key=lambda item: item[1])
        saw = f"{Milliseconds(downtime_ms)} is more than the downtime_budget of {name}, {budget}"
        raise OrchestratorError.of("usage.beyond-budget", saw)


def _can_switch(doors: Doors, aimed: Aim) -> None:
    if aimed.record is None:
        fix = f"Name one guest: {', '.join(move.name for move in aimed.going)}"
        raise OrchestratorError.of("usage.order", "--postcopy is for one guest, not for a whole run", fix=fix)
    why = _cannot_switch(doors, aimed.run, aimed.record)
    if why is not None:
        raise OrchestratorError.of("control.no-postcopy", f"{aimed.record.move.name}: {why}")


def _cannot_switch(doors: Doors, run: Run, record: MoveRecord) -> str | None:
    if record.state in _SPLIT:
        return "it is in post-copy already"
    if not policy_of(doors, run, record.move).postcopy:
        return "its policy does not allow post-copy (postcopy: false)"
    if not record.begun or record.transport is None:
        return "its copy has not begun"
    if not record.transport.postcopy:
        return "its copy was begun without the possibility of post-copy, which cannot be added later"
    return None
