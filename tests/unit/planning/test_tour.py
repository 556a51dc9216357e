"""A canary takes every way once and comes home, whatever is closed to it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.canary import Way
from orchestrator.model.host import HostName
from orchestrator.planning.tour import next_stop, tour, ways

HOSTS = [HostName(f"kvm{number:02}") for number in range(1, 10)]
A, B, C, D = HOSTS[:4]


@given(st.integers(min_value=1, max_value=9), st.randoms())
def test_every_ordered_pair_exactly_once_and_home_again(number, random) -> None:
    hosts = random.sample(HOSTS, number)
    stops = tour(hosts)
    taken = list(pairwise(stops))
    assert sorted(taken) == sorted(ways(hosts))
    assert len(taken) == number * (number - 1)
    assert stops[0] == stops[-1] == hosts[0]


def test_a_visit_is_returned_at_once() -> None:
    assert tour([A, B, C]) == (A, B, C, B, A, C, A)


def wander(hosts: list[HostName], shut: frozenset[Way]) -> tuple[list[Way], list[Way], HostName]:
    """What a canary tries and takes where these ways are closed, and where it ends."""
    here, tried, closed = hosts[0], [], []
    taken: list[Way] = []
    while (there := next_stop(hosts, here, hosts[0], {*tried}, {*closed})) is not None:
        tried.append((here, there))
        if (here, there) in shut:
            closed.append((here, there))
        else:
            taken.append((here, there))
            here = there
        assert len(tried) < 1000, "it goes round and round"
    return tried, taken, here


def reached(start: HostName, open_ways: set[Way]) -> set[HostName]:
    """Every host that can be got to."""
    found = {start}
    while more := {there for here, there in open_ways if here in found} - found:
        found |= more
    return found


@given(st.data())
def test_whatever_is_closed_all_that_can_be_reached_is_tried(data) -> None:
    hosts = HOSTS[: data.draw(st.integers(min_value=2, max_value=5))]
    shut = data.draw(st.frozensets(st.sampled_from(ways(hosts)), max_size=12))
    tried, taken, end = wander(hosts, shut)
    open_ways = set(ways(hosts)) - shut
    assert len([way for way in tried if way in shut]) == len({*tried} & shut), "a closed way is knocked at once"
    assert set(taken) == {*tried} - shut
    # Where one way only leads in, what lies behind it keeps the canary: then the rest stays untried.
    if all(hosts[0] in reached(host, open_ways) for host in reached(hosts[0], open_ways)):
        assert {*tried} == {way for way in ways(hosts) if way[0] in reached(hosts[0], open_ways)}
        assert end == hosts[0]


def test_one_closed_way_is_gone_round() -> None:
    tried, taken, end = wander([A, B, C], frozenset({(A, B)}))
    assert {*tried} == {*ways([A, B, C])} and end == A
    assert (A, B) not in taken


def test_a_canary_that_cannot_leave_stays() -> None:
    tried, taken, end = wander([A, B, C], frozenset({(A, B), (A, C)}))
    assert (sorted(tried), taken, end) == ([(A, B), (A, C)], [], A)


def test_a_host_that_lets_nobody_out_keeps_the_canary() -> None:
    _, taken, end = wander([A, B, C, D], frozenset({(B, A), (B, C), (B, D)}))
    assert end == B and taken[-1][1] == B
