"""Tickets and capacities as the tests of limits need them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.limits.costs import Capacities, Kind, bill, capacities
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Limits
from orchestrator.model.run import RunId

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MINE, THEIRS = RunId("mine"), RunId("theirs")


def ticket(
    name: str,
    way: str,
    *,
    run: RunId = MINE,
    after: int = 0,
    limits: Limits | None = None,
    kind: Kind = Kind.LIVE,
    **more: Any,
) -> Ticket:
    """A waiting one. way: `A>B`. after: seconds after the first."""
    source, _, destination = map(HostName, way.partition(">"))
    costs = bill(kind, limits or Limits(), source=source, destination=destination, network="migration")
    made = Ticket(
        run=run, guest=GuestId(name), name=name, costs=costs, since=SINCE + timedelta(seconds=after),
        source=source, destination=destination, network="migration",
    )  # fmt: skip
    return replace(made, **more)


def held(name: str, way: str, **more: Any) -> Ticket:
    """One that has its slots."""
    return ticket(name, way, standing=Standing.HOLDING, **more)


def ledger(*tickets: Ticket) -> Ledger:
    """These, at version 1."""
    return Ledger(version=1, tickets=tickets)


def allowed(limits: Limits) -> Capacities:
    """The same at every host, on networks that nobody has measured."""
    return capacities(limits, lambda _host: limits, lambda _network, _host: None)
