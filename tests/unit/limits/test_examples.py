"""Every worked example of Hyper-V's and vSphere's limits, decided by the ledger alone. The rows are in examples.py."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest

from orchestrator.config.policy import load_policy
from orchestrator.limits.admission import PRIORITIES, admit
from orchestrator.limits.costs import Capacities, bill, capacities
from orchestrator.limits.hyperv import cap, translated
from orchestrator.limits.resources import said
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.run import RunId
from orchestrator.model.units import BytesPerSecond
from orchestrator.model.waits import Cause, Waits
from tests.unit.limits.examples import CAPS, EXAMPLES, Asked, Becomes, Cap, Example

BEGUN = datetime(2026, 1, 1, tzinfo=UTC)
GBIT = 10**9


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.id)
def test_what_becomes_of_what_is_asked(example: Example) -> None:
    table = Table(example)
    assert {one.name: table.ask(one) for one in example.asked}.keys() == example.becomes.keys()
    assert table.becomes == example.becomes
    named = {name: tuple(s.resource for s in table.why[name].short) for name in example.for_want_of}
    assert named == example.for_want_of
    for ended, begin in example.then:
        assert (ended, table.end(ended)) == (ended, begin)


@pytest.mark.parametrize("example", [e for e in EXAMPLES if e.for_want_of], ids=lambda e: e.id)
def test_the_reason_names_what_is_full_and_who_has_it(example: Example) -> None:
    table = Table(example)
    for one in example.asked:
        table.ask(one)
    for name in example.for_want_of:
        for short in table.why[name].short:
            assert short.amount == said(short.resource, short.used, short.capacity)
            assert short.amount in table.why[name].sentence
            assert {h.name for h in short.held_by} == {t.name for t in table.holding() if short.resource in t.costs}


@pytest.mark.parametrize("row", CAPS, ids=lambda row: f"{row.interfaces} {row.smb_factor}")
def test_e11_what_hyper_vs_factor_means(row: Cap) -> None:
    interfaces = [BytesPerSecond(gbit * GBIT // 8) for gbit in row.interfaces]
    allowed = cap(interfaces, row.smb_factor, smb=row.smb)
    assert allowed == (None if row.gbit is None else row.gbit * GBIT // 8)
    if row.smb:
        percent = row.smb_factor // 100
        assert translated(row.smb_factor, interfaces) == f"{percent} % of all interfaces of a host: {row.gbit} Gbit/s"
        assert translated(row.smb_factor) == f"{percent} % of all interfaces of a host"


class Table:
    """The ledger of one example: every move that is asked for is a command, and so a run, of its own."""

    def __init__(self, example: Example) -> None:
        self.limits = limits_of(example)
        self.capacity = capacity_of(example)
        self.tickets: dict[RunId, Ticket] = {}
        self.becomes: dict[str, Becomes] = {}
        self.why: dict[str, Waits] = {}
        for one in example.running:
            ticket = self.ticket(one)
            self.tickets[ticket.run] = replace(ticket, standing=Standing.HOLDING)

    def ticket(self, asked: Asked) -> Ticket:
        number = len(self.tickets)
        source, destination = HostName(asked.source), HostName(asked.destination)
        costs = bill(
            asked.kind, self.limits, source=source, destination=destination, network="migration", pools=asked.pools
        )
        return Ticket(
            run=RunId(f"run {number}"), guest=GuestId(asked.name), name=asked.name, costs=costs,
            since=BEGUN + timedelta(seconds=number), priority=PRIORITIES[asked.priority],
            source=source, destination=destination, network="migration",
        )  # fmt: skip

    def ask(self, asked: Asked) -> Becomes:
        ticket = self.ticket(asked)
        self.tickets[ticket.run] = ticket
        self.settle(ticket.run)
        return self.becomes[asked.name]

    def end(self, name: str) -> tuple[str, ...]:
        """The move is over: every waiting process looks again. Answers what begins, in that order."""
        before = {t.name for t in self.holding()}
        self.tickets = {run: t for run, t in self.tickets.items() if not (t.name == name and t in self.holding())}
        begun: list[str] = []
        for run in list(self.tickets):
            self.settle(run)
            begun += [t.name for t in self.holding() if t.name not in before and t.name not in begun]
        return tuple(begun)

    def settle(self, run: RunId) -> None:
        """What the process of a run does: one decision, booked."""
        ticket = self.tickets[run]
        if ticket.standing is Standing.HOLDING:
            return
        ledger = Ledger(version=1, tickets=tuple(self.tickets.values()))
        decision = admit(ledger, run, self.capacity, patience=self.limits.patience, over=self.limits.over)
        for booked in (*decision.begin, *(t for t, _ in decision.wait), *decision.aged):
            self.tickets[booked.run] = booked
        for _, why in (*decision.wait, *decision.refuse):
            self.why[ticket.name] = why
        if decision.refuse:
            del self.tickets[run]
        self.becomes[ticket.name] = (
            "runs"
            if decision.begin
            else "refused"
            if decision.refuse
            else "busy"
            if self.why[ticket.name].cause is Cause.MOVED
            else "waits"
        )

    def holding(self) -> list[Ticket]:
        return [t for t in self.tickets.values() if t.standing is Standing.HOLDING]


@cache
def shipped(name: str) -> Policy:
    policy = load_policy(name, "/nowhere/ferry.yaml")
    assert policy is not None
    return policy


def limits_of(example: Example, host: str = "") -> Limits:
    """What counts for all hosts, or for one of them."""
    return replace(shipped(example.policy).limits, **{**example.limits, **example.at_host.get(host, {})})


def capacity_of(example: Example) -> Capacities:
    def gigabits(_network: str, host: HostName) -> int:
        return example.gbit.get(host, 10) * GBIT

    return capacities(limits_of(example), lambda host: limits_of(example, host), gigabits)
