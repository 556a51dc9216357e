"""Until when an evacuation may go on: the moment that is meant, and whether a move would be over by then."""

import re
from datetime import datetime, time, timedelta, tzinfo

from orchestrator.model.move import Move

# Nothing is known of the way: a tenth of a gigabit link, so that a deadline errs towards leaving a guest where it is.
_SLOWEST_BYTES_PER_SECOND = 12 * 2**20
_BEGIN_AND_END_SECONDS = 5.0  # what a move takes beside the copying of its memory
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_SPAN = re.compile(r"\+(\d+)(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def moment(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The moment that `06:00` (the next one, by the wall clock of that zone), `+90m` or `2026-11-22T06:00` stands for.

    Raises ValueError where it is none of these, or has passed.
    """
    span, clock = _SPAN.fullmatch(text), _CLOCK.fullmatch(text)
    if span:
        return now + timedelta(seconds=int(span[1]) * _SECONDS[span[2]])
    if clock:
        today = now.astimezone(zone).date()
        at = time(int(clock[1]), int(clock[2]))
        moments = (datetime.combine(today + timedelta(days=days), at, zone) for days in (0, 1))
        return next(m for m in moments if m > now).astimezone(now.tzinfo)
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text} is no time: give 06:00, +90m or 2026-11-22T06:00") from None
    found = found if found.tzinfo is not None else found.replace(tzinfo=zone)
    if found <= now:
        raise ValueError(f"{text} has passed")
    return found.astimezone(now.tzinfo)


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
