"""How copies share links."""

import pytest

from orchestrator.simulator.link import Capacity, Demand, share
from tests.unit.simulator.stage import MIB, A, B, C, Stage, idle

LINKS = {host: Capacity(egress=100.0, ingress=100.0) for host in (A, B, C)}


def demand(source: str, destination: str, most: float = 1e9) -> Demand:
    return Demand(source=source, destination=destination, most=most)


@pytest.mark.parametrize(
    ("demands", "given"),
    [
        ([], []),
        ([demand(A, B)], [100]),
        ([demand(A, B, 30)], [30]),
        ([demand(A, B), demand(A, B)], [50, 50]),
        ([demand(A, B, 20), demand(A, C)], [20, 80]),
        ([demand(A, C), demand(B, C)], [50, 50]),
        ([demand(A, B), demand(B, A)], [100, 100]),
        ([demand(A, B), demand(A, C), demand(B, C, 10)], [50, 50, 10]),
        ([demand(A, B), demand(A, B), demand(A, C), demand(B, C)], [100 / 3, 100 / 3, 100 / 3, 200 / 3]),
    ],
)
def test_fair_shares(demands: list[Demand], given: list[float]) -> None:
    assert share(demands, LINKS) == pytest.approx(given)


def test_an_uneven_host_is_bound_by_its_narrow_side() -> None:
    links = LINKS | {B: Capacity(egress=100.0, ingress=7.0)}
    assert share([demand(A, B), demand(A, C)], links) == pytest.approx([7, 93])


@pytest.mark.parametrize("rate", [1e5, 1e8, 1e11])
def test_it_ends_for_links_of_any_size(rate: float) -> None:
    links = {host: Capacity(egress=rate, ingress=rate) for host in (A, B, C)}
    demands = [demand(A, B, rate / 7 * n + n / 3) for n in range(1, 8)]
    assert sum(share(demands, links)) == pytest.approx(rate)


def test_a_copy_that_ends_leaves_its_share_to_the_others() -> None:
    stage = Stage(rate=50e6)
    small, large = stage.guest(idle(64), 1), stage.guest(idle(256), 2)
    stage.begin(small)
    stage.begin(large)
    stage.finish(small)
    together = stage.clock.ticks()
    stage.finish(large)
    # 64 MiB of each in the first part, then the rest of the large one alone.
    assert together == pytest.approx(2 * 64 * MIB / 50e6 + 0.45, abs=0.05)
    assert stage.clock.ticks() - together == pytest.approx(192 * MIB / 50e6, abs=0.15)


def test_copies_between_other_hosts_do_not_disturb_each_other() -> None:
    stage = Stage(rate=50e6)
    here, there = stage.guest(idle(64), 1), stage.guest(idle(64), 2)
    stage.begin(here)
    stage.finish(here)
    alone = stage.clock.ticks()
    stage.begin(here, B, C)
    stage.begin(there, A, B)
    stage.finish(here)
    assert stage.clock.ticks() - alone == pytest.approx(alone, abs=0.05)
