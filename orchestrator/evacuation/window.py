"""Whether a maintenance window is open, until when, and when it opens next; over midnight and over clock changes.

A wall-clock time that does not exist on the day on which the clocks go forward means the moment of the change; one that
comes twice means the first of the two where a window begins, and the second where it ends: it is never shorter for it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from orchestrator.model.window import Window

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS_AHEAD = 8  # a window opens at least once a week


def open_until(window: Window, now: datetime) -> datetime | None:
    """The moment at which the window that is open now closes, in UTC; None: it is closed."""
    for begins, ends in _spans(window, now):
        if begins <= now < ends:
            return ends
    return None


def next_opening(window: Window, now: datetime) -> datetime:
    """The first moment from now on at which the window is open, in UTC. Raises ValueError for one that never opens."""
    for begins, ends in _spans(window, now):
        if now < ends:
            return max(begins, now)
    raise ValueError(f"the window {window} never opens")


def _spans(window: Window, now: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The openings from yesterday on, in order."""
    today = now.astimezone(window.zone).date()
    for day in (today + timedelta(days=number) for number in range(-1, _DAYS_AHEAD + 1)):
        if day.weekday() in window.days:
            last = day if window.ends > window.begins else day + timedelta(days=1)
            begins = moment(day, window.begins, window.zone, fold=0)
            ends = moment(last, window.ends, window.zone, fold=1)
            if begins < ends:
                yield begins, ends


def moment(day: date, clock: time, zone: tzinfo | None, *, fold: int) -> datetime:
    """When a wall clock shows that time, in UTC. fold: of one that comes twice the first (0) or the second (1). zone:
    None is that of this machine."""
    wall = datetime.combine(day, clock, zone).replace(fold=fold)
    there = _utc(wall)
    if there.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None):
        return there
    # In the gap fold 0 counts by the offset before the change, fold 1 by the one after it: the change is between them.
    early, late = _utc(wall.replace(fold=1)), _utc(wall.replace(fold=0))
    while late - early > timedelta(seconds=1):
        middle = early + (late - early) / 2
        before = middle.astimezone(zone).utcoffset() == early.astimezone(zone).utcoffset()
        early, late = (middle, late) if before else (early, middle)
    return late.replace(microsecond=0)


def _utc(wall: datetime) -> datetime:
    """The moment of a wall clock. One without a zone is that of this machine: `astimezone` would count a time that no
    clock shows by the wrong one of both offsets."""
    return wall.astimezone(UTC) if wall.tzinfo is not None else _EPOCH + timedelta(seconds=wall.timestamp())
