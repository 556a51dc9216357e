"""Maintenance windows: days, midnight, and the two nights on which the clocks change."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.evacuation.window import next_opening, open_until
from orchestrator.model.window import Window

BERLIN = ZoneInfo("Europe/Berlin")


def window(begins: str, ends: str, days: str = "0123456") -> Window:
    return Window(
        begins=time.fromisoformat(begins),
        ends=time.fromisoformat(ends),
        zone=BERLIN,
        days=frozenset(int(day) for day in days),
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "now", "until"),
    [
        (window("09:00", "17:00"), "2026-07-01T07:00", "2026-07-01T15:00"),
        (window("09:00", "17:00"), "2026-07-01T06:59", None),
        (window("09:00", "17:00"), "2026-07-01T15:00", None),
        # Over midnight; the day is that of the beginning.
        (window("22:00", "04:00", "2"), "2026-07-01T21:00", "2026-07-02T02:00"),
        (window("22:00", "04:00", "2"), "2026-07-02T01:59", "2026-07-02T02:00"),
        (window("22:00", "04:00", "2"), "2026-07-02T21:00", None),
        (window("00:00", "00:00", "2"), "2026-07-01T12:00", "2026-07-01T22:00"),
        # 29 March 2026: 02:00 becomes 03:00. The night has an hour less.
        (window("01:00", "04:00"), "2026-03-29T00:00", "2026-03-29T02:00"),
        (window("02:30", "04:00"), "2026-03-29T00:59", None),
        (window("02:30", "04:00"), "2026-03-29T01:00", "2026-03-29T02:00"),
        (window("23:00", "02:30"), "2026-03-29T00:30", "2026-03-29T01:00"),
        # 25 October 2026: 03:00 becomes 02:00. 02:30 comes twice.
        (window("02:30", "04:00"), "2026-10-25T00:30", "2026-10-25T03:00"),
        (window("23:00", "02:30"), "2026-10-25T01:29", "2026-10-25T01:30"),
        (window("23:00", "02:30"), "2026-10-25T01:30", None),
    ],
)
def test_open_until(one: Window, now: str, until: str | None) -> None:
    assert open_until(one, utc(now)) == (None if until is None else utc(until))


@pytest.mark.parametrize(
    ("one", "now", "opens"),
    [
        (window("09:00", "17:00"), "2026-07-01T06:00", "2026-07-01T07:00"),
        (window("09:00", "17:00"), "2026-07-01T08:00", "2026-07-01T08:00"),
        (window("09:00", "17:00"), "2026-07-01T15:00", "2026-07-02T07:00"),
        (window("22:00", "04:00", "2"), "2026-07-02T02:00", "2026-07-08T20:00"),
        # A window that lies in the hour that does not exist, and nowhere else, is not open on that day.
        (window("02:10", "02:50"), "2026-03-29T00:00", "2026-03-30T00:10"),
    ],
)
def test_next_opening(one: Window, now: str, opens: str) -> None:
    assert next_opening(one, utc(now)) == utc(opens)


def test_a_window_without_a_day_never_opens() -> None:
    with pytest.raises(ValueError, match="never opens"):
        next_opening(window("09:00", "17:00", ""), utc("2026-07-01T06:00"))


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    begins=st.times(),
    ends=st.times(),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    zone=st.sampled_from([BERLIN, ZoneInfo("America/New_York"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("UTC")]),
)
def test_an_opening_is_open(now: datetime, begins: time, ends: time, days: frozenset[int], zone: ZoneInfo) -> None:
    one = Window(begins=begins.replace(microsecond=0), ends=ends.replace(microsecond=0), zone=zone, days=days)
    opens = next_opening(one, now)
    assert opens >= now
    until = open_until(one, opens)
    assert until is not None
    assert until > opens
    assert open_until(one, until - timedelta(microseconds=1)) is not None
    if opens > now:
        assert open_until(one, now) is None
