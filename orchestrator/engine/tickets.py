"""The tickets of one run: what may begin beside all other runs, what waits and why, and what comes free."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from orchestrator.engine.abandoned import Abandoned
from orchestrator.engine.guarding import Guards
from orchestrator.engine.hindrance import Hindrance
from orchestrator.engine.journal import Journal
from orchestrator.engine.lookout import OFTEN, SELDOM, Lookout
from orchestrator.engine.rules import Rules
from orchestrator.engine.shares import Shares
from orchestrator.engine.tools import Outside, Works
from orchestrator.limits.admission import Admission, admit
from orchestrator.limits.foreign import Foreign, foreign
from orchestrator.limits.guard import Guarding
from orchestrator.limits.resources import TOTAL
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.states import UNTOUCHED
from orchestrator.migration.terms import Terms
from orchestrator.model.event import Guarded
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.move import Move, State
from orchestrator.model.run import Run, RunId
from orchestrator.model.transport import Mode
from orchestrator.model.waits import Cause, Waits

_TRIES = 5  # races for the ledger that are lost at one look; the next look is half a second later
# What a policy can have refused instead of queued; everything else is over soon, or no limit.
_REFUSABLE = (Cause.FULL, Cause.KEPT, Cause.FLOOR, Cause.MOVED)
_NO_MEMORY = (Mode.OFFLINE, Mode.COLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """hold: guests whose tickets hold their resources. wait, refuse: the others, and why. booked: the ledger knows all
    of it. poke: guests whose share of a network is another one now."""

    hold: tuple[GuestId, ...] = ()
    wait: tuple[tuple[GuestId, Waits], ...] = ()
    refuse: tuple[tuple[GuestId, Waits], ...] = ()
    poke: tuple[GuestId, ...] = ()
    booked: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    """What becomes of the ledger. urgent: something begins or comes free, so that a lost race is run again."""

    ledger: Ledger
    put: tuple[Ticket, ...]
    drop: tuple[Ticket, ...]
    urgent: bool
    foreign: tuple[Foreign, ...]
    turn: Turn

    @property
    def tickets(self) -> tuple[Ticket, ...]:
        """All that are in the ledger once it is booked."""
        return _replaced(self.ledger.tickets, self.put, self.drop)


class Tickets:
    """Admits over all tickets of all runs; what is admitted is in the ledger before anything begins."""

    def __init__(
        self,
        run: Run,
        journal: Journal,
        rules: Rules,
        *,
        works: Works,
        outside: Outside,
    ) -> None:
        name = f"run {run.id}"
        self._run = run
        self._journal = journal
        self._rules = rules
        self._store = works.store
        self._clock = works.clock
        self._listener: Callable[[], None] = lambda: None
        self._joining: set[GuestId] = set()
        self._lookout = Lookout(name, works, door=outside.hypervisor, changed=self._news)
        self._guards = Guards(name, works, rules.guard, read=outside.figures, changed=self._guarded)
        self._shares = Shares(run.id, rules, self._guards.factor)
        self._abandoned = Abandoned(self._lookout, works, outside)
        self._hindrance = Hindrance(run.id, rules, guards=self._guards, shares=self._shares)

    def on_news(self, listener: Callable[[], None]) -> None:
        """Have `listener` called, from any thread, when a look at the hosts pays another turn."""
        self._listener = listener

    def terms(self, now: Terms, guest: GuestId) -> Terms:
        """The terms of a move under its share of the network. From any thread."""
        return self._shares.hold(now, guest)

    def joins(self, guest: GuestId) -> bool:
        """Whether the network is divided with this move among those that use it; from then on it may begin. The first
        call asks for that. From any thread."""
        if guest in self._shares.joined:
            return True
        self._joining.add(guest)
        self._listener()
        return False

    def _still(self, records: Sequence[MoveRecord]) -> frozenset[GuestId]:
        """Moves of this run that are looked at once more before they begin, as those of an evacuation are, or proven
        after their copy."""
        looked_at = {r.move.guest for r in records if self._run.purpose != "move" and r.state in UNTOUCHED}
        return frozenset(looked_at - self._joining | {r.move.guest for r in records if r.state is State.CONFIRMING})

    def unshared(self, move: Move) -> str:
        """That a share is asked for which cannot be kept, and why; "" otherwise."""
        return self._rules.unshared(move)

    def close(self) -> None:
        """The run is over: nobody is looked at any more."""
        self._lookout.close()
        self._guards.close()

    def _news(self) -> None:
        self._listener()

    def _guarded(self, host: HostName, guard: Guarding) -> None:
        self._journal.tell(Guarded(run=self._run.id, host=host, level=guard.level, because=guard.because))
        self._news()

    def turn(self, records: Sequence[MoveRecord], driven: Collection[GuestId]) -> Turn:
        """Queue what is planned, give back what is over, admit what fits, and divide the networks anew."""
        for _ in range(_TRIES):
            decision = self._decide(self._store.ledger(), records, driven)
            if self._book(decision):
                poke = self._shares.divide(decision.tickets, decision.foreign, self._clock.now(), self._still(records))
                return replace(decision.turn, poke=tuple(poke))
            if not decision.urgent:  # reasons for waiting that nobody else will read before the next look
                return decision.turn
        return Turn(booked=False)

    def _book(self, decision: _Decision) -> bool:
        put, drop, version = decision.put, decision.drop, decision.ledger.version
        if not put and not drop:
            return True
        return self._store.book(put=put, drop=drop, if_version=version, fence=self._journal.fence)

    def _decide(self, ledger: Ledger, records: Sequence[MoveRecord], driven: Collection[GuestId]) -> _Decision:
        gone = self._abandoned.gone(ledger, self._run.id)
        over = {r.move.guest for r in records if r.outcome is not None}
        drop = [t for t in ledger.tickets if t.run == self._run.id and t.guest in over]
        for guest in {r.move.guest for r in records if r.state is State.MIGRATED} & {t.guest for t in drop}:
            self._lookout.arrived(guest)
        mine = list(self._mine(ledger, records, driven))
        freed = self._abandoned.freed(ledger, gone)
        drop += [t for t in freed if not t.costs]
        put = [t for t in freed if t.costs]
        now = replace(ledger, tickets=_replaced(ledger.tickets, (*put, *mine), drop))
        seen = self._lookout.seen()
        strange = foreign(now, seen.traffic, self._rules.limits, self._rules.network)
        self._hindrance.begin(seen, strange)
        admission = self._admit(now, gone, strange)
        turn = _turn(mine, admission)
        self._look_out(now, gone, admission, turn)
        refused = {guest for guest, _ in turn.refuse}
        drop += [t for t in ledger.tickets if t.run == self._run.id and t.guest in refused]
        booked = (*(t for t in mine if t.standing is Standing.HOLDING), *admission.begin, *_waiting(admission))
        known = {(t.run, t.guest): t for t in ledger.tickets}
        changed = [t for t in booked if t != known.get((t.run, t.guest)) and t.guest not in refused]
        urgent = bool(admission.begin or drop or put or any((t.run, t.guest) not in known for t in changed))
        everything = (*put, *changed, *admission.aged)
        return _Decision(ledger=ledger, put=everything, drop=tuple(drop), urgent=urgent, foreign=strange, turn=turn)

    def _mine(self, ledger: Ledger, records: Sequence[MoveRecord], driven: Collection[GuestId]) -> Iterator[Ticket]:
        """A ticket for every move that is not over. One that is under way holds all that it costs, whatever the ledger
        says: somebody may have taken this process for dead."""
        queued = {t.guest: t for t in ledger.tickets if t.run == self._run.id}
        for position, record in enumerate(records):
            if record.outcome is not None:
                continue
            ticket, move = queued.get(record.move.guest), record.move
            begun = move.guest in driven or record.state not in UNTOUCHED
            if ticket is None or (begun and (ticket.released or ticket.costs.keys() != self._costs(record).keys())):
                ticket = self._ticket(record, position)
            yield replace(ticket, standing=Standing.HOLDING, waits="") if begun else ticket

    def _costs(self, record: MoveRecord) -> Mapping[str, int]:
        return self._rules.costs(record.move)

    def _ticket(self, record: MoveRecord, position: int) -> Ticket:
        move = record.move
        return Ticket(
            run=self._run.id,
            guest=move.guest,
            name=move.name,
            costs=self._costs(record),
            since=self._run.started_at,
            position=position,
            priority=self._rules.priority(move),
            source=move.source,
            destination=move.destination,
            network="" if move.transport.mode in _NO_MEMORY else move.transport.network,
        )

    def _admit(self, ledger: Ledger, gone: frozenset[RunId], strange: Sequence[Foreign]) -> Admission:
        limits = self._rules.limits
        found = admit(
            ledger,
            self._run.id,
            self._rules.capacity,
            foreign=strange,
            gone=gone,
            patience=limits.patience,
            over=limits.over,
            hindrance=self._hindrance,
        )
        later = [(t, why) for t, why in found.refuse if why.cause not in _REFUSABLE]
        refuse = tuple((t, why) for t, why in found.refuse if why.cause in _REFUSABLE)
        return replace(found, wait=(*found.wait, *later), refuse=refuse)

    def _look_out(self, ledger: Ledger, gone: frozenset[RunId], admission: Admission, turn: Turn) -> None:
        """Look where a move could begin, where a foreign migration hinders one, and at what dead runs hold; where
        moves of this run share a network, and everywhere while one waits that a limit of all hosts binds, so that
        foreign ones count there as well."""
        strange = {end for t, why in admission.wait if _foreign(why) for end in (t.source, t.destination)}
        sharing = {
            end
            for t in ledger.tickets
            if t.run == self._run.id and t.guest in turn.hold and t.network
            for end in (t.source, t.destination)
            if self._shares.budget(t.network, end) is not None
        }
        counted = self._rules.everywhere if any(TOTAL in t.costs for t, _ in admission.wait) else ()
        traffic = dict.fromkeys((*sharing, *counted), SELDOM) | dict.fromkeys(self._hindrance.asked | strange, OFTEN)
        guests = self._abandoned.ends(ledger, gone) if admission.wait else frozenset[tuple[HostName, GuestId]]()
        self._lookout.watch(traffic, guests)
        mine = [t for t in ledger.tickets if t.run == self._run.id]
        self._guards.watch({end for t in mine for end in (t.source, t.destination)})


def _turn(mine: Sequence[Ticket], admission: Admission) -> Turn:
    held = (*(t for t in mine if t.standing is Standing.HOLDING), *admission.begin)
    return Turn(
        hold=tuple(t.guest for t in held),
        wait=tuple((t.guest, why) for t, why in admission.wait),
        refuse=tuple((t.guest, why) for t, why in admission.refuse),
    )


def _waiting(admission: Admission) -> Iterator[Ticket]:
    for ticket, why in admission.wait:
        yield replace(ticket, waits=why.sentence)


def _foreign(why: Waits) -> bool:
    return any(holding.run is None for short in why.short for holding in short.held_by)


def _replaced(tickets: Sequence[Ticket], put: Sequence[Ticket], drop: Sequence[Ticket]) -> tuple[Ticket, ...]:
    changed = {(t.run, t.guest) for t in (*put, *drop)}
    return (*(t for t in tickets if (t.run, t.guest) not in changed), *put)
