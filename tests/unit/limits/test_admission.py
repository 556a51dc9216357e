"""Admission: the smallest set of Hyper-V's rules that two live slots a host need."""

from datetime import UTC, datetime

import pytest

from orchestrator.limits.admission import PATIENCE, admit
from orchestrator.limits.costs import capacity, live_slot
from orchestrator.model.guest import GuestId
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Limits
from orchestrator.model.run import RunId

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
MINE, THEIRS = RunId("mine"), RunId("theirs")


def ticket(name: str, source: str, destination: str, *, position: int = 0, run: RunId = MINE, **more: object) -> Ticket:
    costs = {live_slot(source): 1, live_slot(destination): 1}
    return Ticket(run=run, guest=GuestId(name), name=name, costs=costs, since=SINCE, position=position, **more)


def names(tickets) -> list[str]:
    return [t.name for t in tickets]


def test_incoming_and_outgoing_share_one_counter() -> None:
    held = [
        ticket("out", "A", "B", standing=Standing.HOLDING),
        ticket("in", "C", "A", standing=Standing.HOLDING),
    ]
    decision = admit(Ledger(version=1, tickets=(*held, ticket("new", "A", "D"))), MINE, Limits(live=2))
    assert names(decision.begin) == []
    ((waiting, because),) = decision.wait
    assert waiting.name == "new"
    assert because == "A has 2 of 2 live slots, held by in, out"


def test_slots_held_by_another_run_count() -> None:
    held = [ticket(n, "A", "B", run=THEIRS, standing=Standing.HOLDING) for n in ("one", "two")]
    decision = admit(Ledger(version=1, tickets=(*held, ticket("new", "A", "C"))), MINE, Limits(live=2))
    assert names(decision.begin) == []


def test_tickets_of_another_run_are_never_begun_here() -> None:
    decision = admit(Ledger(version=1, tickets=(ticket("other", "A", "B", run=THEIRS),)), MINE, Limits(live=2))
    assert decision.begin == ()
    assert decision.wait == ()


def test_the_source_is_the_bottleneck_of_an_evacuation() -> None:
    six = [ticket(f"g{n}", "A", "B" if n % 2 else "C", position=n) for n in range(6)]
    decision = admit(Ledger(version=1, tickets=tuple(six)), MINE, Limits(live=2))
    assert names(decision.begin) == ["g0", "g1"]
    assert len(decision.wait) == 4


def test_a_blocked_head_idles_nobody_else() -> None:
    held = [ticket(n, "A", "B", standing=Standing.HOLDING) for n in ("one", "two")]
    waiting = [ticket("head", "A", "C"), ticket("behind", "D", "E", position=1)]
    decision = admit(Ledger(version=1, tickets=(*held, *waiting)), MINE, Limits(live=2))
    assert names(decision.begin) == ["behind"]
    ((head, _),) = decision.wait
    assert head.skips == 1


def test_a_head_that_was_passed_over_too_often_gets_its_slots_kept_free() -> None:
    held = [ticket("running", "A", "B", standing=Standing.HOLDING)]
    waiting = [ticket("head", "A", "C", skips=PATIENCE), ticket("behind", "C", "D", position=1)]
    decision = admit(Ledger(version=1, tickets=(*held, *waiting)), MINE, Limits(live=1))
    assert names(decision.begin) == []
    assert {t.name: why for t, why in decision.wait}["behind"] == "its slots are kept for a move that waited longer"


def test_skips_grow_only_when_somebody_later_went_ahead() -> None:
    held = [ticket("running", "A", "B", standing=Standing.HOLDING)]
    decision = admit(Ledger(version=1, tickets=(*held, ticket("head", "A", "C"))), MINE, Limits(live=1))
    assert decision.wait[0][0].skips == 0


def test_an_unknown_resource_is_an_error_of_ours() -> None:
    with pytest.raises(KeyError):
        capacity(Limits(), "pool:ssd")


def test_a_limit_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="wait for ever"):
        Limits(live=0)


def test_a_guest_that_another_run_moves_waits_and_nothing_is_kept_free_for_it() -> None:
    theirs = ticket("web", "A", "B", run=THEIRS, standing=Standing.HOLDING)
    mine = ticket("web", "A", "C", skips=PATIENCE), ticket("db", "A", "C", position=1)
    decision = admit(Ledger(version=1, tickets=(theirs, *mine)), MINE, Limits(live=2))
    assert names(decision.begin) == ["db"]
    assert decision.wait == ((mine[0], "run theirs moves this guest"),)


def test_a_guest_that_another_run_only_waits_for_is_free() -> None:
    tickets = (ticket("web", "A", "B", run=THEIRS), ticket("web", "A", "C"))
    assert names(admit(Ledger(version=1, tickets=tickets), MINE, Limits(live=2)).begin) == ["web"]
