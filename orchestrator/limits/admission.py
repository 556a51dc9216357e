"""Who may begin now: first come first served, back-filling, and ageing so that nobody starves."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.limits.costs import capacity
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Limits
from orchestrator.model.run import RunId

PATIENCE = 8  # times a ticket may be passed over before its resources are kept free for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """begin: tickets that now hold their resources. wait: tickets that do not, with the reason."""

    begin: tuple[Ticket, ...]
    wait: tuple[tuple[Ticket, str], ...]


def admit(ledger: Ledger, run: RunId, limits: Limits) -> Admission:
    """Decide over the waiting tickets of `run`, counting what every run holds.

    A ticket that does not fit idles nobody else (back-filling); one that was passed over PATIENCE times gets what it
    needs kept free. A guest that another run moves waits until that is over, and nothing is kept free for it.
    """
    used: Counter[str] = Counter()
    moved = {t.guest: t.run for t in ledger.tickets if t.standing is Standing.HOLDING and t.run != run}
    for ticket in ledger.tickets:
        if ticket.standing is Standing.HOLDING:
            used.update(ticket.costs)
    begin: list[Ticket] = []
    passed: list[Ticket] = []
    kept_free: set[str] = set()
    elsewhere = [(t, f"run {moved[t.guest]} moves this guest") for t in _waiting(ledger, run) if t.guest in moved]
    for ticket in (t for t in _waiting(ledger, run) if t.guest not in moved):
        if _fits(ticket, used, limits) and not kept_free & ticket.costs.keys():
            used.update(ticket.costs)
            begin.append(replace(ticket, standing=Standing.HOLDING))
            continue
        passed.append(ticket)
        if ticket.skips >= PATIENCE:
            kept_free |= ticket.costs.keys()
    short = [_explain(t, begin, ledger, used, limits) for t in passed]
    return Admission(begin=tuple(begin), wait=(*elsewhere, *short))


def _waiting(ledger: Ledger, run: RunId) -> list[Ticket]:
    mine = [t for t in ledger.tickets if t.run == run and t.standing is Standing.WAITING]
    return sorted(mine, key=_order)


def _order(ticket: Ticket) -> tuple[datetime, int]:
    return ticket.since, ticket.position


def _fits(ticket: Ticket, used: Counter[str], limits: Limits) -> bool:
    return all(used[resource] + cost <= capacity(limits, resource) for resource, cost in ticket.costs.items())


def _explain(
    ticket: Ticket, begin: Sequence[Ticket], ledger: Ledger, used: Counter[str], limits: Limits
) -> tuple[Ticket, str]:
    overtaken = any(_order(other) > _order(ticket) for other in begin)
    skips = ticket.skips + 1 if overtaken else ticket.skips
    holding = [*begin, *(t for t in ledger.tickets if t.standing is Standing.HOLDING)]
    short = [r for r, cost in ticket.costs.items() if used[r] + cost > capacity(limits, r)]
    sentences = [_short(resource, used, limits, holding) for resource in short]
    return replace(ticket, skips=skips), "; ".join(sentences) or "its slots are kept for a move that waited longer"


def _short(resource: str, used: Counter[str], limits: Limits, holding: Sequence[Ticket]) -> str:
    host = resource.removeprefix("host:").removesuffix(".live")
    names = ", ".join(sorted(t.name for t in holding if resource in t.costs))
    return f"{host} has {used[resource]} of {capacity(limits, resource)} live slots, held by {names}"
