"""After a move its verdict says what held the copy back, in the simulator: a cap, the link, the guest itself."""

from dataclasses import replace

import pytest

from orchestrator.model.bottleneck import Bottleneck, Limiting
from orchestrator.model.policy import Convergence
from orchestrator.model.units import BytesPerSecond
from orchestrator.simulator.kill import Killed, Killer
from tests.scenarios.simulated import LINK, MIB, Bench

CAP = 6_250_000  # 50 Mbit/s


def told(bench: Bench, *, memory: int, dirty: float = 0.0, known: float | None = None, **transport) -> Bottleneck:
    move = bench.move(bench.guest(1, memory=memory, dirty=dirty), **transport)
    offers = replace(move.offers, link_bytes_per_second=None if known is None else round(known))
    (report,) = bench.apply(replace(move, offers=offers)).moves
    assert report.outcome is not None
    assert report.outcome.bottleneck is not None
    return report.outcome.bottleneck


def capped(rate: int) -> Bench:
    bench = Bench(max_duration="2h")
    return replace(bench, policy=replace(bench.policy, bandwidth=BytesPerSecond(rate)))


def test_a_cap() -> None:
    said = told(capped(CAP), memory=256 * MIB, known=LINK, bandwidth_bytes_per_second=CAP)
    assert said.limiting is Limiting.CAP, said.evidence
    assert "50Mbit/s" in said.evidence
    assert "`bandwidth`" in said.advice
    assert said.worth_saying


def test_a_cap_under_which_a_busy_guest_does_not_end_is_told_as_the_cap() -> None:
    bench = capped(CAP)
    bench.max_duration = "3m"
    said = told(bench, memory=256 * MIB, dirty=CAP, known=LINK, bandwidth_bytes_per_second=CAP)
    assert said.limiting is Limiting.CAP, said.evidence


@pytest.mark.parametrize("rate", [12.5e6, LINK], ids=["100 Mbit/s", "50 MiB/s"])
def test_a_slow_link(rate: float) -> None:
    said = told(Bench(rate=rate), memory=1024 * MIB, known=rate)
    assert said.limiting is Limiting.LINK, said.evidence
    assert said.worth_saying


def test_two_moves_that_share_a_link_are_held_back_by_their_shares() -> None:
    bench = Bench(rate=2 * LINK)
    moves = [bench.move(bench.guest(number, memory=1024 * MIB)) for number in (1, 2)]
    offers = replace(moves[0].offers, link_bytes_per_second=2 * LINK)
    found = [one.outcome.bottleneck for one in bench.apply(*(replace(m, offers=offers) for m in moves)).moves]
    assert [one.limiting for one in found] == [Limiting.CAP] * 2, found
    assert found[0].advice == "let fewer guests move over network migration at the same time, or raise its `share`"


def test_a_link_of_which_nothing_is_known() -> None:
    bench = Bench(rate=12.5e6)
    bench.policy = replace(bench.policy, convergence=Convergence(measure="never"))
    said = told(bench, memory=256 * MIB)
    assert said.limiting is Limiting.UNKNOWN
    assert said.advice == "to have it measured: ferry network test kvm01 kvm02"


def test_nobody_measured_beforehand_and_one_look_would_have() -> None:
    """What ferry has measured for the choice of a transport is known here too."""
    assert told(Bench(rate=12.5e6), memory=256 * MIB).limiting is Limiting.LINK


def test_a_busy_guest() -> None:
    said = told(Bench(max_duration="60s"), memory=256 * MIB, dirty=LINK, known=LINK)
    assert said.limiting is Limiting.DIRTY_RATE, said.evidence
    assert "postcopy" in said.advice


def test_a_run_taken_over_knows_what_the_first_process_saw() -> None:
    bench = capped(CAP)
    move = bench.move(bench.guest(1, memory=256 * MIB), bandwidth_bytes_per_second=CAP)
    with pytest.raises(Killed):
        bench.apply(move, killer=Killer(before=frozenset({200})))
    (report,) = bench.resume()
    outcome = report.moves[0].outcome
    assert outcome is not None
    assert outcome.bottleneck is not None
    assert outcome.bottleneck.limiting is Limiting.CAP
    assert outcome.bottleneck.copied_ms > 30_000, "the samples of both processes count"
