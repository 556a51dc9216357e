"""What of the schedule is to begin now, and what would if nothing stood in its way."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import islice

from orchestrator.evacuation.window import moment, next_opening, open_until
from orchestrator.model.hold import Hold
from orchestrator.model.host import HostName
from orchestrator.model.schedule import Scheduled, Times

_RESTS, _RESTS_AT_MOST = timedelta(minutes=1), timedelta(minutes=30)
LATE = timedelta(hours=1)  # so long after its time an entry still begins that has neither window nor deadline
EVERYTHING = "all"  # the name of a hold on everything
# A window opens within a week and closes within a day, a deadline is at most a week: what is older is missed.
_DAYS_BACK = 9
_NONE: Mapping[str, "Silence"] = {}
_A_LEAP_YEAR_COMES = 5 * 366
_ENOUGH = 14  # days on which its time comes and it cannot begin: on no other one will it


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """An entry was begun and found a host, or the store, silent: since when, and when last."""

    since: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """To begin now. slot: its time, before splay. until: when it must be over; None: whenever it is. silence: it was
    begun for this time before, and found that."""

    entry: Scheduled
    slot: datetime
    until: datetime | None
    silence: Silence | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Its time has come, and it does not begin yet."""

    entry: Scheduled
    slot: datetime
    why: str


def due(
    schedule: Sequence[Scheduled],
    ran: Mapping[str, datetime],
    holds: Sequence[Hold],
    now: datetime,
    controller: str,
    silences: Mapping[str, Silence] = _NONE,
) -> tuple[Due | Later, ...]:
    """The entries whose time has come, in the order of the schedule; what has run since its time is not among them.

    ran: when an entry was last begun, of those that were brought to an end. controller: the machine that asks, by
    which entries with a splay begin at different moments. silences: of the entries that were begun in vain.
    """
    found = (_judged(entry, ran.get(entry.name), holds, now, controller) for entry in schedule)
    return tuple(_again(one, silences.get(one.entry.name), now) for one in found if one is not None)


def _again(one: Due | Later, silence: Silence | None, now: datetime) -> Due | Later:
    """Begun in vain for this time, it rests for as long as it has been in vain, within bounds."""
    if isinstance(one, Later) or silence is None or silence.since < one.slot:
        return one
    begins = rests_until(silence)
    if now < begins:
        why = f"a host or the store was silent at {_utc(silence.last)}; it is begun again from {_utc(begins)} on"
        return Later(entry=one.entry, slot=one.slot, why=why)
    return replace(one, silence=silence)


def rests_until(silence: Silence) -> datetime:
    """When what found a host silent is tried again: it rests for as long as it has been in vain, within bounds."""
    return silence.last + min(max(silence.last - silence.since, _RESTS), _RESTS_AT_MOST)


def in_force(holds: Sequence[Hold], names: Sequence[str], now: datetime) -> tuple[Hold, ...]:
    """The holds on any of these, or on everything, that have not ended by themselves."""
    return tuple(one for one in holds if one.name in (EVERYTHING, *names) and (one.until is None or now < one.until))


def sentence(hold: Hold) -> str:
    """Who holds what, since when, why, and until when."""
    what = "everything is" if hold.name == EVERYTHING else f"{hold.name} is"
    until = "" if hold.until is None else f", until {_utc(hold.until)}"
    return f"{what} on hold since {_utc(hold.at)} by {hold.by}{until}: {hold.because}"


def splay(entry: Scheduled, controller: str, day: date) -> timedelta:
    """How much later than its time it begins: less than its splay, the same for a controller all day."""
    if not entry.splay_seconds:
        return timedelta(0)
    said = hashlib.sha256(f"{controller}\0{entry.name}\0{day}".encode()).digest()
    return timedelta(seconds=int.from_bytes(said[:8], "big") % entry.splay_seconds)


