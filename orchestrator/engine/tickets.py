"""The tickets of one run: what may begin beside all other runs, what waits and why, and what comes free."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from orchestrator.engine.abandoned import Abandoned
from orchestrator.engine.guarding import Guards
from orchestrator.engine.lookout import Lookout
from orchestrator.engine.rules import Rules
from orchestrator.engine.shares import Shares
from orchestrator.limits.foreign import Foreign
from orchestrator.migration.record import MoveRecord
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.model.ledger import Ledger, Ticket
from orchestrator.model.run import Run, RunId
from orchestrator.model.waits import Cause, Waits
from orchestrator.ports import Store

_TRIES = 5  # races for the ledger that are lost before the others are let go first
# What the policy can have refused instead of queued: for everything else time is a cure.
_REFUSABLE = (Cause.FULL, Cause.KEPT, Cause.FLOOR, Cause.MOVED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """hold: guests whose tickets hold their resources. wait, refuse: the others, and why. booked: the ledger knows."""

    hold: tuple[GuestId, ...] = ()
    wait: tuple[tuple[GuestId, Waits], ...] = ()
    refuse: tuple[tuple[GuestId, Waits], ...] = ()
    booked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Booking:
    """What a turn comes to. ledger: as it was read. put, drop: what changes. urgent: to be tried again at once."""

    ledger: Ledger
    put: tuple[Ticket, ...]
    drop: tuple[Ticket, ...]
    urgent: bool
    turn: Turn

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """All that are in the ledger afterwards."""
        changed = {(t.run, t.guest) for t in (*self.put, *self.drop)}
        return (*(t for t in self.ledger.tickets if (t.run, t.guest) not in changed), *self.put)


@dataclass(slots=True)
class _Outlook:
    """What one decision was made from, and what it would have liked to know. asked: hosts."""

    foreign: tuple[Foreign, ...]
    gone: frozenset[RunId]
    asked: set[HostName] = field(default_factory=set)


class Tickets:
    """Admits over all tickets of all runs; what is admitted is in the ledger before anybody is told."""

    def __init__(
        self,
        run: Run,
        fence: Fence,
        rules: Rules,
        *,
        store: Store,
        lookout: Lookout,
        abandoned: Abandoned,
        guards: Guards,
        shares: Shares,
        dead: Callable[[Held], bool],
    ) -> None:
        self._run = run
        self._fence = fence
        self._rules = rules
        self._store = store
        self._lookout = lookout
        self._abandoned = abandoned
        self._guards = guards
        self._shares = shares
        self._dead = dead

    def turn(self, records: Sequence[MoveRecord], driven: Collection[GuestId]) -> Turn:
        """Queue what is planned, give back what is over, admit what fits, and divide the networks anew.

        A lost race for the ledger is tried again at once where something begins or comes free.
        """
        for _ in range(_TRIES):
            booking = self._decide(self._store.ledger(), records, driven)
            if not booking.put and not booking.drop:
                break
            if self._store.book(
                put=booking.put, drop=booking.drop, if_version=booking.ledger.version, fence=self._fence
            ):
                break
            if not booking.urgent:
                return replace(booking.turn, hold=())
        else:
            return Turn(booked=False)
        return booking.turn
