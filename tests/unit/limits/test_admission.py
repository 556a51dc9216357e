"""Admission beyond the worked examples: who is asked, who is passed over, and why somebody waits."""

from typing import Any

from orchestrator.limits.admission import PRIORITIES, Admission, admit
from orchestrator.limits.foreign import Foreign
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ticket
from orchestrator.model.policy import Charge, Costs, Limits
from orchestrator.model.run import RunId
from orchestrator.model.waits import Cause, Holding, Waits
from tests.unit.limits.tickets import MINE, THEIRS, allowed, held, ledger, ticket

ONE, TWO = Limits(live=1), Limits(live=2)


def decide(*tickets: Ticket, limits: Limits = TWO, **more: Any) -> Admission:
    return admit(ledger(*tickets), MINE, allowed(limits), **more)


def names(tickets: tuple[Ticket, ...]) -> list[str]:
    return [t.name for t in tickets]


def why(decision: Admission) -> dict[str, str]:
    return {t.name: waits.sentence for t, waits in decision.wait}


def test_the_reason_names_runs_and_migrations_that_ferry_did_not_start() -> None:
    stranger = Foreign(
        guest=GuestId("u"), name="db-07", source=None, destination=HostName("kvm02"), costs={"host:kvm02.live": 1}
    )
    found = decide(held("web-01", "kvm01>kvm02", run=THEIRS), ticket("new", "kvm03>kvm02"), foreign=[stranger])
    assert why(found) == {
        "new": "kvm02 has 2 of 2 live slots, held by web-01 (run theirs) and by a migration ferry did not start (db-07)"
    }
    (_, waits), *_ = found.wait
    assert (waits.cause, waits.short[0].used, waits.short[0].capacity) == (Cause.FULL, 2, 2)
    assert waits.short[0].held_by == (Holding(name="db-07"), Holding(name="web-01", run=THEIRS))


def test_each_full_resource_is_named() -> None:
    found = decide(held("a", "A>B"), held("c", "C>D"), ticket("new", "A>C"), limits=ONE)
    assert why(found) == {
        "new": "A has 1 of 1 live slots, held by a (run mine); C has 1 of 1 live slots, held by c (run mine)"
    }


def test_tickets_of_another_run_are_not_answered_for() -> None:
    assert decide(ticket("other", "A>B", run=THEIRS)) == Admission()


def test_room_for_a_waiting_move_of_another_living_run_is_left_to_it() -> None:
    first, second = ticket("theirs", "A>B", run=THEIRS), ticket("mine", "A>C", after=1)
    found = decide(first, second, limits=ONE)
    assert why(found) == {"mine": "A has 0 of 1 live slots, kept free for theirs (run theirs)"}
    assert found.wait[0][1].cause is Cause.KEPT
    assert names(decide(first, second, limits=ONE, gone=frozenset({THEIRS})).begin) == ["mine"]
    later = ticket("theirs", "A>B", run=THEIRS, after=2)
    assert names(decide(later, second, limits=ONE).begin) == ["mine"]


def test_what_a_dead_run_holds_counts_nevertheless() -> None:
    found = decide(held("theirs", "A>B", run=THEIRS), ticket("mine", "A>C"), limits=ONE, gone=frozenset({THEIRS}))
    assert found.begin == ()


def test_a_move_of_another_run_that_is_passed_over_grows_older_with_the_same_booking() -> None:
    head = ticket("head", "A>C", run=THEIRS)
    found = decide(held("old", "A>B"), head, ticket("mine", "C>D", after=1), limits=ONE)
    assert names(found.begin) == ["mine"]
    assert [(t.name, t.skips) for t in found.aged] == [("head", 1)]


def test_nobody_grows_older_by_what_takes_nothing_of_theirs() -> None:
    found = decide(held("old", "A>B"), ticket("head", "A>C"), ticket("far", "D>E", after=1), limits=ONE)
    assert names(found.begin) == ["far"]
    assert [t.skips for t, _ in found.wait] == [0]


def test_what_is_asked_for_together_goes_by_priority_and_ages_nobody() -> None:
    low = ticket("low", "A>B", priority=PRIORITIES["low"])
    high = ticket("high", "A>B", position=1, priority=PRIORITIES["high"])
    found = decide(low, high, limits=ONE)
    assert names(found.begin) == ["high"]
    assert [t.skips for t, _ in found.wait] == [0]


def test_a_low_one_that_newer_ones_passed_over_too_often_goes_before_them() -> None:
    low = ticket("low", "A>B", priority=PRIORITIES["low"], skips=3)
    high = ticket("high", "A>B", after=9, priority=PRIORITIES["high"])
    assert names(decide(low, high, limits=ONE, patience=4).begin) == ["high"]
    assert names(decide(low, high, limits=ONE, patience=3).begin) == ["low"]


