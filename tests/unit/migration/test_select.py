"""What is measured before a move, and which way is taken then."""

from dataclasses import replace

import pytest

from orchestrator.migration.select import gauging, select
from orchestrator.migration.terms import Terms
from orchestrator.model.move import Move
from orchestrator.model.offer import Content, Crossing, DirtyRate, Feature, Gauging, Measurement
from orchestrator.model.policy import Rung
from orchestrator.model.transport import Method, Mode, Transport
from orchestrator.model.units import BytesPerSecond, Milliseconds
from orchestrator.model.unknown import Unknown
from tests.unit.migration.copying import MIB, Memory, policy, terms, the_move

F = Feature
MB = 1_000_000
OLD = (F.PARALLEL, F.XBZRLE, F.THROTTLE, F.POSTCOPY, F.POSTCOPY_RECOVERY, F.DIRTY_RATE)
NEW = (*OLD, F.ZLIB, F.ZSTD)
NOBODY = Crossing()
FAST = Crossing(bytes_per_second=1000 * MB)
SLOW = Crossing(bytes_per_second=50 * MB)
RUNG = Rung(then="abort", round=9)
ALL, RATES = Gauging(dirty=True, link=True, content=True), Gauging(dirty=True, link=True)


def measured(
    dirty: float, link: float = 50 * MB, *, compressed: float | None = None, delta: float | None = None
) -> Measurement:
    content = None
    if compressed is not None or delta is not None:
        shrunk = compressed or 1.0
        content = Content(pages=300, zero=0.0, compressed=shrunk, changed=0.1, delta=delta, changed_compressed=shrunk)
    return Measurement(
        dirty=DirtyRate(bytes_per_second=round(dirty), window_seconds=1.0),
        link_bytes_per_second=round(link),
        content=content,
    )


PAUSE = the_move(*NEW)
MODES = {mode: replace(PAUSE, transport=replace(PAUSE.transport, mode=mode)) for mode in Mode}
GAUGED = {
    "nothing is known": (the_move(*NEW), terms(), NOBODY, RATES),
    "quicker than a measurement": (the_move(*NEW), terms(), FAST, Gauging()),
    "a cap makes it slow": (the_move(*NEW), terms(bandwidth_bytes_per_second=50 * MB), FAST, RATES),
    "as long as it would have to save": (the_move(*NEW), terms(), Crossing(bytes_per_second=180 * MB), Gauging()),
    "a little longer": (the_move(*NEW), terms(), Crossing(bytes_per_second=178 * MB), RATES),
    "slow": (the_move(*NEW), terms(), SLOW, RATES),
    "always": (the_move(*NEW), terms(policy(measure="always")), FAST, RATES),
    "never": (the_move(*NEW), terms(policy(measure="never")), SLOW, Gauging()),
    "inside": (the_move(*NEW), terms(policy(look_inside=True)), SLOW, ALL),
    "nothing inside would matter": (the_move(F.PARALLEL, F.DIRTY_RATE), terms(policy(look_inside=True)), SLOW, RATES),
    "paused": (the_move(*NEW, paused=True), terms(), SLOW, Gauging()),
    "paused meanwhile": (MODES[Mode.PAUSE], terms(policy(measure="always")), SLOW, Gauging()),
    "its definition only": (MODES[Mode.OFFLINE], terms(), SLOW, Gauging()),
    "one way, and nothing to add": (the_move(F.DIRTY_RATE), terms(), SLOW, Gauging()),
    "one way, auto-converge to be decided on": (the_move(F.DIRTY_RATE, F.THROTTLE), terms(), SLOW, RATES),
    "a way by name": (the_move(*NEW), terms(policy(transport="tcp", throttle="off")), SLOW, Gauging()),
    "a ladder": (the_move(*NEW), terms(policy(ladder=(RUNG,))), SLOW, Gauging()),
    "no dirty rate here": (the_move(F.PARALLEL), terms(), SLOW, Gauging(link=True)),
}  # fmt: skip


@pytest.mark.parametrize(("move", "holds", "crossing", "expected"), GAUGED.values(), ids=GAUGED.keys())
def test_what_is_measured(move: Move, holds: Terms, crossing: Crossing, expected: Gauging) -> None:
    assert gauging(move, holds, crossing) == expected


def test_memory_that_the_guest_does_not_use_takes_no_time() -> None:
    crossing = Crossing(bytes_per_second=100 * MB)
    small = the_move(*NEW, memory=Memory(used=100 * MIB), memory_bytes=64 * 2**30)
    assert gauging(small, terms(), crossing) == Gauging()
    assert gauging(the_move(*NEW), terms(), crossing) == RATES


