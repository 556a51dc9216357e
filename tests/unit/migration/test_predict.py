"""Forecasts: the arithmetic of rounds, and what must hold of it whatever the numbers are."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.migration.carriage import Load, Road
from orchestrator.migration.predict import Start, forecast, is_worth, rest
from orchestrator.migration.workload import Window, Writing, changed, fit
from orchestrator.model.offer import Forecast
from orchestrator.model.transport import Compression, Method, Mode, Throttle, Transport
from tests.unit.migration.scenes import TRANSPORT

MB = 1_000_000
TCP = replace(TRANSPORT, downtime_limit_ms=400)
XBZRLE = replace(TCP, method=Method.XBZRLE, xbzrle_cache_bytes=2**30)
SMALL_CACHE = replace(XBZRLE, xbzrle_cache_bytes=50 * MB)
PARALLEL = replace(TCP, method=Method.PARALLEL, channels=4)
ZLIB = replace(TCP, method=Method.COMPRESSED, channels=4, compression=Compression(algorithm="zlib", level=1))
ZSTD = replace(ZLIB, compression=Compression(algorithm="zstd", level=1))
THROTTLED = replace(TCP, throttle=Throttle(initial=20, increment=10))
POSTCOPY = replace(TCP, postcopy=True)


def load(dirty: float, *, used: float = 500 * MB, working_set: float = 200 * MB, **more: object) -> Load:
    """A guest that sweeps through its working set."""
    seen = [Window(seconds=1.0, unique_bytes=min(dirty, working_set))]
    if dirty:
        seen += [Window(seconds=t, unique_bytes=working_set) for t in (working_set / dirty, 100 + working_set / dirty)]
    return Load(used_bytes=used, writing=fit(seen, used), **({"changed_compressed": more.get("compressed")} | more))


def road(link: float = 50 * MB, **more: object) -> Road:
    return Road(link_bytes_per_second=link, **({"cpus": 4.0} | more))


TABLE = {
    # 500 MB at 50 MB/s, then nothing is left.
    "idle": (TCP, load(0), road(), (10.1, 2, 100)),
    # 500 MB leave 10 s x 10 MB/s = 100 MB, those 20 MB: 0.4 s, which is the limit.
    "rounds": (TCP, load(10 * MB), road(), (10 + 2 + 0.4 + 0.1, 3, 500)),
    "too fast": (TCP, load(60 * MB), road(), (None, None, 4100)),
    # What it comes back to is sent in less than the limit: it may write as fast as it likes.
    "hot spot": (TCP, load(90 * MB, working_set=15 * MB), road(), (10 + 0.3 + 0.1, 2, 400)),
    "empty pages": (TCP, load(0, zero=1.0), road(), (500 / 1200 + 0.1, 2, 100)),
    "one stream on a fast link": (TCP, load(0, used=12_000 * MB), road(12_500 * MB), (10.1, 2, 100)),
    "four streams": (PARALLEL, load(0, used=12_000 * MB), road(12_500 * MB), (2.6, 2, 100)),
    "four streams on one CPU": (PARALLEL, load(0, used=12_000 * MB), road(12_500 * MB, cpus=1.0), (10.1, 2, 100)),
    "one encrypted stream": (replace(TCP, encrypted=True), load(0, used=600 * MB), road(12_500 * MB), (2.1, 2, 100)),
    # Half of everything, on a link that is the bound.
    "compressed": (ZSTD, load(0, compressed=0.5), road(), (5.1, 2, 100)),
    "zlib does not keep up": (ZLIB, load(0, compressed=1.0), road(1000 * MB), (500 / 200 + 0.1, 2, 100)),
    # Two rounds without, the third sends differences: 200 MB of which 4 MB travel.
    "small changes": (XBZRLE, load(60 * MB, delta=0.02), road(), (10 + 4 + 0.1 + 0.1, 5, None)),
    "no small changes": (XBZRLE, load(60 * MB, delta=1.0), road(), (None, None, 4100)),
    "nobody knows the changes": (XBZRLE, load(60 * MB), road(), (None, None, 4100)),
    "the cache is too small": (SMALL_CACHE, load(90 * MB, delta=0.02), road(), (None, None, None)),
    # After two rounds of more than half 20 %, after two more 30 %: 42 MB/s are below the link.
    "throttled": (THROTTLED, load(60 * MB), road(), (None, "some", None)),
    # One round, then the 200 MB that it left.
    "post-copy": (POSTCOPY, load(60 * MB), road(), (14.1, 1, 100)),
    "post-copy is not needed": (POSTCOPY, load(5 * MB), road(), (10 + 1 + 0.1 + 0.1, 3, 200)),
    "paused meanwhile": (replace(TCP, mode=Mode.PAUSE), load(60 * MB), road(), (10.1, 1, 10_100)),
    "paused before": (replace(TCP, paused=True), load(60 * MB), road(), (10.1, 1, 100)),
    "rdma": (replace(TCP, method=Method.RDMA), load(0, used=12_500 * MB), road(12_500 * MB), (1.1, 2, 100)),
}  # fmt: skip


@pytest.mark.parametrize(("transport", "carried", "over", "expected"), TABLE.values(), ids=TABLE.keys())
def test_what_a_copy_takes(transport: Transport, carried: Load, over: Road, expected: tuple) -> None:
    seconds, rounds, downtime = expected
    found = forecast(transport, carried, over)
    if rounds == "some":
        assert found.seconds is not None
        assert found.rounds is not None
        assert found.rounds > 4
        return
    assert found.rounds == rounds
    assert found.seconds == (None if seconds is None else pytest.approx(seconds, abs=0.15))
    if downtime is not None:
        assert found.downtime_ms == pytest.approx(downtime, abs=10)


def test_a_throttle_beyond_what_is_allowed_does_not_count_as_an_end() -> None:
    assert forecast(THROTTLED, load(100 * MB), road()).seconds is not None
    found = forecast(THROTTLED, load(100 * MB), road(), max_throttle=40)
    assert found.seconds is None
    assert "more than 40 %" in found.because


def test_what_it_was_reckoned_from_is_said() -> None:
    assert forecast(TCP, load(10 * MB), road()).because == (
        "3 rounds in 12 s, pause 500 ms: 477 MiB of memory, changing at 10 MB/s over a link of 50 MB/s"
    )
    assert "would not end" in forecast(TCP, load(60 * MB), road()).because


def test_the_rest_counts_what_was_changed_in_the_running_round() -> None:
    """Nothing is left of the round, but 100 MB were changed in it: 2 s more, then 20 MB."""
    found = rest(TCP, load(10 * MB), road(), Start(remaining_bytes=0.0, round=1, in_round=10.0))
    assert found.seconds == pytest.approx(2.0 + 0.4 + 0.1)


def test_post_copy_is_worth_it_only_where_it_saves_much() -> None:
    def takes(seconds: float | None) -> Forecast:
        return Forecast(seconds=seconds, rounds=1, downtime_ms=1, because="")

    assert is_worth(takes(14.0), takes(None), road())
    assert is_worth(takes(14.0), takes(17.0), road())
    assert not is_worth(takes(14.0), takes(15.5), road())
    assert not is_worth(takes(100.0), takes(109.0), road())


def test_post_copy_that_breaks_the_budget_is_worth_it_only_where_nothing_else_ends() -> None:
    long = replace(road(), switch_ms=700, tolerated=False)
    ends = forecast(POSTCOPY, load(35 * MB), long)
    assert ends.rounds is not None and ends.rounds > 1
    assert forecast(POSTCOPY, load(35 * MB), road()).rounds == 1
    never = forecast(POSTCOPY, load(60 * MB), long)
    assert (never.rounds, never.downtime_ms) == (1, 700)


class TestWriting:
    def test_between_two_windows(self) -> None:
        writing = fit([Window(seconds=1, unique_bytes=50), Window(seconds=5, unique_bytes=90)], 1000)
        assert [changed(writing, t) for t in (0, 0.5, 1, 3, 5, 9)] == [0, 25, 50, 70, 90, 130]
        assert (writing.bytes_per_second, writing.working_set_bytes) == (50, 90)

    def test_one_window_says_nothing_of_the_working_set(self) -> None:
        writing = fit([Window(seconds=1, unique_bytes=50)], 400)
        assert [changed(writing, t) for t in (2, 100)] == [100, 400]
        assert writing.working_set_bytes == 400

    def test_a_throttle_makes_the_time_shorter(self) -> None:
        assert changed(fit([Window(seconds=1, unique_bytes=50)], 400), 2, 75) == 25

    def test_nobody_looked(self) -> None:
        assert changed(fit([], 400), 10) == 0
        assert changed(Writing(), 10) == 0

    def test_of_windows_of_one_length_the_last_one_counts(self) -> None:
        writing = fit([Window(seconds=1, unique_bytes=50), Window(seconds=1, unique_bytes=10)], 400)
        assert writing.bytes_per_second == 10

    def test_a_longer_window_never_holds_less(self) -> None:
        writing = fit([Window(seconds=1, unique_bytes=50), Window(seconds=2, unique_bytes=40)], 400)
        assert changed(writing, 2) == 50


rates = st.floats(min_value=1 * MB, max_value=2_000 * MB)
loads = st.builds(
    lambda dirty, used, hot, delta, compressed: load(
        dirty, used=used, working_set=max(hot * used, 1), delta=delta, compressed=compressed
    ),
    st.floats(min_value=0, max_value=500 * MB),
    st.floats(min_value=10 * MB, max_value=5_000 * MB),
    st.floats(min_value=0.01, max_value=1),
    st.floats(min_value=0.01, max_value=1),
    st.floats(min_value=0.01, max_value=1),
)
transports = st.sampled_from([TCP, XBZRLE, PARALLEL, ZLIB, ZSTD])
FOREVER = 1e12


def time_of(found: Forecast) -> float:
    return FOREVER if found.seconds is None else found.seconds


@given(transports, loads, rates, st.floats(min_value=1, max_value=10))
def test_more_bandwidth_is_never_slower(way: Transport, carried: Load, link: float, more: float) -> None:
    slow, fast = forecast(way, carried, road(link)), forecast(way, carried, road(link * more))
    assert time_of(fast) <= time_of(slow) + 0.5 * (way.downtime_limit_ms / 1000)


@given(transports, loads, rates, st.integers(min_value=1, max_value=5_000))
def test_a_higher_limit_never_turns_an_end_into_none(way: Transport, carried: Load, link: float, limit: int) -> None:
    low = forecast(way, carried, road(link))
    high = forecast(replace(way, downtime_limit_ms=way.downtime_limit_ms + limit), carried, road(link))
    assert high.seconds is not None or low.seconds is None


@given(transports, loads, rates)
def test_a_pause_is_never_longer_than_limit_and_hand_over(way: Transport, carried: Load, link: float) -> None:
    found = forecast(way, carried, road(link))
    assert found.downtime_ms is not None
    if found.seconds is not None and way.method not in (Method.XBZRLE, Method.COMPRESSED):
        assert found.downtime_ms <= way.downtime_limit_ms + 101


@given(rates, st.floats(min_value=0.01, max_value=1), st.floats(min_value=0.1, max_value=1))
def test_what_shrinks_more_is_never_slower(link: float, compressed: float, share: float) -> None:
    for way in (ZSTD, ZLIB):
        shrunk = forecast(way, load(0, compressed=compressed * share), road(link))
        assert time_of(shrunk) <= time_of(forecast(way, load(0, compressed=compressed), road(link))) + 0.001


@given(loads, rates)
def test_post_copy_always_ends(carried: Load, link: float) -> None:
    found = forecast(POSTCOPY, carried, road(link))
    assert found.seconds is not None
    assert found.downtime_ms is not None
    assert found.downtime_ms <= 501


@given(transports, loads, rates)
def test_the_same_question_has_the_same_answer(way: Transport, carried: Load, link: float) -> None:
    assert forecast(way, carried, road(link)) == forecast(way, carried, road(link))
