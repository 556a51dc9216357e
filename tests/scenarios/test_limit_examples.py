"""The worked examples of limits as whole runs: every move is a command of its own, over one store and simulated hosts.

The rows, and what becomes of each move, are those of the ledger's own test. A row with disks that move by themselves is
decided by the ledger only, until ferry can do that.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.limits.costs import Kind, bill
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.ledger import Standing, Ticket
from orchestrator.model.move import Move, State
from orchestrator.model.offer import Offers
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Convergence, Policy
from orchestrator.model.report import RunReport
from orchestrator.model.settings import Settings
from orchestrator.model.units import BytesPerSecond, Milliseconds
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.simulator.clock import SimLoop
from tests.scenarios.simulated import MIB, WHO, Bench
from tests.unit.limits.examples import EXAMPLES, Asked, Example
from tests.unit.limits.test_examples import Table, capacity_of, limits_of, shipped

ASKS_EVERY, FIRST_END, ENDS_EVERY = 3, 60, 50  # seconds: of the commands, and of the moves that a row has end
SPEED = MIB  # bytes per second of every move, far below what its link gives: so that it ends when the row says so
LINK = 100 * 2**30
RUNS_THROUGH = [example for example in EXAMPLES if not example.ledger_only]


@pytest.mark.parametrize("example", RUNS_THROUGH, ids=lambda e: e.id)
def test_what_becomes_of_what_is_asked(example: Example) -> None:
    site = Site(example)
    site.at(FIRST_END - 10, lambda: check_what_became(site))
    for number, (ended, begin) in enumerate(example.then):
        due = FIRST_END + number * ENDS_EVERY
        site.at(due - 3, site.remember)
        site.at(due + 25, lambda ended=ended, begin=begin: check_what_began(site, ended, begin))
    reports = site.run()
    assert site.checks == 1 + len(example.then)
    ends = {one.move.name: one.state for report in reports for one in report.moves}
    refused = {name for name, becomes in example.becomes.items() if becomes == "refused"}
    assert ends == {one.name: State.KEPT if one.name in refused else State.MIGRATED for one in site.asked}
    assert site.looks > 50, "the limits were looked after while moves ran"


def check_what_became(site: "Site") -> None:
    site.checks += 1
    example, tickets = site.example, site.tickets()
    waits = {name for name, t in tickets.items() if t.standing is Standing.WAITING}
    became = {one.name: "waits" if one.name in waits else "runs" for one in example.asked if one.name in tickets}
    became |= {one.name: "refused" for one in example.asked if one.name not in tickets}
    assert became == example.becomes
    alone = Table(example)
    for one in example.asked:
        alone.ask(one)
    for name in example.for_want_of:
        for short in alone.why[name].short:
            assert short.amount in tickets[name].waits


def check_what_began(site: "Site", ended: str, begin: tuple[str, ...]) -> None:
    site.checks += 1
    assert ended not in site.holding()
    assert (ended, site.holding() - site.held) == (ended, set(begin))


class OneLoop(SimLoop):
    """Simulated time for several processes."""

    def next(self) -> None:
        """The next step of any of them."""
        at, turn, key = heapq.heappop(self._due)
        if self._turn.get(key) != turn:
            return
        self._clock.advance_to(at)
        seconds = self._steps[key]()
        if seconds is None:
            del self._steps[key], self._turn[key]
        elif self._turn[key] == turn:
            self._schedule(key, seconds)

    def later(self, key: str, seconds: float, step: Callable[[], None]) -> None:
        """Call it once, then."""
        self._steps[key] = step
        self._schedule(key, seconds)


class Process:
    """The loop of one of them: it runs until its own steps are over, and lets the others go on meanwhile."""

    def __init__(self, name: str, loop: OneLoop) -> None:
        self._name = name
        self._loop = loop
        self._mine: set[str] = set()

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        def watched() -> float | None:
            seconds = step()
            if seconds is None:
                self._mine.discard(key)
            return seconds

        self._mine.add(key)
        self._loop.add(f"{self._name} {key}", watched)

    def poke(self, key: str) -> None:
        self._loop.poke(f"{self._name} {key}")

    def run(self) -> None:
        while self._mine:
            self._loop.next()


class Site:
    """Hosts, guests and commands of one row."""

    def __init__(self, example: Example) -> None:
        self.example = example
        self.asked = (*example.running, *example.asked)
        names = sorted({end for one in self.asked for end in (one.source, one.destination)})
        self.bench = Bench(hosts=tuple(map(HostName, names)), rate=LINK)
        self.loop = OneLoop(self.bench.clock)
        self.capacity = capacity_of(example)
        self.guests: dict[GuestId, Asked] = {}
        self.held: set[str] = set()
        self.checks = self.looks = 0
        self.reports: list[RunReport] = []
        self._doors: list[Doors] = [self.bench.doors() for _ in self.asked]

    def at(self, seconds: float, step: Callable[[], None]) -> None:
        self.loop.later(f"at {seconds} {step}", seconds, step)

    def run(self) -> list[RunReport]:
        """All commands, each at its time, until all are over."""
        for number, (one, begun, ends) in enumerate(self._times()):
            guest = self.bench.guest(number, HostName(one.source), memory=int((ends - begun) * SPEED))
            self.guests[guest] = one
            move = self._move(one, guest)
            self.at(number * ASKS_EVERY, lambda move=move, number=number: self._command(move, number))
        self.loop.add("limits", self._look_after)
        while len(self.reports) < len(self.asked):
            self.loop.next()
        return self.reports

    def _times(self) -> Iterator[tuple[Asked, float, float]]:
        """When each begins and ends, if all goes as the row says. What it says nothing of ends last."""
        due = {ended: FIRST_END + number * ENDS_EVERY for number, (ended, _) in enumerate(self.example.then)}
        begun = {name: due[ended] for ended, names in self.example.then for name in names}
        last = FIRST_END + (len(due) + 1) * ENDS_EVERY
        for number, one in enumerate(self.asked):
            begins = begun.get(one.name, number * ASKS_EVERY)
            yield one, begins, due.get(one.name, max(last, begins + ENDS_EVERY))

    def _move(self, one: Asked, guest: GuestId) -> Move:
        disks = ("vda",) if one.kind is Kind.LIVE_WITH_STORAGE else ()
        move = self.bench.move(guest, HostName(one.destination), HostName(one.source), disks=disks)
        slower = min(self.example.gbit.get(end, 10) for end in (one.source, one.destination))
        offers: Offers = replace(move.offers, link_bytes_per_second=BytesPerSecond(slower * 10**9 // 8))
        return replace(move, name=one.name, pools=one.pools, offers=offers)

    def _command(self, move: Move, number: int) -> None:
        doors = replace(
            self._doors[number],
            settings=self._settings(self._doors[number].settings),
            loop=lambda: Process(f"p{number}", self.loop),
            lives=lambda _holder: True,
        )
        self.reports.append(apply(doors, Plan(moves=(move,), findings=()), WHO, (), Stop()))

    def _settings(self, settings: Settings) -> Settings:
        policy: Policy = replace(
            shipped(self.example.policy),
            limits=limits_of(self.example),
            bandwidth=BytesPerSecond(SPEED),
            max_duration=Milliseconds.parse("1d"),
            transport="tcp",
            convergence=Convergence(measure="never", restart=False),
        )
        hosts = [_override(Layer.HOST, h, "limits", **own) for h, own in self.example.at_host.items()]
        guests = [_override(Layer.GUESTS, one.name, priority=one.priority) for one in self.asked]
        return replace(settings, policy=policy, overrides=(*hosts, *guests))

    def tickets(self) -> dict[str, Ticket]:
        return {t.name: t for t in self.bench.store.ledger().tickets}

    def holding(self) -> set[str]:
        return {name for name, t in self.tickets().items() if t.standing is Standing.HOLDING}

    def remember(self) -> None:
        self.held = self.holding()

    def _look_after(self) -> float:
        """What the hosts themselves show never exceeds what there is."""
        self.looks += 1
        used: Counter[str] = Counter()
        for guest, flight in self.bench.world.flights.items():
            one = self.guests[guest]
            ends = {"source": flight.source, "destination": flight.destination}
            used.update(bill(one.kind, limits_of(self.example), **ends, network="migration", pools=one.pools))
        for resource, amount in used.items():
            most = self.capacity(resource)
            assert most is None or amount <= most, f"{resource} has {amount} of {most}"
        return 0.5


def _override(layer: Layer, name: str, *path: str, **values: Any) -> Override:
    return Override(
        layer=layer,
        name=name,
        settings=tuple(Setting(path=(*path, key), value=value, layer=layer, of=name) for key, value in values.items()),
    )