CONSENT = policy(postcopy=True)
NEITHER = measured(60 * MB, compressed=1.0, delta=1.0)
UNKNOWN = Measurement(dirty=Unknown(why="x"), link_bytes_per_second=Unknown(why="y"))
CHOSEN = {
    "idle": (NEW, terms(), measured(0), "tcp"),
    "slow, with time": (NEW, terms(), measured(20 * MB), "tcp"),
    "too fast, small changes": (NEW, terms(), measured(60 * MB, compressed=1.0, delta=0.02), "xbzrle"),
    "too fast, shrinks": (NEW, terms(), measured(60 * MB, compressed=0.2, delta=1.0), "compressed"),
    "too fast, neither": (NEW, terms(), NEITHER, "tcp+throttle"),
    "too fast, neither, no throttle": (NEW, terms(policy(throttle="off")), NEITHER, "tcp"),
    "too fast, nobody looked": (OLD, terms(), measured(60 * MB), "xbzrle+throttle"),
    "shrinks, and the hosts are old": (OLD, terms(), measured(0, compressed=0.2, delta=1.0), "tcp"),
    "post-copy": (NEW, terms(CONSENT), measured(60 * MB), "tcp+postcopy"),
    "post-copy, but shrinking is sooner": (NEW, terms(CONSENT), measured(60 * MB, compressed=0.1), "compressed"),
    "by name": (NEW, terms(policy(transport="xbzrle")), measured(0), "xbzrle"),
    "by name, slowed from the start": (NEW, terms(policy(transport="tcp", throttle="on")), measured(0), "tcp+throttle"),
    "nothing was measured": (NEW, terms(), None, "tcp"),
    "nothing could be measured": (NEW, terms(), UNKNOWN, "tcp"),
}  # fmt: skip


def name(way: Transport) -> str:
    return way.method.value + "+throttle" * (way.throttle is not None) + "+postcopy" * way.postcopy


@pytest.mark.parametrize(("offered", "holds", "measurement", "expected"), CHOSEN.values(), ids=CHOSEN.keys())
def test_which_way_is_taken(
    offered: tuple[Feature, ...], holds: Terms, measurement: Measurement | None, expected: str
) -> None:
    assert name(select(the_move(*offered), holds, measurement, NOBODY, {})) == expected


def test_a_fast_link_takes_more_than_one_stream() -> None:
    big = the_move(*NEW, memory=Memory(used=20_000 * MIB))
    assert name(select(big, terms(), measured(0, 12_500 * MB), NOBODY, {})) == "parallel"
    assert name(select(big, terms(), measured(0, 125 * MB), NOBODY, {})) == "tcp"


def test_what_was_refused_is_not_taken_again() -> None:
    small = measured(60 * MB, compressed=1.0, delta=0.02)
    found = select(the_move(*NEW), terms(), small, NOBODY, {F.XBZRLE: "unknown capability"})
    assert name(found) == "tcp+throttle"


def test_the_reasons_name_the_choice_and_what_it_was_weighed_against() -> None:
    small = measured(60 * MB, compressed=1.0, delta=0.02)
    because = select(the_move(*OLD), terms(), small, NOBODY, {}).because
    assert because[0] == "of a pause of 500 ms, 100 ms are kept for handing over, and QEMU plans with 100 ms"
    assert because[1].startswith("xbzrle: 5 rounds in ")
    assert "512 MiB of memory, changing at 60 MB/s over a link of 50 MB/s" in because[1]
    assert because[2].startswith("rather than tcp: would not end")


def test_a_hope_is_called_one() -> None:
    because = select(the_move(*OLD), terms(), measured(60 * MB), NOBODY, {}).because
    assert "if what it changes shrinks to 20 %, which nobody has looked at" in because[1]


class TestLimits:
    def test_a_busy_guest_begins_with_what_the_hand_over_leaves_of_the_budget(self) -> None:
        move, busy = the_move(), measured(40 * MB)
        assert select(move, terms(), busy, NOBODY, {}).downtime_limit_ms == 0.75 * (500 - 100)
        assert select(move, terms(), busy, Crossing(handover_ms=20), {}).downtime_limit_ms == 0.75 * (500 - 20)

    def test_a_lower_limit_is_tried_where_it_costs_nothing(self) -> None:
        assert select(the_move(), terms(), measured(0), NOBODY, {}).downtime_limit_ms == 100

    def test_a_budget_below_the_hand_over_leaves_the_least(self) -> None:
        assert select(the_move(), terms(policy(budget=50)), measured(0), NOBODY, {}).downtime_limit_ms == 1

    def test_an_order_of_an_operator_counts(self) -> None:
        chosen = select(the_move(), terms(downtime_ms=1000), measured(49 * MB), NOBODY, {})
        assert chosen.downtime_limit_ms == 0.75 * (1000 - 100)

    def test_the_policys_own_first_limit_stays_within_the_budget(self) -> None:
        first = policy(downtime_limit=Milliseconds(300))
        assert select(the_move(), terms(first), measured(0), NOBODY, {}).downtime_limit_ms == 300
        assert select(the_move(), terms(first, downtime_ms=200), measured(0), NOBODY, {}).downtime_limit_ms == 75

    def test_a_ladder_counts_without_hand_over(self) -> None:
        first = policy(budget=300, downtime_limit=Milliseconds(300), ladder=(RUNG,))
        assert select(the_move(), terms(first), None, NOBODY, {}).downtime_limit_ms == 300


