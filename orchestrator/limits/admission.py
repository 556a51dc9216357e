"""Who may begin now: by priority, first come first served, back-filling, and ageing so that nobody starves."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from orchestrator.limits.costs import Capacities
from orchestrator.limits.foreign import Foreign
from orchestrator.limits.resources import said
from orchestrator.model.guest import GuestId
from orchestrator.model.ledger import MEDIUM, Ledger, Standing, Ticket
from orchestrator.model.run import RunId
from orchestrator.model.waits import Cause, Holding, Shortage, Waits

PRIORITIES: Mapping[str, int] = {"high": 3000, "medium": MEDIUM, "low": 1000}

Hindrance = Callable[[Ticket, Sequence[Ticket]], Waits | None]
"""Why a ticket may not begin beside those that hold their resources then, although the limits would let it."""

_OUTSIDE = (Cause.MOVED, Cause.GUARD, Cause.SILENT)  # of these no room that is kept free is a cure


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """What becomes of the waiting tickets of one run, and what to book for it.

    begin: they hold their resources now. wait: they do not, with the reason; their `skips` may have grown. refuse: they
    never will, because the policy has them refused. aged: waiting tickets of other runs that were passed over by what
    begins; booked along, so that no process has to notice by itself.
    """

    begin: tuple[Ticket, ...] = ()
    wait: tuple[tuple[Ticket, Waits], ...] = ()
    refuse: tuple[tuple[Ticket, Waits], ...] = ()
    aged: tuple[Ticket, ...] = ()


def admit(
    ledger: Ledger,
    run: RunId,
    capacity: Capacities,
    *,
    foreign: Sequence[Foreign] = (),
    gone: frozenset[RunId] = frozenset(),
    patience: int = 8,
    over: Literal["queue", "refuse"] = "queue",
    hindrance: Hindrance = lambda _ticket, _holding: None,
) -> Admission:
    """Decide over all waiting tickets, and answer for those of `run`.

    What holds its resources counts, whoever holds them; so does every foreign migration. A waiting ticket of another
    run that could begin has its room reserved, since its own process books it within a second; of a run that is `gone`
    it has not. A ticket that does not fit idles nobody else. One that was passed over `patience` times, by
    later ones that took a resource it needs, goes before all others whatever their priority, and what it needs is
    kept free for it. A ticket that costs more than there is of a resource takes all of it.
    """
    table = _Table(ledger, capacity, foreign)
    waiting = [t for t in ledger.tickets if t.standing is Standing.WAITING and (t.run == run or t.run not in gone)]
    begin: list[Ticket] = []
    passed: list[tuple[Ticket, Waits]] = []
    for ticket in sorted(waiting, key=lambda t: (t.skips < max(1, patience), *_order(t))):
        trimmed = table.trimmed(ticket)
        why = table.hinders(trimmed) or hindrance(trimmed, table.holding)
        if why is None:
            table.take(trimmed, booked=ticket.run == run)
            begin.append(replace(trimmed, standing=Standing.HOLDING))
            continue
        passed.append((ticket, why))
        if ticket.skips >= patience and why.cause not in _OUTSIDE:
            table.keep(trimmed)
    return _answer(run, tuple(t for t in begin if t.run == run), passed, capacity, over)


def _answer(
    run: RunId,
    mine: tuple[Ticket, ...],
    passed: Sequence[tuple[Ticket, Waits]],
    capacity: Capacities,
    over: Literal["queue", "refuse"],
) -> Admission:
    older = [(t, _aged(t, why, mine, capacity), why) for t, why in passed]
    stuck = tuple((now, why) for before, now, why in older if before.run == run)
    return Admission(
        begin=mine,
        wait=stuck if over == "queue" else (),
        refuse=stuck if over == "refuse" else (),
        aged=tuple(now for before, now, _ in older if before.run != run and now != before),
    )


def _order(ticket: Ticket) -> tuple[int, datetime, int, RunId, GuestId]:
    return -ticket.priority, ticket.since, ticket.position, ticket.run, ticket.guest


def _aged(ticket: Ticket, why: Waits, begun: Sequence[Ticket], capacity: Capacities) -> Ticket:
    """Passed over once more, if something later took of what it needs: later in order, or of a higher priority that
    came after it. What was asked for together goes by priority, and ages nobody."""
    if why.cause in _OUTSIDE:
        return ticket
    contested = {resource for resource in ticket.costs if capacity(resource) is not None}
    over = any(
        (_order(one) > _order(ticket) or one.since > ticket.since) and contested & one.costs.keys() for one in begun
    )
    return replace(ticket, skips=ticket.skips + 1) if over else ticket


class _Table:
    """What is taken of each resource, and by whom, while one decision is made."""

    def __init__(self, ledger: Ledger, capacity: Capacities, foreign: Sequence[Foreign]) -> None:
        self._capacity = capacity
        self._held, self._kept = _Account(), _Account()
        self._moved: dict[GuestId, Holding] = {}
        self.holding: list[Ticket] = []
        for one in foreign:
            self._moved[one.guest] = Holding(name=one.name)
            self._held.add(one.costs, Holding(name=one.name))
        for ticket in ledger.tickets:
            if ticket.standing is Standing.HOLDING:
                self.take(ticket, booked=True)

    def trimmed(self, ticket: Ticket) -> Ticket:
        """The ticket with no more of any resource than there is, or it would wait for ever."""
        most = {resource: self._capacity(resource) for resource in ticket.costs}
        costs = {r: cost if (limit := most[r]) is None else min(cost, limit) for r, cost in ticket.costs.items()}
        return replace(ticket, costs=costs)

    def take(self, ticket: Ticket, *, booked: bool) -> None:
        """Count the ticket. Not booked: its process is about to do so, and until then its room is kept."""
        holding = Holding(name=ticket.name, run=ticket.run)
        self._moved[ticket.guest] = holding
        (self._held if booked else self._kept).add(ticket.costs, holding)
        self.holding.append(ticket)

    def keep(self, ticket: Ticket) -> None:
        """Keep free what the ticket needs, for as long as it cannot have all of it."""
        self._kept.add(ticket.costs, Holding(name=ticket.name, run=ticket.run))
        self.holding.append(ticket)

    def hinders(self, ticket: Ticket) -> Waits | None:
        """Why the limits do not let the ticket begin; None if they do."""
        if ticket.guest in self._moved:
            return Waits(cause=Cause.MOVED, by=self._moved[ticket.guest])
        lacking = [(r, cost, limit) for r, cost in ticket.costs.items() if (limit := self._capacity(r)) is not None]
        full = [(r, limit) for r, cost, limit in lacking if self._held.used[r] + cost > limit]
        if full:
            return Waits(cause=Cause.FULL, short=tuple(self._shortage(r, limit) for r, limit in full))
        kept = [(r, limit) for r, cost, limit in lacking if self._held.used[r] + self._kept.used[r] + cost > limit]
        if kept:
            return Waits(cause=Cause.KEPT, short=tuple(self._shortage(r, limit, kept=True) for r, limit in kept))
        return None

    def _shortage(self, resource: str, limit: int, *, kept: bool = False) -> Shortage:
        used = self._held.used[resource]
        return Shortage(
            resource=resource,
            amount=said(resource, used, limit),
            used=used,
            capacity=limit,
            held_by=self._held.by(resource),
            kept_for=self._kept.by(resource) if kept else (),
        )


class _Account:
    """Amounts of resources, and whose they are."""

    def __init__(self) -> None:
        self.used: Counter[str] = Counter()
        self._whose: dict[str, list[Holding]] = {}

    def add(self, costs: Mapping[str, int], holding: Holding) -> None:
        self.used.update(costs)
        for resource in costs:
            self._whose.setdefault(resource, []).append(holding)

    def by(self, resource: str) -> tuple[Holding, ...]:
        """Whose they are, by name."""
        return tuple(sorted(self._whose.get(resource, ()), key=lambda h: (h.name, h.run or "")))