def test_room_that_is_kept_is_no_more_than_what_is_needed() -> None:
    running = [held(name, "A>B") for name in ("a1", "a2", "a3")]
    waiting = ticket("head", "A>C", skips=8), ticket("next", "C>D", after=1), ticket("last", "C>E", after=2)
    found = decide(*running, held("c", "C>F"), *waiting, limits=Limits(live=3))
    assert names(found.begin) == ["next"]
    assert why(found)["last"] == (
        "C has 2 of 3 live slots, held by c (run mine) and by next (run mine) and kept free for head (run mine)"
    )


def test_no_patience_is_a_plain_queue() -> None:
    found = decide(held("old", "A>B"), ticket("head", "A>C"), ticket("next", "C>D", after=1), limits=ONE, patience=0)
    assert found.begin == ()


def test_over_the_limit_is_refused_where_the_policy_says_so() -> None:
    found = decide(held("old", "A>B"), ticket("one", "A>B"), ticket("two", "C>D"), limits=ONE, over="refuse")
    assert names(found.begin) == ["two"]
    assert found.wait == ()
    assert [(t.name, w.sentence) for t, w in found.refuse] == [
        ("one", "A has 1 of 1 live slots, held by old (run mine); B has 1 of 1 live slots, held by old (run mine)")
    ]


def test_a_move_that_costs_more_than_there_is_takes_all_of_it() -> None:
    dear = Limits(live=2, costs=Costs(live=Charge(live=9)))
    big, small = ticket("big", "A>B", limits=dear), ticket("small", "A>B", after=1)
    found = decide(big, small, limits=dear)
    assert [dict(t.costs) for t in found.begin] == [{"host:A.live": 2, "host:B.live": 2}]
    assert decide(held("old", "A>B"), big, limits=dear).begin == ()


def test_a_guest_that_another_run_moves_waits_and_nothing_is_kept_free_for_it() -> None:
    mine = ticket("web", "A>C", skips=99), ticket("db", "A>C", position=1)
    found = decide(held("web", "A>B", run=THEIRS), *mine, patience=1)
    assert names(found.begin) == ["db"]
    assert why(found) == {"web": "run theirs moves this guest"}
    assert found.wait[0][0].skips == 99


def test_a_guest_that_somebody_moves_without_ferry_waits() -> None:
    stranger = Foreign(guest=GuestId("web"), name="web", source=HostName("A"), destination=None)
    found = decide(ticket("web", "A>C"), foreign=[stranger])
    assert why(found) == {"web": "a migration that ferry did not start moves this guest"}


def test_of_two_runs_that_wait_for_one_guest_the_first_begins() -> None:
    first, second = ticket("web", "A>B"), ticket("web", "A>C", run=THEIRS, after=1)
    assert names(decide(first, second).begin) == ["web"]
    other = admit(ledger(first, second), THEIRS, allowed(TWO))
    assert why(other) == {"web": "run mine moves this guest"}


def test_a_hindrance_is_asked_with_what_holds_by_then() -> None:
    asked: list[tuple[str, list[str]]] = []

    def narrow(one: Ticket, holding: list[Ticket]) -> Waits | None:
        asked.append((one.name, [t.name for t in holding]))
        return Waits(cause=Cause.FLOOR, detail="too little would be left") if len(holding) >= 2 else None

    found = decide(held("old", "A>B"), ticket("one", "C>D"), ticket("two", "E>F", after=1), hindrance=narrow)
    assert asked == [("one", ["old"]), ("two", ["old", "one"])]
    assert names(found.begin) == ["one"]
    assert why(found) == {"two": "too little would be left"}


def test_what_is_held_up_from_outside_keeps_nothing_free() -> None:
    def silent(one: Ticket, _holding: list[Ticket]) -> Waits | None:
        return Waits(cause=Cause.SILENT, detail="A does not answer") if one.source == "A" else None

    found = decide(ticket("head", "A>C", skips=99), ticket("next", "C>D", after=1), limits=ONE, hindrance=silent)
    assert names(found.begin) == ["next"]
    assert why(found) == {"head": "A does not answer"}


def test_many_holders_are_counted_and_not_listed() -> None:
    many = [held(f"g{n}", "A>B", run=RunId(f"r{n}")) for n in range(6)]
    found = decide(*many, ticket("new", "A>C"), limits=Limits(live=6))
    assert why(found)["new"].endswith("held by g0 (run r0), g1 (run r1), g2 (run r2), g3 (run r3) and 2 more")
