"""Orders folded over the policy."""

from orchestrator.migration.terms import Level, sharing, terms
from orchestrator.model.entry import Ordered
from orchestrator.model.order import Change
from orchestrator.model.policy import Policy
from orchestrator.model.units import BytesPerSecond, Milliseconds
from tests.unit.migration import scenes as s

POLICY = Policy(name="p", downtime_budget=Milliseconds(400), bandwidth=BytesPerSecond(10**8))


def folded(*ordered: Ordered):
    return terms(POLICY, ordered, s.GUEST)


def change(**more) -> Ordered:
    return Ordered(order="set", by="ada", change=Change(**more))


def test_without_orders_the_policy_holds() -> None:
    now = folded()
    assert (now.downtime_ms, now.max_duration_ms, now.bandwidth_bytes_per_second) == (400, 7_200_000, 10**8)
    assert now.level is Level.GO


def test_the_last_change_counts_and_keeps_what_it_does_not_name() -> None:
    now = folded(change(downtime_ms=200, max_duration_ms=1000), change(downtime_ms=300))
    assert (now.downtime_ms, now.max_duration_ms) == (300, 1000)


def test_a_cap_can_be_taken_away() -> None:
    assert folded(change(bandwidth_bytes_per_second=0)).bandwidth_bytes_per_second is None


def test_the_furthest_order_to_stop_counts_and_never_lapses() -> None:
    now = folded(Ordered(order="abort", by="ada"), Ordered(order="stop", by="bob"))
    assert (now.level, now.by) == (Level.ABORT, "ada")


def test_what_concerns_another_guest_does_not_count() -> None:
    other = Ordered(order="abort", by="ada", guest="other")
    mine = Ordered(order="abort", by="ada", guest=s.GUEST)
    assert folded(other).level is Level.GO
    assert folded(mine).level is Level.ABORT


def test_nor_what_was_refused() -> None:
    assert folded(Ordered(order="abort", by="ada", refused="too late")).level is Level.GO


def test_a_choice_and_a_switch_stay_once_they_are_made() -> None:
    now = folded(change(postcopy=True), Ordered(order="resolve", by="ada", keep="source"), change(downtime_ms=100))
    assert (now.postcopy_now, now.keep) == (True, "source")


def test_a_share_lowers_both_halves_and_raises_none() -> None:
    asked = folded(change(bandwidth_bytes_per_second=5_000_000))
    shared = sharing(asked, 8_000_000, "its part")
    assert (shared.bandwidth_bytes_per_second, shared.postcopy_bandwidth_bytes_per_second) == (5_000_000, 8_000_000)
    assert sharing(folded(), 8_000_000).bandwidth_bytes_per_second == 8_000_000
    assert sharing(asked, None) == asked
