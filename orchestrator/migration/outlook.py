"""What a running copy will take from here, and what a new one would: from what its own rounds have shown."""

from dataclasses import dataclass, replace

from orchestrator.migration.carriage import FILLING, XBZRLE_FROM_ROUND, Load, Road, Speed, speed
from orchestrator.migration.choice import Asked
from orchestrator.migration.course import Round
from orchestrator.migration.lever import Situation
from orchestrator.migration.predict import Start, rest
from orchestrator.migration.select import asked_for, load, road, windows
from orchestrator.migration.workload import Window, changed, fit
from orchestrator.model.offer import Forecast
from orchestrator.model.transport import Method

# A look every half second: of a round of this length a quarter of it may be wrong, of a shorter one more.
_TELLING_SECONDS = 2.0
# Windows of two lengths show where the guest comes back to the same pages.
_ENOUGH = 2
# From the second round on only what was changed is sent.
_SHRINKING_FROM = 2
# So many rounds back a guest counts as what it is now.
_RECENT = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """load, road: as the copy has shown them. seen: its speed, None where its rounds do not show it yet."""

    now: Situation
    load: Load
    road: Road
    seen: Speed | None

    def going(self, limit_ms: int, *, max_throttle: int | None = None) -> Forecast:
        """Going on, with this downtime limit, and a throttle of at most what the policy allows, or this."""
        now, sample = self.now, self.now.course.sample
        start = Start(
            remaining_bytes=self._left(),
            round=max(sample.round, 1),
            in_round=now.course.in_round,
            throttle_percent=sample.throttle_percent,
        )
        transport = replace(now.transport, downtime_limit_ms=limit_ms)
        most = now.terms.policy.convergence.max_throttle if max_throttle is None else max_throttle
        return rest(transport, self.load, self.road, start, seen=self.seen, max_throttle=most)

    @property
    def telling(self) -> bool:
        """Whether more than one window of the guest's writing is known."""
        return len(self.load.writing.windows) >= _ENOUGH

    def switched(self) -> Forecast:
        """A switch to post-copy now: what remains, and what was changed since this round began."""
        seconds = self.paused_seconds()
        return Forecast(
            seconds=seconds, rounds=1, downtime_ms=self.road.handover_ms, because="post-copy fetches what remains"
        )

    def paused_seconds(self) -> float:
        """What it takes to send all that is left of a guest that changes nothing more."""
        course = self.now.course
        again = changed(self.load.writing, course.in_round, course.sample.throttle_percent)
        return (self._left() + again) / self._speed().guest + self.road.handover_ms / 1000

    def asked(self) -> Asked:
        """The arguments of a choice anew, with what this copy has taught."""
        now = self.now
        fresh = asked_for(now.move, now.terms, now.measurement, now.crossing, now.absent)
        return replace(fresh, load=self.load, road=self.road, wary=True)

    def _left(self) -> float:
        sample = self.now.course.sample
        return sample.remaining_bytes if sample.memory_remaining_bytes is None else sample.memory_remaining_bytes

    def _speed(self) -> Speed:
        return self.seen or speed(self.now.transport, self.load, self.road, max(self.now.course.sample.round, 1))


def outlook(now: Situation) -> Outlook:
    """Read the course of the copy."""
    seen = _seen(now)
    return Outlook(now=now, load=_load(now), road=_road(now), seen=seen)


def _seen(now: Situation) -> Speed | None:
    course = now.course
    if course.guest is None or not course.wire:
        return None
    if now.transport.method is Method.XBZRLE and course.sample.round <= XBZRLE_FROM_ROUND:
        return None
    return Speed(guest=course.guest, wire=course.wire)


def _load(now: Situation) -> Load:
    """The measurement, corrected by what the rounds of this copy have shown."""
    course, planned = now.course, load(now.move, now.measurement)
    used = min(planned.used_bytes, course.sent_once or planned.used_bytes)
    writing = fit(_windows(now), used)
    if len(writing.windows) < _ENOUGH:
        writing = fit((*windows(now.measurement), *writing.windows), used)
    return replace(planned, used_bytes=used, writing=writing, **_shrinking(now))


def _shrinking(now: Situation) -> dict[str, float]:
    """To what the pages shrink that the guest changes, where this copy shrinks them: it is known better than before."""
    seen = _seen(now)
    if seen is None or now.course.sample.round < _SHRINKING_FROM:
        return {}
    share = min(seen.wire / seen.guest, 1.0)
    match now.transport.method:
        case Method.COMPRESSED:
            return {"changed_compressed": share}
        case Method.XBZRLE:
            return {"delta": share}
        case _:
            return {}


def _windows(now: Situation) -> tuple[Window, ...]:
    """What was changed in each round; short ones are taken together, since it is not known when exactly they began."""
    over = [one for one in now.course.rounds[-_RECENT - 1 :] if one.lasted and one.number]
    long = [one for one in over if one.count == 1 and (one.lasted or 0) >= _TELLING_SECONDS]
    short = [one for one in over if one not in long]
    found = [Window(seconds=_unslowed(one), unique_bytes=one.changed) for one in long]
    if count := sum(one.count for one in short):
        seconds = sum(_unslowed(one) for one in short) / count
        found.append(Window(seconds=seconds, unique_bytes=sum(one.changed for one in short) / count))
    return tuple(found)


def _unslowed(over: Round) -> float:
    """Seconds in which the guest would have changed as much without the throttle."""
    return (over.lasted or 0) * (1 - min(over.throttle_percent, 99) / 100)


def _road(now: Situation) -> Road:
    """A link gives at least what it gave. A method that fills it, at no pace, shows all of it; of others a measurement
    may know more, but not what an interface reports."""
    planned = road(now.move.offers, now.terms, now.measurement, now.crossing)
    best, probed = now.course.best_wire, now.measurement.link_bytes_per_second if now.measurement else None
    if not best:
        return planned
    known = probed if isinstance(probed, int) else now.crossing.bytes_per_second
    filled = now.transport.method in FILLING and now.transport.pace_bytes_per_second is None
    link = best if filled else max(best, known or best)
    cap = now.terms.bandwidth_bytes_per_second
    return replace(planned, link_bytes_per_second=min(link, cap or link))
