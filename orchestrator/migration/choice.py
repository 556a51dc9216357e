"""Which of the ways that two hosts offer ends soonest within the downtime budget, with a forecast for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestrator.migration import figures, ways
from orchestrator.migration.carriage import Load, Road
from orchestrator.migration.predict import forecast
from orchestrator.migration.terms import Terms
from orchestrator.migration.transport import DEFAULT_HANDOVER_MS, STREAMS, downtime_limit
from orchestrator.model.offer import Crossing, Forecast, Offers
from orchestrator.model.transport import Method, Mode, Transport

# A way that needs more of both hosts is taken where it saves more than this share, and more than these seconds: less
# than that no forecast can tell.
_CLEARLY_SHARE = 0.1
_CLEARLY_SECONDS = 1.0
# What nobody has looked at may shrink: where nothing else would end, the way with the best prospects is tried, and
# judged by what it then does. Pages of running guests were published to shrink to a third or half, changes to less.
_HOPED_COMPRESSED = 0.5
_HOPED_DELTA = 0.2
# A lower limit is a shorter pause. It is tried first where that costs no more seconds than this.
_FREE_SECONDS = 0.3
_FIRST_SHARES = (4, 2)
# Not lower than the window over which QEMU measures what the link gives.
_LEAST_FIRST_MS = 100
# Of what the link carries. Several streams fill their buffers, and what is in them when the guest is stopped,
# compressed many times over, has to arrive and be unpacked in the pause. Two guests with short compressed copies over
# 400 Mbit/s, medians: 453 and 283 ms without a pace, 302 and 372 at nine tenths, 247 and 175 at six. None took longer.
_PACE = 0.6
_LEAST_PACE = 2**20  # libvirt counts in MiB/s
# What a connection may have on its way, by the kernel's own bound (net.ipv4.tcp_rmem). Where that takes less than this
# share of the budget, there is nothing to gain.
_ON_ITS_WAY = 6 * 2**20
_WORTH_A_PACE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """base: any transport of the move. memory_bytes: of the guest. wary: a forecast has failed already, so that every
    way takes auto-converge along, where the policy allows it."""

    base: Transport
    terms: Terms
    offers: Offers
    memory_bytes: int
    load: Load
    road: Road
    wary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One way, and what it would take. hoped: if what changes shrinks to this share, which nobody
    knows."""

    transport: Transport
    forecast: Forecast
    hoped: float | None = None

    @property
    def name(self) -> str:
        """As the policy calls it."""
        return self.transport.method.value + (" with auto-converge" if self.transport.throttle else "")


def methods(asked: Asked) -> tuple[Method, ...]:
    """The ways that may be chosen from: the one that the policy names, or all that break none of its demands."""
    if asked.terms.policy.transport != "auto":
        return (Method(asked.terms.policy.transport),)
    return tuple(m for m in ways.fitting(asked.terms.policy, asked.offers) if m is not Method.TUNNELLED)


def most_limit(terms: Terms, crossing: Crossing, method: Method) -> int:
    """The highest downtime limit for QEMU that keeps a pause within the budget, hand-over included."""
    return downtime_limit(terms.downtime_ms, method, handover_ms(crossing))


def handover_ms(crossing: Crossing) -> int:
    """Of a pause on this way, what is not the sending of the last pages."""
    return DEFAULT_HANDOVER_MS if crossing.handover_ms is None else crossing.handover_ms


def choose(asked: Asked, among: Sequence[Method], same: Method | None = None) -> tuple[Option, tuple[Option, ...]]:
    """The way to take of these, and what was weighed against it. Asks for one method at least.

    Ways that end for certain come first, then those that may because the memory may shrink, then those that slow the
    guest; if none of them ends, the one that leaves the shortest pause. same: the method of a copy that has failed
    without auto-converge, which is only thought of among the last.
    """
    others = [method for method in among if method is not same]
    # Without a look inside nothing speaks for a way that lives on what is in the memory.
    known = [method for method in others if not _lives_on_the_unknown(asked.load, method)] or others
    plain = tuple(_option(asked, method, asked.load, throttle=_throttle(asked)) for method in known)
    if ending := _ending(plain):
        return _wary(asked, _soonest(ending)), plain
    hoping = [
        replace(_option(asked, method, load, throttle=None), hoped=_hoped_share(load, method))
        for method in others
        if (load := _hoped(asked.load, method)) is not None
    ]
    if ending := _ending(hoping):
        return _soonest(ending), plain
    slowing = [_option(asked, method, asked.load, throttle=None) for method in among]
    if ending := _ending(slowing):
        return _soonest(ending), plain
    return min(slowing, key=lambda one: one.forecast.downtime_ms or 0), plain


