"""Which moment a deadline means, and whether a move is over by then."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.evacuation.deadline import moment, seconds, too_late
from orchestrator.model.offer import Forecast, Offers
from tests.screens import world
from tests.screens.world import GIB

BERLIN = ZoneInfo("Europe/Berlin")
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


@pytest.mark.parametrize("text", ["24:00", "6", "soon", "+90", "2026-11-20", "2026-11-21T23:30:00+00:00"])
def test_no_moment_or_one_that_has_passed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no time|has passed"):
        moment(text, NIGHT, BERLIN)


MOVE = world.move("web-01", 1, memory=12 * GIB)
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
