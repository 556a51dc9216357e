"""How moves divide a network."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.limits.foreign import Foreign
from orchestrator.limits.shares import MIB, Budget, Flow, budget, flow, flows, room, share
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.units import BytesPerSecond
from tests.unit.limits.tickets import held, ticket

A, B, C = HostName("A"), HostName("B"), HostName("C")


def line(name: str, *ends: str, network: str = "migration") -> Flow:
    return Flow(guest=GuestId(name), network=network, ends=tuple(map(HostName, ends)), order=(name,))


def caps(among: list[Flow], whole: dict[str, int | None], *, part: bool = False) -> dict[str, int | None]:
    """MiB/s of each. part: the network carries more."""

    def budgets(_network: str, host: HostName) -> Budget | None:
        own = whole.get(host)
        return None if own is None else Budget(whole=own, part=part)

    found = {f.guest: share(f.guest, among, budgets) for f in among}
    return {guest: None if rate is None else rate // MIB for guest, rate in found.items()}


def test_half_of_400_mbit_for_three() -> None:
    whole = budget(BytesPerSecond.parse("400Mbit"), percent=50)
    assert whole == Budget(whole=24, part=True)  # 23.84, rounded to nearest
    three = [line(name, "A", "B") for name in ("one", "two", "three")]
    assert caps(three, {"A": 24, "B": 24}) == {"one": 8, "two": 8, "three": 8}
    # Where the link carries more, QEMU sends more than its limits: 23.4 MiB/s of these 22.
    assert caps(three, {"A": 24, "B": 24}, part=True) == {"one": 8, "two": 7, "three": 7}
    assert caps(three[:2], {"A": 24, "B": 24}, part=True) == {"one": 12, "two": 11}
    assert caps(three[:1], {"A": 24, "B": 24}, part=True) == {"one": 23}
    assert caps(three, {"A": 2, "B": 2}, part=True) == {"one": 1, "two": 1, "three": 1}


def test_what_does_not_divide_evenly_goes_round_where_it_is_much() -> None:
    three = [line(name, "A", "B") for name in ("one", "two", "three")]

    def dealt(whole: int, turn: int) -> list[int]:
        found = [share(f.guest, three, lambda _n, _h: Budget(whole=whole, part=False), turn) or 0 for f in three]
        return [rate // MIB for rate in found]

    order = [dealt(22, turn) for turn in range(3)]
    assert [sum(each) for each in order] == [22] * 3
    assert [sum(mine) for mine in zip(*order, strict=True)] == [22] * 3
    assert len({tuple(dealt(100, turn)) for turn in range(3)}) == 1, "one in 33 is not worth telling QEMU of"


def test_what_is_left_over_goes_to_the_first() -> None:
    four = [line(name, "A", "B") for name in "abcd"]
    assert caps(four, {"A": 10, "B": 10}) == {"a": 3, "b": 3, "c": 2, "d": 2}


def test_the_narrower_end_counts() -> None:
    among = [line("one", "A", "B"), line("two", "C", "B")]
    assert caps(among, {"A": 30, "B": 20, "C": 4}) == {"one": 10, "two": 4}
    assert caps(among, {"A": 30, "C": 4}) == {"one": 30, "two": 4}
    assert caps(among, {}) == {"one": None, "two": None}


def test_networks_do_not_disturb_each_other() -> None:
    among = [line("one", "A", "B"), line("two", "A", "B", network="other")]
    assert caps(among, {"A": 20, "B": 20}) == {"one": 20, "two": 20}


def test_who_takes_part() -> None:
    stranger = Foreign(guest=GuestId("db"), name="db", source=A, destination=None)
    found = flows([held("one", "A>B"), ticket("two", "A>B"), held("three", "A>A")], [stranger], "migration")
    assert [(f.guest, f.ends) for f in found] == [("one", (A, B)), ("three", (A,)), ("db", (A,))]
    assert sorted(found, key=lambda f: f.order)[-1].guest == "db"  # whose cap nobody sets gets nothing of the rest


def test_an_end_that_a_person_released_takes_nothing() -> None:
    assert flow(held("one", "A>B", released={B: "it burnt"})).ends == (A,)


@pytest.mark.parametrize(
    ("interfaces", "smb_factor", "percent", "mib"),
    [((1250, 1250), 2500, None, 596), ((1250,), 10_000, 10, 119), ((), 2500, None, 1192), ((125, 125), 5000, 100, 119)],
)
def test_hyper_vs_factor_counts_all_interfaces_and_the_smaller_counts(interfaces, smb_factor, percent, mib) -> None:
    speeds = [BytesPerSecond(speed * 10**6) for speed in interfaces]
    found = budget(BytesPerSecond.parse("10Gbit"), percent=percent, smb_factor=smb_factor, interfaces=speeds)
    assert found is not None and found.whole == mib


def test_a_guard_takes_from_it() -> None:
    rate = BytesPerSecond(100 * MIB)
    left = [budget(rate, factor=Fraction(1, n)) for n in (1, 2, 4)]
    assert left == [Budget(whole=100, part=False), Budget(whole=50, part=True), Budget(whole=25, part=True)]
    assert budget(BytesPerSecond(MIB), factor=Fraction(1, 4)) == Budget(whole=1, part=True)
    assert budget(None) is None


def test_room_for_one_more() -> None:
    floor = 30 * MIB
    running = [line("one", "A", "B")]

    def carries(_network: str, host: HostName) -> Budget | None:
        whole = {A: 60, B: 59, C: 10}.get(host)
        return None if whole is None else Budget(whole=whole, part=True)

    assert room(line("two", "A"), running, carries, lambda _end: floor) is None
    assert room(line("two", "A", "B"), running, carries, lambda _end: floor) == B
    assert room(line("two", "C"), [], carries, lambda _end: floor) is None, "one move is always admitted"
    assert room(line("two", "A", "B", network="other"), running, carries, lambda _end: floor) is None
    assert room(line("two", "X"), [line("one", "X")], carries, lambda _end: floor) is None, (
        "nobody knows what X carries"
    )


def test_a_gigabit_has_room_for_four_at_a_floor_of_250_mbit() -> None:
    whole = budget(BytesPerSecond.parse("1Gbit"))
    floor = BytesPerSecond.parse("250Mbit")
    among = [line(name, "A") for name in "abc"]
    assert room(line("d", "A"), among, lambda _n, _h: whole, lambda _end: floor) is None
    assert room(line("e", "A"), [*among, line("d", "A")], lambda _n, _h: whole, lambda _end: floor) == A


HOSTS = st.sampled_from("ABCD")


@given(
    st.dictionaries(st.text(min_size=1), st.tuples(HOSTS, HOSTS).filter(lambda two: two[0] != two[1]), min_size=1),
    st.dictionaries(HOSTS, st.integers(1, 500)),
)
def test_a_budget_is_never_exceeded_and_dealt_evenly(ways: dict[str, tuple[str, str]], whole: dict[str, int]) -> None:
    among = [line(name, *ends) for name, ends in ways.items()]
    rates = caps(among, dict(whole))
    for host, limit in whole.items():
        there = [rates[name] for name, ends in ways.items() if host in ends]
        assert sum(rate or 0 for rate in there) <= max(limit, len(there))  # 1 MiB/s is the least that libvirt takes
    for rate, ends in ((rates[name], ends) for name, ends in ways.items()):
        assert (rate is None) == (not set(ends) & whole.keys())
        assert rate is None or rate >= 1


@given(st.integers(1, 60), st.integers(1, 2000))
def test_moves_between_the_same_hosts_get_all_of_it_and_differ_by_one_at_most(count: int, whole: int) -> None:
    rates = [rate or 0 for rate in caps([line(f"{n:02}", "A", "B") for n in range(count)], {"A": whole}).values()]
    assert max(rates) - min(rates) <= 1
    assert sum(rates) == max(whole, count)
