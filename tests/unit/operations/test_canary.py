"""A canary takes every way, goes round what is blocked, and says where it is when the tour ends early."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any, cast

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.canary import Canary, Tour
from orchestrator.model.entry import Closed
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Power
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.operations import canary
from orchestrator.operations.canary import prepare, travel
from orchestrator.operations.doors import Doors
from orchestrator.planning.tour import ways
from orchestrator.ports import Survey
from orchestrator.simulator.world import Fault
from tests.scenarios.simulated import WHO, A, B, Bench, C, guest_id
from tests.unit.checks import builders

BIRD = Canary(guest=guest_id(1), name="guest-01", hosts=(A, B, C))


class Site:
    """A simulated cluster with one small guest; `closed`: ways that pre-flight blocks."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, bench: Bench | None = None) -> None:
        self.bench = bench or Bench()
        self.bench.guest(1)
        self.closed: dict[tuple[str, str], Plan] = {}
        self.asked: list[tuple[str, str]] = []
        self.failed: list[OrchestratorError] = []
        self.stop = Stop()
        monkeypatch.setattr(canary, "propose", self.propose)

    def propose(self, _doors: Doors, request: MoveRequest, *, soon: bool) -> Plan:
        """A plan of one move, as long as the guest is where the request says."""
        assert soon
        (name,), to = request.guests, request.to
        here, _, _ = name.partition("/")
        self.asked.append((here, str(to)))
        if (here, to) in self.closed:
            return self.closed[here, str(to)]
        assert to is not None
        return Plan(moves=(self.bench.move(guest_id(1), to, cast(Any, here)),), findings=())

    def block(self, here: str, there: str, exit_code: int = 4) -> None:
        """Have pre-flight refuse this way."""
        found = Finding(
            check="memory", severity=Severity.BLOCKER, guest="guest-01", source=cast(Any, here),
            destination=cast(Any, there), saw="it is full", fix="", exit_code=exit_code,
        )  # fmt: skip
        self.closed[here, there] = Plan(moves=(), findings=(found,))

    def tour(self) -> Tour:
        """Send it round."""
        names: Iterator[int] = count(1)
        doors = replace(self.bench.doors(), new_run_name=lambda: f"run-{next(names)}")
        return travel(doors, BIRD, WHO, (), self.stop, self.failed.append)


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Site:
    """Three hosts."""
    return Site(monkeypatch)


def taken(tour: Tour) -> list[tuple[str, str]]:
    """The ways that were passed, in their order."""
    return [(leg.source, leg.destination) for leg in tour.legs if leg.outcome == "migrated"]


def test_every_way_once_each_a_run_of_its_own_and_home_again(site: Site) -> None:
    tour = site.tour()
    assert sorted(taken(tour)) == sorted(ways((A, B, C)))
    assert (tour.where, tour.untried, tour.stopped) == (A, (), "")
    assert site.bench.world.active(guest_id(1)) == [A]
    assert len({leg.run for leg in tour.legs}) == 6 and not any(leg.again for leg in tour.legs)
    assert all(leg.duration_ms and leg.downtime_ms is not None and leg.blackout_ms is not None for leg in tour.legs)
    closed = [e.entry for run in site.bench.store.runs() for e in site.bench.store.entries(run.id)]
    assert closed.count(Closed(exit_code=0)) == 6


def test_a_blocked_way_is_noted_and_gone_round(site: Site) -> None:
    site.block(A, B)
    tour = site.tour()
    blocked = [leg for leg in tour.legs if leg.outcome == "blocked"]
    assert [(leg.source, leg.destination, leg.because, leg.run) for leg in blocked] == [
        (A, B, "memory: it is full", None)
    ]
    assert blocked[0].exit_code == 1
    assert {*taken(tour)} == {*ways((A, B, C))} - {(A, B)}
    assert (tour.where, tour.untried, tour.stopped) == (A, (), "")
    assert site.asked.count((A, B)) == 1
    assert [leg.again for leg in tour.legs].count(True) == len(tour.legs) - 6, "what it takes to get to B and home"


def test_a_host_that_lets_nobody_out_ends_the_tour_there(site: Site) -> None:
    for there in (A, C):
        site.block(B, there)
    tour = site.tour()
    assert tour.where == B and "kvm02" in tour.stopped
    assert {*tour.untried} == {(A, C), (C, A), (C, B)}
    assert site.bench.world.active(guest_id(1)) == [B]


def test_an_alarm_is_no_blocked_way(site: Site) -> None:
    site.block(B, C, exit_code=7)
    tour = site.tour()
    assert [leg.exit_code for leg in tour.legs] == [0, 7]
    assert tour.where == B and tour.stopped


def test_a_move_that_ends_otherwise_ends_the_tour(monkeypatch: pytest.MonkeyPatch) -> None:
    site = Site(monkeypatch, Bench(fault=Fault(breaks_after=2.0)))
    tour = site.tour()
    (leg,) = tour.legs
    assert (leg.outcome, leg.exit_code, tour.where) == ("kept", 1, A)
    assert len(tour.untried) == 5 and "kept" in tour.stopped


def test_an_order_ends_the_tour_after_the_move_that_goes_on(site: Site) -> None:
    begin = site.bench.world.begin

    def ordered(*args: Any, **more: Any) -> str | None:
        site.stop.more("Ctrl-C")
        return begin(*args, **more)

    site.bench.world.begin = ordered  # type: ignore[method-assign]
    tour = site.tour()
    assert taken(tour) == [(A, B)]
    assert tour.where == B and "Ctrl-C" in tour.stopped


def test_an_error_on_the_way_is_told_with_what_was_done_before(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    propose = site.propose

    def fails(doors: Doors, request: MoveRequest, *, soon: bool) -> Plan:
        if request.to == C:
            raise OrchestratorError.of("host.unreachable", "kvm02 is silent")
        return propose(doors, request, soon=soon)

    monkeypatch.setattr(canary, "propose", fails)
    tour = site.tour()
    assert taken(tour) == [(A, B)] and tour.where == B
    assert [error.exit_code for error in site.failed] == [6] and "kvm02 is silent" in tour.stopped


def test_nobody_knows_where_it_is_when_a_run_could_not_be_followed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_given: object) -> None:
        raise OrchestratorError.of("store.fence-lost", "taken over")

    monkeypatch.setattr(canary, "apply", fails)
    tour = site.tour()
    assert (tour.where, tour.legs) == (None, ()) and site.failed


def doors(*hosts: Any) -> Doors:
    """Doors to hosts of which only this is known."""

    class Seen:
        def facts(self, _ask: object, *, within: float) -> Facts:
            return Facts(hosts={host.name: host for host in hosts} | {C: Unknown(why="silence")})

    return replace(Bench().doors(), survey=lambda: cast(Survey, Seen()))


def test_the_hosts_chosen_and_its_own() -> None:
    bird = builders.guest("bird", power=Power.RUNNING)
    known = doors(builders.host(A), builders.host(B, bird))
    assert prepare(known, "bird").hosts == (B, A, C)
    assert prepare(known, "bird", (C,)).hosts == (B, C)
    with pytest.raises(OrchestratorError, match=r"usage\.same-host"):
        prepare(known, "bird", (B,))
    with pytest.raises(OrchestratorError, match=r"usage\.unknown-host"):
        prepare(known, "bird", (cast(Any, "kvm99"),))