def first_limit(asked: Asked, transport: Transport) -> Transport:
    """With the lowest downtime limit to begin with that costs no time; its own is the most that the budget allows."""
    fixed, most = asked.terms.policy.convergence.downtime_limit, transport.downtime_limit_ms
    if fixed is not None:
        # A ladder counts as the system it comes from, which leaves no room for the hand-over.
        highest = max(asked.terms.downtime_ms, 1) if asked.terms.policy.convergence.ladder else most
        return replace(transport, downtime_limit_ms=min(int(fixed), highest))
    whole = forecast(transport, asked.load, asked.road).seconds
    for share in _FIRST_SHARES if whole is not None else ():
        lower = replace(transport, downtime_limit_ms=max(most // share, min(_LEAST_FIRST_MS, most)))
        seconds = forecast(lower, asked.load, asked.road).seconds
        if whole is not None and seconds is not None and seconds <= whole + _FREE_SECONDS:
            return lower
    return transport


def paced(asked: Asked, transport: Transport, carried: float | None) -> Transport:
    """At a pace to begin with, where several streams are sent and that costs no more than a forecast can tell. carried:
    bytes a second that the way was seen to carry; what an interface reports tells nothing of it. A guest that stands
    still meanwhile gains nothing by it, and would stand longer; a ladder counts as the system it comes from."""
    if transport.mode is not Mode.LIVE or transport.paused or asked.terms.policy.convergence.ladder:
        return transport
    if transport.method not in STREAMS or carried is None:
        return transport
    if (transport.channels or 1) * _ON_ITS_WAY / carried < _WORTH_A_PACE * asked.terms.downtime_ms / 1000:
        return transport
    pace = max(round(carried * _PACE), _LEAST_PACE)
    slower = replace(asked.road, link_bytes_per_second=min(asked.road.link_bytes_per_second, pace))
    whole, then = (forecast(transport, asked.load, road).seconds for road in (asked.road, slower))
    if slower == asked.road or whole is None or then is None or then > whole + _CLEARLY_SECONDS:
        return transport
    said = f"begun with {figures.rate(pace)}, so that little is under way when the guest is stopped"
    return replace(transport, pace_bytes_per_second=pace, because=(*transport.because, said))


def _throttle(asked: Asked) -> bool | None:
    return None if asked.terms.policy.convergence.throttle == "on" else False


def _wary(asked: Asked, option: Option) -> Option:
    """With auto-converge at hand, where a forecast has failed before: QEMU uses it only if it has to."""
    if not asked.wary:
        return option
    return replace(option, transport=_option(asked, option.transport.method, asked.load, throttle=None).transport)


def _ending(options: Sequence[Option]) -> list[Option]:
    return [one for one in options if one.forecast.seconds is not None]


def _option(asked: Asked, method: Method, load: Load, *, throttle: bool | None) -> Option:
    policy = asked.terms.policy
    base = replace(
        asked.base, downtime_limit_ms=downtime_limit(asked.terms.downtime_ms, method, asked.road.handover_ms)
    )
    way = ways.built(base, method, policy, asked.offers, memory_bytes=asked.memory_bytes, throttle=throttle)
    return Option(transport=way, forecast=forecast(way, load, asked.road, max_throttle=policy.convergence.max_throttle))


def _lives_on_the_unknown(load: Load, method: Method) -> bool:
    unknown = {Method.COMPRESSED: load.compressed is None, Method.XBZRLE: load.delta is None}
    return unknown.get(method, False)


def _hoped(load: Load, method: Method) -> Load | None:
    """What the load would be if it shrank; None where this method gains nothing by that, or it is known."""
    if method is Method.COMPRESSED and load.changed_compressed is None:
        ratio = _HOPED_COMPRESSED if load.compressed is None else load.compressed
        return replace(load, compressed=ratio, changed_compressed=ratio)
    if method is Method.XBZRLE and load.delta is None:
        return replace(load, delta=_HOPED_DELTA)
    return None


def _hoped_share(load: Load, method: Method) -> float | None:
    return load.delta if method is Method.XBZRLE else load.changed_compressed


def _soonest(options: Sequence[Option]) -> Option:
    """The first, and so the simplest, of those that are as good as the best."""
    best = min(one.forecast.seconds or 0.0 for one in options)
    near = best + max(_CLEARLY_SECONDS, _CLEARLY_SHARE * best)
    return next(one for one in options if (one.forecast.seconds or 0.0) <= near)


def reasons(chosen: Option, weighed: Sequence[Option]) -> tuple[str, ...]:
    """The chosen way's forecast, and those of the others, each in a sentence."""
    head = f"{chosen.name}: {chosen.forecast.because}"
    if chosen.hoped is not None:
        head = f"{head}, if what it changes shrinks to {figures.percent(chosen.hoped)}, which nobody has looked at"
    others = (one for one in weighed if one.name != chosen.name)
    return (head, *(f"rather than {one.name}: {one.forecast.because.partition(': ')[0]}" for one in others))
