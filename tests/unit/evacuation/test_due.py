"""What of a schedule is due: times, windows over midnight and clock changes, splay, holds, what ran before."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.config.times import read_times, read_window
from orchestrator.evacuation.due import Due, Later, Silence, due, ever, in_force, sentence, splay, upcoming
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.schedule import Scheduled

BERLIN = ZoneInfo("Europe/Berlin")
NIGHTS = read_window("mon-fri 22:00-04:00 Europe/Berlin")
KVM01, KVM02 = HostName("kvm01"), HostName("kvm02")


def entry(at: str = "22:30 Europe/Berlin", **more: object) -> Scheduled:
    return Scheduled(**{"name": "night", "do": "evacuate", "hosts": (KVM01,), "at": read_times(at, UTC), **more})


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def asked(one: Scheduled, now: str, *, ran: str | None = None, holds: tuple[Hold, ...] = ()) -> Due | Later | None:
    before = {} if ran is None else {one.name: utc(ran)}
    found = due([one], before, holds, utc(now), "ctl1")
    return found[0] if found else None


def test_what_was_in_vain_rests_for_as_long_as_it_has_been_in_vain() -> None:
    one, now, since = entry(window=NIGHTS), utc("2026-07-01T20:31"), utc("2026-07-01T20:31")
    begun, silence = [], None
    while now < utc("2026-07-01T22:30"):
        found = due([one], {}, (), now, "ctl1", {} if silence is None else {one.name: silence})[0]
        if isinstance(found, Due):
            assert found.silence == silence
            begun.append(int((now - since).total_seconds()) // 60)
            silence = Silence(since=since, last=now)
        now += timedelta(seconds=20)
    assert begun == [0, 1, 2, 4, 8, 16, 32, 62, 92]
    tomorrow = due([one], {}, (), utc("2026-07-02T20:30"), "ctl1", {one.name: silence})[0]
    assert isinstance(tomorrow, Due)
    assert tomorrow.silence is None, "another time is another matter"


def begins(one: Scheduled, now: str, **more: object) -> bool:
    return isinstance(asked(one, now, **more), Due)


# 2026-07-01 is a Wednesday; Berlin is two hours ahead of UTC in summer.
@pytest.mark.parametrize(
    ("now", "ran", "expected"),
    [
        ("2026-07-01T20:29", None, False),
        ("2026-07-01T20:30", None, True),
        ("2026-07-01T21:29", None, True),
        ("2026-07-01T21:30", None, False),  # an hour late: its next time counts
        ("2026-07-01T20:45", "2026-07-01T20:30", False),
        ("2026-07-01T20:45", "2026-06-30T20:30", True),
        ("2026-07-02T20:30", "2026-07-01T20:44", True),
    ],
)
def test_a_daily_time(now: str, ran: str | None, expected: bool) -> None:
    assert begins(entry(), now, ran=ran) is expected


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-07-01T20:30", "2026-07-02T02:00"),
        ("2026-07-02T01:59", "2026-07-02T02:00"),
        ("2026-07-02T02:00", None),
        ("2026-07-04T20:30", None),  # Saturday: the window opens on Monday, and by then another time counts
    ],
)
def test_a_window_ends_what_it_begins(now: str, until: str | None) -> None:
    found = asked(entry(window=NIGHTS), now)
    assert (found.until if isinstance(found, Due) else None) == (utc(until) if until else None)


def test_outside_its_window_it_waits_for_it() -> None:
    one = entry("*/10 * * * * UTC", window=NIGHTS)
    found = asked(one, "2026-07-01T12:03")
    assert isinstance(found, Later)
    assert found.why == (
        "outside its window (mon,tue,wed,thu,fri 22:00-04:00 Europe/Berlin), which opens 2026-07-01 20:00 UTC"
    )
    assert begins(one, "2026-07-01T20:00")


@pytest.mark.parametrize(("deadline", "until"), [(time(3, 30), "2026-07-02T01:30"), (7200, "2026-07-01T22:30")])
def test_a_deadline_is_earlier_than_the_window_or_nothing(deadline: time | int, until: str) -> None:
    for window in (NIGHTS, None):
        found = asked(entry(window=window, deadline=deadline), "2026-07-01T20:31")
        assert isinstance(found, Due) and found.until == utc(until)
    found = asked(entry(window=NIGHTS, deadline=time(5)), "2026-07-01T20:31")
    assert isinstance(found, Due) and found.until == utc("2026-07-02T02:00")


def test_nights_on_which_the_clocks_change() -> None:
    gap = entry("02:30 Europe/Berlin")  # 29 March 2026: it means 03:00 summer time, once
    assert not begins(gap, "2026-03-29T00:59")
    assert begins(gap, "2026-03-29T01:00")
    assert not begins(gap, "2026-03-29T01:10", ran="2026-03-29T01:00")
    twice = "2026-10-25T00:30"  # 25 October 2026: the first of the two, once
    assert begins(gap, twice)
    assert not begins(gap, "2026-10-25T01:30", ran=twice)


def hold(name: str, until: str | None = None) -> Hold:
    at = utc("2026-07-01T08:00")
    return Hold(name=name, by="anna on ctl1", at=at, because="disk swap", until=utc(until) if until else None)


@pytest.mark.parametrize("name", ["night", "kvm01", "all", "kvm02"])
def test_a_hold_keeps_it_from_beginning(name: str) -> None:
    one = entry(options={"to": ("kvm02",)})
    found = asked(one, "2026-07-01T20:30", holds=(hold(name),))
    assert isinstance(found, Later)
    what = "everything is" if name == "all" else f"{name} is"
    assert found.why == f"{what} on hold since 2026-07-01 08:00 UTC by anna on ctl1: disk swap"


def test_a_hold_of_something_else_or_of_before_does_not() -> None:
    assert begins(entry(), "2026-07-01T20:30", holds=(hold("kvm03"), hold("kvm01", until="2026-07-01T20:30")))
    assert in_force([hold("kvm01", until="2026-07-01T20:30")], ["kvm01"], utc("2026-07-01T20:29"))
    assert ", until 2026-07-01 20:30 UTC: " in sentence(hold("kvm01", until="2026-07-01T20:30"))


def test_nothing_is_on_hold_that_has_no_time_yet() -> None:
    assert asked(entry(), "2026-07-01T12:00", holds=(hold("all"),)) is None


def test_splay_delays_it_by_the_same_all_day() -> None:
    one = entry(splay_seconds=600)
    late = splay(one, "ctl1", date(2026, 7, 1))
    assert timedelta(0) <= late < timedelta(seconds=600)
    slot = utc("2026-07-01T20:30")
    for passed, expected in ((late - timedelta(seconds=1), False), (late, True), (late + timedelta(minutes=1), True)):
        found = due([one], {}, (), slot + passed, "ctl1")
        assert bool(found) is expected
    differ = {splay(one, f"ctl{n}", date(2026, 7, d)) for n in range(9) for d in range(1, 9)}
    assert len(differ) > 30, "controllers and days differ"


def test_several_are_told_in_their_order() -> None:
    ones = [entry(name=name) for name in ("b", "a")]
    assert [found.entry.name for found in due(ones, {}, (), utc("2026-07-01T20:30"), "ctl1")] == ["b", "a"]


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (entry("0 0 29 2 *"), True),
        (entry("0 0 31 4 *"), False),
        (entry("0 12 * * *", window=NIGHTS), True),
        (entry("0 12 * * *", window=NIGHTS, deadline=3600), False),
        (entry("0 12 * * *", splay_seconds=3600, deadline=3600), False),
    ],
)
def test_entries_that_never_begin(one: Scheduled, expected: bool) -> None:
    assert ever(one, date(2026, 1, 1)) is expected


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC)),  # noqa: DTZ001
    at=st.sampled_from(["*/7 * * * *", "30 2 * * *", "0 3 1 * 1", "59 23 * * 5", "0 0 * * *"]),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    window=st.sampled_from([None, "22:00-04:00", "sat 00:00-00:00"]),
    delay=st.sampled_from([0, 59, 1800]),
)
def test_what_has_run_is_not_due_again_before_its_next_time(
    now: datetime, at: str, zone: str, window: str | None, delay: int
) -> None:
    one = entry(f"{at} {zone}", window=read_window(f"{window} {zone}") if window else None, splay_seconds=delay)
    for found in due([one], {}, (), now, "ctl1"):
        assert found.slot <= now
        if isinstance(found, Due):
            assert found.until is None or now < found.until
            assert due([one], {one.name: now}, (), now, "ctl1") == ()


@pytest.mark.parametrize(
    ("one", "now", "expected"),
    [
        (entry(), "2026-07-01T20:29", "2026-07-01T20:30"),
        (entry(), "2026-07-01T20:30", "2026-07-02T20:30"),
        (entry("sun 02:30 Europe/Berlin"), "2026-03-28T12:00", "2026-03-29T01:00"),  # the clocks go forward
        (entry("20:00 Europe/Berlin", window=NIGHTS), "2026-07-01T12:00", "2026-07-01T20:00"),  # when it opens
        (entry("sat 05:00 Europe/Berlin", window=NIGHTS, deadline=3600), "2026-07-01T12:00", None),  # open too late
        (entry("0 5 29 2 * UTC"), "2026-07-01T12:00", "2028-02-29T05:00"),
    ],
)
def test_when_it_is_due_next(one: Scheduled, now: str, expected: str | None) -> None:
    assert upcoming(one, utc(now), "ctl1") == (None if expected is None else utc(expected))


@given(st.integers(0, 3 * 1440), st.integers(0, 600))
def test_it_is_due_then_and_not_before(minutes: int, splay_seconds: int) -> None:
    one = entry("*/7 3,22 * * * Europe/Berlin", window=NIGHTS, splay_seconds=splay_seconds)
    now = utc("2026-07-01T00:00") + timedelta(minutes=minutes)
    at = upcoming(one, now, "ctl1")
    assert at is not None and at > now
    [found] = due([one], {}, (), at, "ctl1")
    assert isinstance(found, Due)
    before = due([one], {}, (), at - timedelta(seconds=1), "ctl1")
    assert not any(isinstance(other, Due) and other.slot == found.slot for other in before)
