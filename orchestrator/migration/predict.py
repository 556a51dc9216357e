"""What a copy will take: QEMU's pre-copy reckoned round by round, from how fast the guest writes and the link sends."""

from dataclasses import dataclass, replace

from orchestrator.migration import figures
from orchestrator.migration.carriage import Load, Road, Speed, speed
from orchestrator.migration.workload import changed
from orchestrator.model.offer import Forecast
from orchestrator.model.transport import Mode, Throttle, Transport

# After so many rounds one that does not end yet will not: each takes the time of the pause at least.
_MOST_ROUNDS = 500
# QEMU throttles more after two periods of a second or more in which the guest changed over half of what was sent
# (migration/ram.c, migration_trigger_throttle; QEMU 10 looks more often than once a round, which is not reckoned).
_TRIGGER_SHARE = 0.5
_TRIGGER_SECONDS = 1.0
_TRIGGER_TIMES = 2
_MOST_THROTTLE = 99
# Post-copy binds the guest to both hosts: it is only worth that where it saves this share of the time, and so many
# seconds, which any forecast may be wrong by.
_WORTH_SHARE = 0.1
_WORTH_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a copy stands: the round, what is left of it, the seconds it lasts already, and the throttle in force."""

    remaining_bytes: float
    round: int = 1
    in_round: float = 0.0
    throttle_percent: int = 0


def forecast(transport: Transport, load: Load, road: Road, *, max_throttle: int = _MOST_THROTTLE) -> Forecast:
    """What the whole copy takes in this way.

    Of one that would not end (rounds None), downtime_ms is the pause that it would take to end it. One that would have
    to slow its guest by more than max_throttle percent counts as one that would not end.
    """
    said = f"{load} over {road}"
    if transport.mode is not Mode.LIVE or transport.paused:
        return _at_rest(transport, load, road, said)
    found = rest(transport, load, road, Start(remaining_bytes=load.used_bytes), max_throttle=max_throttle)
    if transport.postcopy:
        switched = postcopy(transport, load, road)
        if is_worth(switched, found, road):
            found = switched
    return replace(found, because=f"{found.because}: {said}")


def rest(
    transport: Transport,
    load: Load,
    road: Road,
    start: Start,
    *,
    seen: Speed | None = None,
    max_throttle: int = _MOST_THROTTLE,
) -> Forecast:
    """What a pre-copy still takes from here; seen: its speed, instead of a reckoned one."""
    left, throttling, total = start.remaining_bytes, _Throttling(percent=start.throttle_percent), 0.0
    lasted = start.in_round
    for number in range(start.round, start.round + _MOST_ROUNDS):
        pace = seen or speed(transport, load, road, number)
        pending = left + changed(load.writing, lasted, throttling.percent)
        if pending <= pace.wire * transport.downtime_limit_ms / 1000:
            pause = pending / pace.guest
            return _ends(total + pause, number, pause, road)
        total += left / pace.guest
        lasted += left / pace.guest
        before, left = left, changed(load.writing, lasted, throttling.percent)
        throttling = _throttled(throttling, transport.throttle, lasted, left, pace.wire * lasted)
        lasted = 0.0
        if throttling.percent > max_throttle:
            return _never(before, pace, road, f"it would take a throttle of more than {max_throttle} %")
    return _never(left, pace, road, f"each round leaves about {figures.size(left)} to send again")


def postcopy(transport: Transport, load: Load, road: Road) -> Forecast:
    """One round, the switch, and what was changed meanwhile: that ends, whatever the guest does."""
    once = load.used_bytes / speed(transport, load, road, 1).guest
    left = changed(load.writing, once) / speed(transport, load, road, 2).guest
    return Forecast(
        seconds=once + left + road.handover_ms / 1000,
        rounds=1,
        downtime_ms=road.switch_ms,
        because=f"one round of {figures.seconds(once)}, then {figures.seconds(left)} of post-copy",
    )


def is_worth(switched: Forecast, precopy: Forecast, road: Road) -> bool:
    """Whether a switch to post-copy ends so much sooner that both hosts may be needed for it. One that would be silent
    for longer than the budget allows is not, where pre-copy keeps to it."""
    if precopy.seconds is None or switched.seconds is None:
        return switched.seconds is not None
    return road.tolerated and precopy.seconds - switched.seconds > max(_WORTH_SECONDS, _WORTH_SHARE * precopy.seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Throttling:
    """The throttle, and QEMU's account of the periods that make it throttle more."""

    percent: int
    times: int = 0
    seconds: float = 0.0
    dirtied: float = 0.0
    sent: float = 0.0


def _throttled(
    before: _Throttling, throttle: Throttle | None, lasted: float, dirtied: float, sent: float
) -> _Throttling:
    """After a round that lasted so long; nothing happens without auto-converge."""
    if throttle is None:
        return before
    now = replace(before, seconds=before.seconds + lasted, dirtied=before.dirtied + dirtied, sent=before.sent + sent)
    if now.seconds < _TRIGGER_SECONDS:
        return now
    times = now.times + (now.dirtied > _TRIGGER_SHARE * now.sent)
    if times < _TRIGGER_TIMES:
        return _Throttling(percent=now.percent, times=times)
    more = now.percent + throttle.increment if now.percent else throttle.initial
    return _Throttling(percent=min(more, _MOST_THROTTLE))


def _at_rest(transport: Transport, load: Load, road: Road, said: str) -> Forecast:
    """Nothing changes while a guest stands still: one round, all of it a pause where it ran before."""
    whole = load.used_bytes / speed(transport, load, road, 1).guest + road.handover_ms / 1000
    downtime = road.handover_ms if transport.paused else round(whole * 1000)
    return Forecast(seconds=whole, rounds=1, downtime_ms=downtime, because=f"one round of a guest at rest: {said}")


def _ends(seconds: float, rounds: int, pause: float, road: Road) -> Forecast:
    whole = seconds + road.handover_ms / 1000
    downtime = round(pause * 1000) + road.handover_ms
    because = f"{rounds} rounds in {figures.seconds(whole)}, pause {downtime} ms"
    return Forecast(seconds=whole, rounds=rounds, downtime_ms=downtime, because=because)


def _never(left: float, pace: Speed, road: Road, why: str) -> Forecast:
    downtime = round(left / pace.guest * 1000) + road.handover_ms
    because = f"would not end: {why}, a pause of {figures.seconds(downtime / 1000)}"
    return Forecast(seconds=None, rounds=None, downtime_ms=downtime, because=because)
