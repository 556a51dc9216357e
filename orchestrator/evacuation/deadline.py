"""Until when an evacuation may go on: the moment that is meant, and whether a move would be over by then."""

import re
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo

from orchestrator.evacuation import window
from orchestrator.model.move import Move

# Nothing is known of the way: a tenth of a gigabit link, so that a deadline errs towards leaving a guest where it is.
_SLOWEST_BYTES_PER_SECOND = 12 * 2**20
_BEGIN_AND_END_SECONDS = 5.0  # what a move takes beside the copying of its memory
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_SPAN = re.compile(r"\+(\d{1,15})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def moment(text: str, now: datetime, zone: tzinfo | None, *, ends: bool = True) -> datetime:
    """The moment that `06:00` (the next one, by the wall clock of that zone), `+90m` or `2026-11-22T06:00` stands for.

    zone: None is that of this machine, with its clock changes: a number of hours from UTC would not know of them. ends:
    a time that comes twice, because the clocks go back, means the second; otherwise the first that is still to come.
    Raises ValueError where it is none of these, has passed, or is too far away.
    """
    try:
        found = _moment(text, now, zone, ends)
        if found <= now:
            raise ValueError(f"{text} has passed")
        return found.astimezone(now.tzinfo)
    except OverflowError:
        raise ValueError(f"{text} is too far away") from None


def _moment(text: str, now: datetime, zone: tzinfo | None, ends: bool) -> datetime:
    span, clock = _SPAN.fullmatch(text), _CLOCK.fullmatch(text)
    if span:
        return now + timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
    if clock:
        at = time(int(clock[1]), int(clock[2]))
        return next(one for one in _next(at, now, zone, ends) if one > now)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no time: give 06:00, +90m or 2026-11-22T06:00") from None
    return found if found.tzinfo is not None else window.moment(found.date(), found.time(), zone, fold=int(ends))


def _next(at: time, now: datetime, zone: tzinfo | None, ends: bool) -> Iterator[datetime]:
    today = now.astimezone(zone).date()
    for day in (today, today + timedelta(days=1)):
        for fold in (1,) if ends else (0, 1):
            yield window.moment(day, at, zone, fold=fold)


def seconds(move: Move, learned_bytes_per_second: int | None) -> float:
    """How long the move is expected to take: as it was forecast, otherwise its memory once over the way."""
    if move.forecast is not None and move.forecast.seconds is not None:
        return move.forecast.seconds
    rate = learned_bytes_per_second or move.offers.link_bytes_per_second or _SLOWEST_BYTES_PER_SECOND
    return _BEGIN_AND_END_SECONDS + move.memory_bytes / rate


def too_late(move: Move, deadline: datetime | None, now: datetime, learned_bytes_per_second: int | None) -> str:
    """Why the move must not begin any more; "" where it would be over in time."""
    if deadline is None:
        return ""
    takes = seconds(move, learned_bytes_per_second)
    if now + timedelta(seconds=takes) <= deadline:
        return ""
    left = max(0.0, (deadline - now).total_seconds())
    return f"it is expected to take {takes:.0f} s, and {left:.0f} s are left until {deadline:%Y-%m-%d %H:%M:%S} UTC"