def ever(entry: Scheduled, since: date) -> bool:
    """Whether there is a day from `since` on, in the next few years, on which it can begin."""
    days = (since + timedelta(days=number) for number in range(_A_LEAP_YEAR_COMES))
    for day in islice((day for day in days if happens(entry.at, day)), _ENOUGH):
        for clock in _clocks(entry.at):
            slot = moment(day, clock, entry.at.zone, fold=0)
            opens = slot if entry.window is None else next_opening(entry.window, slot)
            ends = _end(entry, slot, opens)
            if ends is None or opens + timedelta(seconds=entry.splay_seconds) < ends:
                return True
    return False


def upcoming(entry: Scheduled, now: datetime, controller: str) -> datetime | None:
    """When an entry may begin next, of its times that have not come yet; None: never in the next few years."""
    yesterday = now.astimezone(entry.at.zone).date() - timedelta(days=1)  # of which a splay may still run
    for day in (yesterday + timedelta(days=number) for number in range(_A_LEAP_YEAR_COMES)):
        late = splay(entry, controller, day)
        for clock in reversed(tuple(_clocks(entry.at))) if happens(entry.at, day) else ():
            slot = moment(day, clock, entry.at.zone, fold=0)
            if slot + late <= now:
                continue
            opens = slot + late if entry.window is None else next_opening(entry.window, slot + late)
            ends = _end(entry, slot, opens)
            if ends is None or opens < ends:
                return opens
    return None


def hosts_of(entry: Scheduled) -> tuple[HostName, ...]:
    """The hosts that a hold would keep it from: those it names, and those it may fill."""
    to = entry.options.get("to", ())
    return (*entry.hosts, *(HostName(host) for host in to)) if isinstance(to, tuple) else entry.hosts


def _judged(
    entry: Scheduled, ran: datetime | None, holds: Sequence[Hold], now: datetime, controller: str
) -> Due | Later | None:
    slot, begins = next(_past(entry, now, controller), (None, now))
    if slot is None or (ran is not None and ran >= slot):
        return None
    opens = begins if entry.window is None else next_opening(entry.window, begins)
    ends = _end(entry, slot, opens)
    if now >= (begins + LATE if ends is None else ends):  # missed: its next time counts
        return None
    if now < opens:
        return Later(entry=entry, slot=slot, why=f"outside its window ({entry.window}), which opens {_utc(opens)}")
    held = in_force(holds, (entry.name, *hosts_of(entry)), now)
    if held:
        return Later(entry=entry, slot=slot, why="; ".join(map(sentence, held)))
    return Due(entry=entry, slot=slot, until=ends)


def _end(entry: Scheduled, slot: datetime, opens: datetime) -> datetime | None:
    closes = None if entry.window is None else open_until(entry.window, opens)
    deadline = _deadline(entry, slot)
    return min((end for end in (closes, deadline) if end is not None), default=None)


def _deadline(entry: Scheduled, slot: datetime) -> datetime | None:
    if not isinstance(entry.deadline, time):
        return None if entry.deadline is None else slot + timedelta(seconds=entry.deadline)
    zone = entry.at.zone
    today = slot.astimezone(zone).date()
    later = (moment(today + timedelta(days=number), entry.deadline, zone, fold=1) for number in range(3))
    return next(one for one in later if one > slot)


def _past(entry: Scheduled, now: datetime, controller: str) -> Iterator[tuple[datetime, datetime]]:
    """Its times up to now, the last one first, each with the moment at which it begins."""
    at = entry.at
    today = now.astimezone(at.zone).date()
    for day in (today - timedelta(days=number) for number in range(_DAYS_BACK + 1)):
        if happens(at, day):
            late = splay(entry, controller, day)
            for clock in _clocks(at):
                slot = moment(day, clock, at.zone, fold=0)
                if slot + late <= now:
                    yield slot, slot + late


def happens(at: Times, day: date) -> bool:
    """Whether these times are times of that day."""
    if day.month not in at.months:
        return False
    number, weekday = day.day in at.days, day.weekday() in at.weekdays
    return (number or weekday) if at.either else (number and weekday)


def _clocks(at: Times) -> Iterator[time]:
    for hour in sorted(at.hours, reverse=True):
        for minute in sorted(at.minutes, reverse=True):
            yield time(hour, minute)


def _utc(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"
