"""Times as people write them: days of the week, times of day, cron's five fields, time zones."""

import re
from collections.abc import Mapping
from datetime import time, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from orchestrator.config.check import suggestion
from orchestrator.config.forms import RefusedError
from orchestrator.model.schedule import Times
from orchestrator.model.window import DAYS, Window

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_CRON_DAYS = ("sun", *DAYS[:-1])  # cron counts from Sunday, and takes 7 for it as well
_PART = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/([0-9]{1,3}))?", re.IGNORECASE)
_WINDOW_FIX = "Write it: mon-fri 22:00-04:00 Europe/Berlin"
_AT_FIX = 'Write it: "22:30 Europe/Berlin", "sat 22:30 Europe/Berlin", or as in a crontab: "30 22 * * 6 UTC"'
_ALL_DAYS = frozenset(range(7))


def read_window(text: str) -> Window:
    """`mon-fri 22:00-04:00 Europe/Berlin`; without days every day. Raises RefusedError."""
    words = text.split()
    days = _weekdays(words.pop(0)) if words and not words[0][:1].isdigit() else _ALL_DAYS
    begins, dash, ends = words[0].partition("-") if words else ("", "", "")
    if not dash or len(words) > 2:
        raise RefusedError(f"{text!r} is no window", _WINDOW_FIX)
    if len(words) == 1:
        raise RefusedError(f"{text!r} does not say whose clock is meant", f"Add the zone: {text} Europe/Berlin, or UTC")
    return Window(begins=_clock(begins), ends=_clock(ends), days=days, zone=_zone(words[1]))


def read_times(text: str, otherwise: tzinfo | None) -> Times:
    """When an entry begins. otherwise: the zone, where the text names none. Raises RefusedError."""
    words = text.split()
    zone = otherwise
    if len(words) > 1 and re.match(r"[A-Z]|[a-z_]+/", words[-1]) and words[-1].lower() not in (*DAYS, *_MONTHS):
        zone = _zone(words.pop())
    if not words or len(words) not in (1, 2, 5):
        raise RefusedError(f"{text!r} is no time", _AT_FIX)
    if zone is None:
        raise RefusedError(
            f"{text!r} does not say whose clock is meant", f'Add the zone: "{text} Europe/Berlin", or UTC'
        )
    return _crontab(text, words, zone) if len(words) == 5 else _daily(text, words, zone)


def read_clock(text: str) -> time:
    """`22:30`. Raises RefusedError."""
    return _clock(text)


def _daily(text: str, words: list[str], zone: tzinfo) -> Times:
    clock = _clock(words[-1])
    return Times(
        text=text,
        minutes=frozenset({clock.minute}),
        hours=frozenset({clock.hour}),
        days=frozenset(range(1, 32)),
        months=frozenset(range(1, 13)),
        weekdays=_weekdays(words[0]) if len(words) == 2 else _ALL_DAYS,
        zone=zone,
    )


def _crontab(text: str, words: list[str], zone: tzinfo) -> Times:
    minutes, hours, days, months, weekdays = words
    named_months = {name: number for number, name in enumerate(_MONTHS, start=1)}
    named_days = {name: number for number, name in enumerate(_CRON_DAYS)}
    return Times(
        text=text,
        minutes=_field(minutes, "minute", 0, 59),
        hours=_field(hours, "hour", 0, 23),
        days=_field(days, "day of the month", 1, 31),
        months=_field(months, "month", 1, 12, named_months),
        weekdays=frozenset((day - 1) % 7 for day in _field(weekdays, "day of the week", 0, 7, named_days)),
        zone=zone,
        # As cron does: where both are restricted, one of the two is enough.
        either=not days.startswith("*") and not weekdays.startswith("*"),
    )


def _field(text: str, what: str, least: int, most: int, names: Mapping[str, int] | None = None) -> frozenset[int]:
    found: set[int] = set()
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise RefusedError(f"{text!r} is no {what} of a crontab", _AT_FIX)
        first, last, step = match.groups()
        if first == "*":
            begin, end = least, most
        else:
            begin = _number(first, names or {}, what)
            end = _number(last, names or {}, what) if last else (most if step else begin)
        if (last and first == "*") or not least <= begin <= end <= most or step == "0":
            raise RefusedError(f"{part!r} is no {what}: it lies between {least} and {most}", _AT_FIX)
        found.update(range(begin, end + 1, int(step or 1)))
    return frozenset(found)


def _number(word: str, names: Mapping[str, int], what: str) -> int:
    if word.lower() in names:
        return names[word.lower()]
    if not word.isdecimal():
        raise RefusedError(f"{word!r} is no {what} of a crontab", _AT_FIX)
    return int(word)


def _weekdays(text: str) -> frozenset[int]:
    if text.lower() == "daily":
        return _ALL_DAYS
    found: set[int] = set()
    for part in text.lower().split(","):
        first, _, last = part.partition("-")
        begin, end = _weekday(first), _weekday(last or first)
        found.update((begin + step) % 7 for step in range((end - begin) % 7 + 1))
    return frozenset(found)


def _weekday(word: str) -> int:
    if word not in DAYS:
        raise RefusedError(f"{word!r} is no day of the week", f"Use {', '.join(DAYS)}, as in mon-fri or sat,sun.")
    return DAYS.index(word)


def _clock(text: str) -> time:
    match = _CLOCK.fullmatch(text)
    if match is None:
        raise RefusedError(f"{text!r} is no time of day", "Write it with four digits, from 00:00 to 23:59.")
    return time(int(match[1]), int(match[2]))


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        meant = suggestion(name, available_timezones())
        fix = f"Did you mean {meant}?" if meant else "Give one of the tz database, such as Europe/Berlin, or UTC."
        raise RefusedError(f"there is no time zone {name!r} on this machine", fix) from None
