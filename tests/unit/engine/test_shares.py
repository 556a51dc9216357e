"""A move of which nothing travels takes nothing from the others of its run, and joins them before it begins."""

from dataclasses import replace
from datetime import timedelta
from fractions import Fraction

import pytest

from orchestrator.engine.journal import Journal
from orchestrator.engine.rules import Rules
from orchestrator.engine.shares import Shares
from orchestrator.engine.tickets import Tickets
from orchestrator.engine.tools import Outside, Works
from orchestrator.limits.shares import MIB, Budget
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.terms import terms
from orchestrator.model.guest import GuestId
from orchestrator.model.move import State
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.run import Purpose
from orchestrator.model.traffic import Traffic
from orchestrator.simulator.clock import SimClock, SimLoop
from orchestrator.simulator.store import MemoryStore
from tests.contract.store_contract import MOVE, T0, holder, run
from tests.unit.limits.tickets import MINE, THEIRS, allowed, held

RULES = Rules(
    limits=Limits(),
    costs=lambda _move: {"host:kvm01.live": 1},
    priority=lambda _move: 0,
    capacity=allowed(Limits()),
    budget=lambda _network, _host, _factor: Budget(whole=12, part=False),
    floor=lambda _host: MIB,
    network="migration",
    unshared=lambda _move: "",
)


def shares() -> Shares:
    return Shares(MINE, RULES, lambda _host: Fraction(1))


def caps(dealt: Shares, *guests: str) -> list[int | None]:
    """MiB/s of each."""
    policy = Policy(name="p")
    found = [dealt.hold(terms(policy, (), GuestId(g)), GuestId(g)).share_bytes_per_second for g in guests]
    return [None if part is None else part // MIB for part in found]


def test_who_rests_leaves_the_network_to_the_others_and_knows_what_it_will_get() -> None:
    dealt = shares()
    tickets = [held("g", "A>B"), held("h", "A>C", after=1)]
    dealt.divide(tickets, (), T0, still={GuestId("h")})
    assert caps(dealt, "g", "h") == [12, 6]
    assert dealt.joined == {"g"}
    changed = dealt.divide(tickets, (), T0)
    assert (caps(dealt, "g", "h"), changed, dealt.joined) == ([6, 6], ["g"], {"g", "h"})


def test_moves_of_other_runs_are_never_said_to_rest() -> None:
    dealt = shares()
    dealt.divide([held("g", "A>B"), held("h", "A>C", after=1, run=THEIRS)], (), T0, still={GuestId("h")})
    assert caps(dealt, "g") == [6]


@pytest.mark.parametrize(("purpose", "at_once"), [("move", True), ("evacuate", False)])
def test_a_move_that_is_looked_at_once_more_joins_before_it_begins(purpose: Purpose, at_once: bool) -> None:
    clock = SimClock()
    store = MemoryStore(clock.ticks)
    made = replace(run("r"), purpose=purpose)
    fence = store.open_run(made, holder(), lasts=1000.0)
    works = Works(store=store, clock=clock, loop=SimLoop(clock))
    outside = Outside(
        hypervisor=lambda _host: _Quiet(), figures=lambda _host: {}, dead=lambda _held: False, holder=holder()
    )
    tickets = Tickets(made, Journal(made.id, fence, store, clock, ()), RULES, works=works, outside=outside)
    news: list[int] = []
    tickets.on_news(lambda: news.append(1))
    waiting = MoveRecord(move=MOVE, state=State.WAITING, since=T0)

    def turn(record: MoveRecord) -> bool:
        tickets.turn((record,), {MOVE.guest})
        return tickets.joins(MOVE.guest)

    assert turn(waiting) is at_once
    assert bool(news) is not at_once, "another turn is asked for"
    assert turn(waiting), "the network is divided with it now"
    tickets.turn((MoveRecord(move=MOVE, state=State.CONFIRMING, since=T0 + timedelta(seconds=9)),), {MOVE.guest})
    assert MOVE.guest not in tickets._shares.joined, "its copy is over"


class _Quiet:
    """A host where nothing moves."""

    def traffic(self, *, within: float) -> Traffic:
        return Traffic()
