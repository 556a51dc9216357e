"""What holds of admission whatever is asked: no limit is exceeded, and nobody waits for ever."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator.limits.admission import PRIORITIES, admit
from orchestrator.limits.costs import Kind, capacities
from orchestrator.model.host import HostName
from orchestrator.model.ledger import Ledger, Standing, Ticket
from orchestrator.model.policy import Charge, Costs, Limits
from orchestrator.model.run import RunId
from tests.unit.limits.tickets import ticket

HOSTS = "ABCDE"
COUNT = st.none() | st.integers(1, 3)
CHARGES = st.builds(
    Charge,
    live=st.integers(0, 2),
    storage=st.integers(0, 2),
    incoming=st.integers(0, 1),
    outgoing=st.integers(0, 1),
    network=st.integers(0, 2),
    units=st.integers(0, 4),
    total=st.integers(0, 1),
)
LIMITS = st.builds(
    Limits,
    live=st.integers(1, 3),
    storage=st.integers(1, 3),
    incoming=COUNT,
    outgoing=COUNT,
    units=st.none() | st.integers(1, 8),
    network=COUNT,
    total=COUNT,
    costs=st.builds(Costs, live=CHARGES, live_with_storage=CHARGES),
    patience=st.integers(0, 5),
)
FEWER = settings(max_examples=40)  # each is a whole run of decisions
WAYS = st.tuples(st.sampled_from(HOSTS), st.sampled_from(HOSTS)).filter(lambda two: two[0] != two[1])
ASKED = st.tuples(
    WAYS,
    st.sampled_from([Kind.LIVE, Kind.LIVE_WITH_STORAGE]),
    st.sampled_from(list(PRIORITIES.values())),
    st.integers(0, 3),  # which run asks
    st.integers(0, 20),  # after how many decisions
)


class Crowd:
    """Several runs over one ledger; each decides in turn, and a move ends when it is told to."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.capacity = capacities(limits, lambda _host: limits, lambda _network, _host: None)
        self.tickets: dict[str, Ticket] = {}
        self.begun: list[str] = []

    def ask(self, name: str, way: tuple[str, str], kind: Kind, priority: int, run: int, after: int) -> None:
        self.tickets[name] = ticket(
            name, ">".join(way), limits=self.limits, kind=kind, priority=priority, run=RunId(f"r{run}"), after=after
        )

    def decide(self) -> None:
        for run in sorted({t.run for t in self.tickets.values()}):
            ledger = Ledger(version=1, tickets=tuple(self.tickets.values()))
            found = admit(ledger, run, self.capacity, patience=self.limits.patience)
            self.begun += [t.name for t in found.begin]
            for booked in (*found.begin, *(t for t, _ in found.wait), *found.aged):
                self.tickets[booked.name] = booked
            self.never_too_much()

    def never_too_much(self) -> None:
        used: Counter[str] = Counter()
        for one in self.holding():
            used.update(one.costs)
        for resource, amount in used.items():
            limit = self.capacity(resource)
            assert limit is None or amount <= limit, resource

    def holding(self) -> Iterator[Ticket]:
        return (t for t in self.tickets.values() if t.standing is Standing.HOLDING)

    def end_oldest(self) -> None:
        """The one that began first is over."""
        running = sorted(self.holding(), key=lambda t: self.begun.index(t.name))
        if running:
            del self.tickets[running[0].name]


@FEWER
@given(LIMITS, st.lists(ASKED, min_size=1, max_size=12))
def test_no_limit_is_exceeded_and_everybody_begins(limits: Limits, asked: list[tuple]) -> None:
    crowd = Crowd(limits)
    for now in range(21 + 3 * len(asked)):
        for number, (way, kind, priority, run, after) in enumerate(asked):
            if after == now:
                crowd.ask(f"g{number:02}", way, kind, priority, run, after)
        crowd.decide()
        crowd.end_oldest()
    assert sorted(crowd.begun) == sorted(f"g{number:02}" for number in range(len(asked)))
    assert crowd.tickets == {}


@FEWER
@given(st.integers(0, 6), st.integers(1, 2), st.sampled_from(list(PRIORITIES.values())))
def test_an_endless_stream_of_important_moves_starves_nobody(patience: int, live: int, priority: int) -> None:
    crowd = Crowd(Limits(live=live, patience=patience))
    crowd.ask("old", ("A", "B"), Kind.LIVE, PRIORITIES["high"], 0, 0)
    crowd.decide()
    crowd.ask("mine", ("B", "C"), Kind.LIVE, priority, 1, 1)
    for now in range(2, 30):
        # Always more of them than there are slots at C, and never a moment in which C has nothing to do.
        for number in range(live + 1):
            crowd.ask(f"{now}.{number}", ("D", "C"), Kind.LIVE, PRIORITIES["high"], 2, now)
        crowd.decide()
        crowd.end_oldest()
    assert "mine" in crowd.begun
    assert crowd.begun.index("mine") <= 3 * live + patience + 2


@FEWER
@given(LIMITS, st.lists(ASKED, min_size=1, max_size=12))
def test_a_free_host_is_never_idle_for_a_blocked_one(limits: Limits, asked: list[tuple]) -> None:
    """What alone would fit beside all that runs begins, unless room at its own resources is kept for somebody."""
    crowd = Crowd(replace(limits, patience=1000))
    for number, (way, kind, priority, run, after) in enumerate(asked):
        crowd.ask(f"g{number:02}", way, kind, priority, run, after)
    crowd.decide()
    used: Counter[str] = Counter()
    for one in crowd.holding():
        used.update(one.costs)
    for one in (t for t in crowd.tickets.values() if t.standing is Standing.WAITING):
        most = {resource: crowd.capacity(resource) for resource in one.costs}
        assert any(
            limit is not None and used[resource] + min(one.costs[resource], limit) > limit
            for resource, limit in most.items()
        ), HostName(one.source)
