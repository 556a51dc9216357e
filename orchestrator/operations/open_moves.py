"""Moves that are not over, as the store has them on record, over all runs."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import dropwhile, islice

from orchestrator.migration.record import MoveRecord, fold
from orchestrator.migration.resolve import resolvable
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Standing
from orchestrator.model.move import Move
from orchestrator.model.open_move import Coming, OpenMove, OpenMoves
from orchestrator.model.run import Holder, Run, RunId
from orchestrator.model.transport import Mode
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.ports import Store


def open_moves(store: Store, mine: Holder, besides: RunId | None = None) -> OpenMoves:
    """Every move that is not over, by guest. Raises store.unavailable.

    Left out: runs that this process drives itself, which are the ones it asks for, and the run `besides`.
    """
    found = {run.id: run for run in (*store.runs(unfinished=True), *store.doubtful())}
    return _by_guest(store, (run for run in found.values() if run.id != besides and not _drives(store, run, mine)))


def opened_before(store: Store, run: RunId) -> OpenMoves:
    """Those of runs that were opened before this one: of two that begin at once, the later one gives way.

    Raises store.unavailable.
    """
    older = islice(dropwhile(lambda one: one.id != run, store.runs(unfinished=True)), 1, None)
    found = {one.id: one for one in (*older, *store.doubtful())}
    return _by_guest(store, (one for one in found.values() if one.id != run))


def coming(store: Store) -> tuple[Coming, ...]:
    """Guests whose moves hold their slots, of all runs: their destinations may not show them yet. Raises
    store.unavailable."""
    held = {(ticket.run, ticket.guest) for ticket in store.ledger().tickets if ticket.standing is Standing.HOLDING}
    if not held:
        return ()
    moves = ((run.id, move) for run in store.runs(unfinished=True) for move in run.moves)
    return tuple(
        Coming(
            guest=move.guest,
            destination=move.destination,
            memory_bytes=move.memory_bytes,
            filled_bytes=_filled(store, run, move),
        )
        for run, move in moves
        if (run, move.guest) in held and move.transport.mode is not Mode.OFFLINE
    )


def _filled(store: Store, run: RunId, move: Move) -> int:
    """How much of its memory is known to have arrived: after the first round all of it has, once."""
    samples = store.samples(run, move.guest)
    last = samples[-1][1] if samples else None
    if last is None or not last.total_bytes:  # nothing is said of it before the copy is set up
        return 0
    left = last.remaining_bytes if last.memory_remaining_bytes is None else last.memory_remaining_bytes
    return move.memory_bytes if last.round > 1 else max(0, move.memory_bytes - left)


def counts(doors: Doors, move: OpenMove) -> bool:
    """Whether it still stands in the way, asking its two hosts where a person was to choose: where neither has the
    guest any more, there is nothing left to choose."""
    if not move.held:
        return True
    return any(_may_have_it(doors, host, move.guest) for host in (move.source, move.destination))


def _may_have_it(doors: Doors, host: HostName, guest: GuestId) -> bool:
    if host not in doors.settings.hosts:
        return True
    seen = doors.hypervisor(host).observe(guest, within=PATIENCE)
    return isinstance(seen, Unknown) or seen.power not in (Power.ABSENT, Power.SHUT_OFF)


def _by_guest(store: Store, runs: Iterable[Run]) -> OpenMoves:
    found: defaultdict[GuestId, tuple[OpenMove, ...]] = defaultdict(tuple)
    for run in runs:
        for one in _of_run(store, run):
            found[one.guest] += (one,)
    return dict(found)


def _of_run(store: Store, run: Run) -> Iterator[OpenMove]:
    entries, driven = store.entries(run.id), store.lease(run.id) is not None
    for record in (fold(move, entries) for move in run.moves):
        outcome = record.outcome
        if outcome is None or outcome.open or resolvable(outcome):
            yield _open_move(run, record, driven=driven)


def _open_move(run: Run, record: MoveRecord, *, driven: bool) -> OpenMove:
    move, outcome = record.move, record.outcome
    return OpenMove(
        run=run.id,
        guest=move.guest,
        name=move.name,
        source=move.source,
        destination=move.destination,
        state=record.state,
        because=record.because,
        code=None if outcome is None else outcome.code,
        driven=driven,
        held=resolvable(outcome),
    )


def _drives(store: Store, run: Run, mine: Holder) -> bool:
    lease = store.lease(run.id)
    return lease is not None and lease.holder == mine
