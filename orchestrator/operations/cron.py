"""Do what the schedule says is due: one process at a time, one entry after the other."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import partial

from orchestrator.engine.lease import kept
from orchestrator.errors import OrchestratorError
from orchestrator.evacuation.due import Due, Later, Silence, due, hosts_of, in_force, sentence, upcoming
from orchestrator.model.hold import Hold
from orchestrator.model.run import RunId
from orchestrator.model.schedule import Scheduled
from orchestrator.model.tick import Coming, Tick, Told
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import dead

LEASE = "cron"
SILENT, LATER = 6, 75
# Somebody else at work, a controller that shuts down: what ended so is begun again by the next call while it is due.
_AGAIN = frozenset({LATER, 143})
_STOPPED = frozenset({130, 143})
_LATEST = 50  # runs among which the one of an entry is looked for: others may have begun some meanwhile
_SINCE, _LAST = "silent since", "silent last"

Perform = Callable[[Due], int]


def tick(doors: Doors, perform: Perform, first: Callable[[], bool]) -> Tick:
    """Begin what is due, the next entry when the one before is over; the clock is read anew for each.

    perform: does an entry and answers its exit code. first: adopts what dead processes left; False: leave it at that.
    Raises store.unavailable before anything was begun.
    """
    with kept(doors.store(), doors.loop(), LEASE, doors.holder, partial(dead, doors)) as held:
        if held is not None:
            return Tick(busy=f"{held.holder} is at it, its lease lasts until {held.until:%Y-%m-%d %H:%M:%S} UTC")
        return Tick(told=tuple(_each(doors, perform)) if first() else ())


def look(doors: Doors) -> Tick:
    """What would be begun now, what keeps the others whose time has come, and when that of the rest comes."""
    now = doors.clock.now()
    found, holds = _now(doors, now), doors.store().holds()
    come = {one.entry.name for one in found}
    rest = (entry for entry in doors.settings.schedule if entry.name not in come)
    return Tick(
        told=tuple(_told(one) for one in found),
        coming=tuple(_coming(entry, holds, now, doors.holder.controller) for entry in rest),
    )


def _each(doors: Doors, perform: Perform) -> list[Told]:
    told: dict[str, Told] = {}
    while True:
        now = doors.clock.now()
        found = _now(doors, now)
        one = next((one for one in found if isinstance(one, Due) and one.entry.name not in told), None)
        if one is None:
            kept_back = [_told(other) for other in found if other.entry.name not in told]
            return [*told.values(), *kept_back]
        code = perform(one)
        told[one.entry.name] = replace(_told(one, code), run=_recorded(doors, one, now) if code else None)
        if code == SILENT:
            _keep_silence(doors, one, now)
        elif code not in _AGAIN:
            doors.store().keep_ran(one.entry.name, at=now)
        if code in _STOPPED:
            return list(told.values())


def _now(doors: Doors, now: datetime) -> tuple[Due | Later, ...]:
    schedule, store = doors.settings.schedule, doors.store()
    ran = {entry.name: at for entry in schedule if (at := store.ran(entry.name)) is not None}
    silences = {entry.name: found for entry in schedule if (found := _silence(doors, entry.name)) is not None}
    return due(schedule, ran, store.holds(), now, doors.holder.controller, silences)


# Kept beside the times at which entries ran, under names that no entry can have.
def _silence(doors: Doors, name: str) -> Silence | None:
    since, last = doors.store().ran(f"{name} {_SINCE}"), doors.store().ran(f"{name} {_LAST}")
    return None if since is None or last is None else Silence(since=since, last=last)


def _keep_silence(doors: Doors, one: Due, now: datetime) -> None:
    name = one.entry.name
    if one.silence is None:
        doors.store().keep_ran(f"{name} {_SINCE}", at=now)
    doors.store().keep_ran(f"{name} {_LAST}", at=now)


def _coming(entry: Scheduled, holds: Sequence[Hold], now: datetime, controller: str) -> Coming:
    at = upcoming(entry, now, controller)
    held = in_force(holds, (entry.name, *hosts_of(entry)), at or now)
    return Coming(name=entry.name, do=entry.do, hosts=entry.hosts, at=at, held="; ".join(map(sentence, held)))


def _recorded(doors: Doors, one: Due, since: datetime) -> RunId | None:
    """The last run that the entry has begun. A store that does not answer now is told of where it must be written."""
    with suppress(OrchestratorError):
        for run in doors.store().runs(limit=_LATEST):
            if run.started_at >= since and run.who.reason == one.entry.reason:
                return run.id
    return None


def _told(one: Due | Later, code: int = 0) -> Told:
    entry, waits = one.entry, isinstance(one, Later)
    return Told(
        name=entry.name,
        do=entry.do,
        hosts=entry.hosts,
        began=not waits,
        exit_code=LATER if waits else code,
        why=one.why if isinstance(one, Later) else "",
        again=isinstance(one, Due) and one.silence is not None,
    )