def test_the_cap_is_reckoned_with_and_handed_on() -> None:
    capped = terms(policy(bandwidth=BytesPerSecond(10 * MB)), bandwidth_bytes_per_second=10 * MB)
    found = select(the_move(*OLD), capped, measured(20 * MB), NOBODY, {})
    assert found.bandwidth_bytes_per_second == 10 * MB
    assert found.method is Method.XBZRLE
    assert any("over a link of 10 MB/s" in why for why in found.because)
    assert "no more than 10 MB/s" in found.because


class TestPace:
    def test_a_short_compressed_copy_begins_slower_than_the_link(self) -> None:
        found = select(the_move(*NEW), terms(), measured(0, compressed=0.1), NOBODY, {})
        assert (found.method, found.bandwidth_bytes_per_second) == (Method.COMPRESSED, None)
        assert (found.pace_bytes_per_second, found.initial_bytes_per_second) == (30 * MB, 30 * MB)
        assert found.because[-1].startswith("begun with 30 MB/s")

    def test_a_cap_below_it_is_slow_enough(self) -> None:
        holds = terms(bandwidth_bytes_per_second=25 * MB)
        found = select(the_move(*NEW), holds, measured(0, compressed=0.05), NOBODY, {})
        assert (found.method, found.initial_bytes_per_second) == (Method.COMPRESSED, 25 * MB)
        assert found.pace_bytes_per_second is None

    def test_not_where_that_would_take_longer(self) -> None:
        found = select(the_move(*NEW), terms(), measured(0, compressed=0.3), NOBODY, {})
        assert (found.method, found.pace_bytes_per_second) == (Method.COMPRESSED, None)

    def test_not_where_nobody_has_seen_what_the_link_carries(self) -> None:
        unprobed = replace(measured(0, compressed=0.1), link_bytes_per_second=Unknown(why="no probe"))
        found = select(the_move(*NEW), terms(), unprobed, NOBODY, {})
        assert (found.method, found.pace_bytes_per_second) == (Method.COMPRESSED, None)

    @pytest.mark.parametrize(("link", "pace"), [(1000 * MB, 600 * MB), (1010 * MB, None)])
    def test_not_where_buffers_are_soon_empty(self, link: int, pace: int | None) -> None:
        large = the_move(*NEW, memory=Memory(used=3000 * MIB))
        found = select(large, terms(), measured(0, link, compressed=0.03), NOBODY, {})
        assert (found.method, found.channels, found.pace_bytes_per_second) == (Method.COMPRESSED, 8, pace)

    def test_other_systems_have_none(self) -> None:
        ladder = terms(policy(transport="compressed", ladder=(RUNG,)))
        found = select(the_move(*NEW), ladder, measured(0, compressed=0.1), NOBODY, {})
        assert (found.method, found.pace_bytes_per_second) == (Method.COMPRESSED, None)

    @pytest.mark.parametrize("still", [MODES[Mode.PAUSE], the_move(*NEW, paused=True)], ids=["meanwhile", "before"])
    def test_a_guest_that_stands_still_does_not_stand_longer_for_it(self, still: Move) -> None:
        still = replace(still, transport=replace(still.transport, paused=still.paused))
        found = select(still, terms(), measured(0, compressed=0.1), NOBODY, {})
        assert (found.method, found.pace_bytes_per_second) == (Method.COMPRESSED, None)

    def test_one_stream_has_none(self) -> None:
        found = select(the_move(*NEW, memory=Memory(used=20 * MIB)), terms(), measured(0), NOBODY, {})
        assert (found.method, found.pace_bytes_per_second) == (Method.TCP, None)


@pytest.mark.parametrize("mode", [Mode.OFFLINE, Mode.COLD])
def test_where_no_memory_travels_nothing_is_chosen(mode: Mode) -> None:
    move = MODES[mode]
    assert select(move, terms(), None, NOBODY, {}) == move.transport


@pytest.mark.parametrize("measurement", [None, measured(60 * MB)], ids=["unmeasured", "measured"])
def test_a_probe_counts_more_than_an_earlier_move_and_that_more_than_an_interface(
    measurement: Measurement | None,
) -> None:
    move = the_move()
    move = replace(move, offers=replace(move.offers, link_bytes_per_second=1250 * MB))
    expected = "link of 1250 MB/s" if measurement is None else "link of 50 MB/s"
    assert expected in select(move, terms(), measurement, NOBODY, {}).because[1]
    known = "link of 300 MB/s" if measurement is None else "link of 50 MB/s"
    assert known in select(move, terms(), measurement, Crossing(bytes_per_second=300 * MB), {}).because[1]
