"""Which moment a deadline means, and whether a move is over by then."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.evacuation.deadline import moment, seconds, too_late
from orchestrator.evacuation.homeward import Away, comes_at
from orchestrator.model.offer import Forecast, Offers
from orchestrator.model.run import RunId
from tests.screens import world
from tests.screens.world import GIB

BERLIN = ZoneInfo("Europe/Berlin")
RUN = RunId("r1")
MOVE = world.move("web-01", 1, memory=12 * GIB)
NIGHT = datetime(2026, 11, 21, 23, 30, tzinfo=UTC)  # half past midnight in Berlin


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("06:00", "2026-11-22T05:00:00+00:00"),
        ("00:15", "2026-11-22T23:15:00+00:00"),
        ("00:30", "2026-11-22T23:30:00+00:00"),
        ("0:31", "2026-11-21T23:31:00+00:00"),
        ("+90m", "2026-11-22T01:00:00+00:00"),
        ("+30s", "2026-11-21T23:30:30+00:00"),
        ("2026-11-22T06:00", "2026-11-22T05:00:00+00:00"),
        ("2026-11-22T06:00:00+00:00", "2026-11-22T06:00:00+00:00"),
    ],
)
def test_a_moment(text: str, says: str) -> None:
    assert moment(text, NIGHT, BERLIN).isoformat() == says


@pytest.fixture
def berlin(monkeypatch):
    """The controller stands in Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


SPRING = datetime(2026, 3, 28, 22, tzinfo=UTC)  # 23:00; at 02:00 the clocks go forward
FIRST = datetime(2026, 10, 25, 0, 10, tzinfo=UTC)  # 02:10, an hour before the clocks go back from 03:00 to 02:00
SECOND = FIRST + timedelta(hours=1)  # 02:10 once more


@pytest.mark.parametrize(
    ("text", "now", "says"),
    [
        ("06:00", SPRING, "2026-03-29T04:00:00+00:00"),
        ("2026-03-29T06:00", SPRING, "2026-03-29T04:00:00+00:00"),
        ("02:30", SPRING, "2026-03-29T01:00:00+00:00"),
        ("06:00", FIRST, "2026-10-25T05:00:00+00:00"),
        ("02:45", FIRST, "2026-10-25T01:45:00+00:00"),
        ("02:45", SECOND, "2026-10-25T01:45:00+00:00"),
        ("2026-10-25T02:45", SECOND, "2026-10-25T01:45:00+00:00"),
        ("02:05", SECOND, "2026-10-26T01:05:00+00:00"),
    ],
)
def test_a_clock_that_changes_meanwhile(berlin, text: str, now: datetime, says: str) -> None:
    assert moment(text, now, None).isoformat() == moment(text, now, BERLIN).isoformat() == says


@pytest.mark.parametrize(
    ("now", "says"),
    [(FIRST, "2026-10-25T00:45:00+00:00"), (SECOND, "2026-10-25T01:45:00+00:00")],
)
def test_what_begins_at_a_time_that_comes_twice_waits_for_the_next_of_both(berlin, now: datetime, says: str) -> None:
    assert moment("02:45", now, None, ends=False).isoformat() == says
    left = Away(
        guest=MOVE.guest, name="web-01", home=MOVE.source, last=MOVE.destination, run=RUN, runs=frozenset({RUN}),
        left_at=now,
    )  # fmt: skip
    at = comes_at(left, "02:45", None)
    assert at is not None and at.isoformat() == says


@pytest.mark.parametrize("text", ["+999999999999h", "+999999999999999s", "+99999999h", "9999-12-31T23:59-05:00"])
def test_what_no_calendar_reaches_is_no_bug(text: str) -> None:
    with pytest.raises(ValueError, match="is too far away"):
        moment(text, NIGHT, BERLIN)


@pytest.mark.parametrize(
    "text", ["24:00", "6", "soon", "+90", f"+{'9' * 5000}s", "2026-11-20", "2026-11-21T23:30:00+00:00"]
)
def test_no_moment_or_one_that_has_passed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|has passed"):
        moment(text, NIGHT, BERLIN)


SENDS = replace(MOVE, offers=Offers(link_bytes_per_second=GIB))


@pytest.mark.parametrize(
    ("move", "learned", "says"),
    [
        (replace(SENDS, forecast=Forecast(seconds=40.0, rounds=3, downtime_ms=1, because="")), GIB, 40.0),
        (replace(SENDS, forecast=Forecast(seconds=None, rounds=None, downtime_ms=1, because="")), GIB // 2, 29.0),
        (SENDS, None, 17.0),
        (MOVE, None, 1029.0),
    ],
)
def test_what_a_move_takes(move, learned, says: float) -> None:
    assert seconds(move, learned) == says


def test_a_move_that_would_not_be_over() -> None:
    assert too_late(SENDS, None, NIGHT, None) == ""
    assert too_late(SENDS, NIGHT + timedelta(seconds=17), NIGHT, None) == ""
    assert too_late(SENDS, NIGHT + timedelta(seconds=16), NIGHT, None) == (
        "it is expected to take 17 s, and 16 s are left until 2026-11-21 23:30:16 UTC"
    )
    assert "0 s are left" in too_late(SENDS, NIGHT - timedelta(hours=1), NIGHT, None)
