"""The way a guest's memory will travel, chosen from what both hosts offer, what was measured, and the policy."""

from collections.abc import Mapping
from dataclasses import replace

from orchestrator.migration import figures, ways
from orchestrator.migration.carriage import Load, Road
from orchestrator.migration.choice import (
    Asked,
    choose,
    first_limit,
    handover_ms,
    methods,
    paced,
    reasons,
)
from orchestrator.migration.terms import Terms, lower
from orchestrator.migration.workload import Window, Writing, fit
from orchestrator.model.move import Move
from orchestrator.model.offer import Content, Crossing, DirtyRate, Feature, Gauging, Measurement, Offers
from orchestrator.model.transport import Method, Mode, Transport

# A measurement takes somewhat more than a second. A copy that takes less than this would have to become half as long
# for it to be worth that.
_QUICK_SECONDS = 3.0
# The least that a network for migrations has, where neither an interface, a probe nor an earlier move says more.
_UNKNOWN_LINK = 125_000_000
# Methods of which the gain depends on what is in the memory.
_BY_CONTENT = (Method.COMPRESSED, Method.XBZRLE)
# Medians of the silences at a switch to post-copy in the lab, seen from outside: 139 to 582 ms where pages that the
# guest asks for overtake the others (postcopy-preempt), 443 to 991 ms where they wait behind them.
_SWITCH_MS, _SWITCH_BEHIND_MS = 325, 729


def gauging(move: Move, terms: Terms, crossing: Crossing) -> Gauging:
    """What is worth measuring before this move begins: nothing where it could not change the choice, or where the copy
    is as quick as the measurement, by the rate that an earlier move had on this way. What an interface reports is no
    such rate: it says what the cable can, not what the path gives."""
    convergence = terms.policy.convergence
    if convergence.measure == "never" or _at_rest(move) or convergence.ladder:
        return Gauging()
    among = methods(asked_for(move, terms, None, crossing, {}))
    throttle = convergence.throttle == "auto" and move.offers.has(Feature.THROTTLE)
    if convergence.measure == "auto":
        if len(among) == 1 and not throttle:
            return Gauging()
        known = crossing.bytes_per_second
        if known and _used(move) / min(known, terms.bandwidth_bytes_per_second or known) < _QUICK_SECONDS:
            return Gauging()
    inside = convergence.look_inside and any(method in _BY_CONTENT for method in among)
    return Gauging(dirty=move.offers.has(Feature.DIRTY_RATE), link=True, content=inside)


def select(
    move: Move, terms: Terms, measurement: Measurement | None, crossing: Crossing, absent: Mapping[Feature, str]
) -> Transport:
    """The transport of the next attempt. absent: what libvirt or QEMU refused in an earlier one, with their words."""
    base = move.transport
    if base.mode in (Mode.OFFLINE, Mode.COLD):
        return base
    asked = asked_for(move, terms, measurement, crossing, absent)
    chosen, weighed = choose(asked, methods(asked))
    transport = paced(asked, first_limit(asked, chosen.transport), _carried(measurement, crossing))
    said = (*_limit_said(terms, crossing, transport), *reasons(chosen, weighed))
    return replace(transport, because=(*base.because, *said, *transport.because[len(base.because) :]))


def capped(transport: Transport, terms: Terms) -> Transport:
    """The same way under the caps that hold at this moment: it may have been chosen a while ago."""
    second = lower(transport.postcopy_bandwidth_bytes_per_second, terms.postcopy_bandwidth_bytes_per_second)
    return replace(
        transport,
        bandwidth_bytes_per_second=terms.bandwidth_bytes_per_second,
        postcopy_bandwidth_bytes_per_second=second if transport.postcopy else None,
    )


def load(move: Move, measurement: Measurement | None) -> Load:
    """What is to be carried, as far as anybody has looked."""
    content = measurement.content if measurement and isinstance(measurement.content, Content) else None
    used = _used(move)
    return Load(
        used_bytes=used,
        writing=Writing() if _at_rest(move) else fit(windows(measurement), used),
        zero=content.zero if content else 0.0,
        compressed=content.compressed if content else None,
        # A guest that changed nothing between two looks leaves nothing for XBZRLE to be good or bad at.
        delta=content.delta if content else None,
        changed_compressed=content.changed_compressed if content else None,
    )


def windows(measurement: Measurement | None) -> tuple[Window, ...]:
    """What the measurement has seen of the guest's writing."""
    if measurement is None or not isinstance(measurement.dirty, DirtyRate):
        return ()
    dirty = measurement.dirty
    return (Window(seconds=dirty.window_seconds, unique_bytes=dirty.bytes_per_second * dirty.window_seconds),)


def road(offers: Offers, terms: Terms, measurement: Measurement | None, crossing: Crossing) -> Road:
    """What it is to be carried over: a probe counts more than an earlier move, and that more than an interface."""
    link = _carried(measurement, crossing) or offers.link_bytes_per_second or _UNKNOWN_LINK
    idle = offers.source_cpus * (1 - (offers.source_busy or 0.0))
    switch_ms = _SWITCH_MS if offers.has(Feature.POSTCOPY_PREEMPT) else _SWITCH_BEHIND_MS
    return Road(
        link_bytes_per_second=min(link, terms.bandwidth_bytes_per_second or link),
        cpus=min(idle, offers.destination_cpus),
        handover_ms=handover_ms(crossing),
        switch_ms=switch_ms,
        tolerated=switch_ms <= terms.downtime_ms,
    )


def _carried(measurement: Measurement | None, crossing: Crossing) -> int | None:
    """What somebody has seen the way carry."""
    probed = measurement.link_bytes_per_second if measurement else None
    return (probed if isinstance(probed, int) else None) or crossing.bytes_per_second


def asked_for(
    move: Move, terms: Terms, measurement: Measurement | None, crossing: Crossing, absent: Mapping[Feature, str]
) -> Asked:
    """The arguments of a choice before a copy runs. absent: features that an earlier attempt was refused."""
    offers = ways.without(move.offers, absent)
    base = replace(move.transport, bandwidth_bytes_per_second=terms.bandwidth_bytes_per_second)
    over = road(offers, terms, measurement, crossing)
    if over.link_bytes_per_second != _UNKNOWN_LINK:  # channels are counted by what the path gives, not by its interface
        offers = replace(offers, link_bytes_per_second=round(over.link_bytes_per_second))
    return Asked(
        base=base,
        terms=terms,
        offers=offers,
        memory_bytes=move.memory_bytes,
        load=load(move, measurement),
        road=over,
    )


def _limit_said(terms: Terms, crossing: Crossing, transport: Transport) -> tuple[str, ...]:
    kept = handover_ms(crossing)
    handover = f"{kept} ms are kept" if crossing.handover_ms is None else f"{kept} ms were seen to be needed"
    limit = transport.downtime_limit_ms
    said = f"of a pause of {terms.downtime_ms} ms, {handover} for handing over, and QEMU plans with {limit} ms"
    if terms.bandwidth_bytes_per_second is None:
        return (said,)
    return (said, f"no more than {figures.rate(terms.bandwidth_bytes_per_second)}")


def _used(move: Move) -> int:
    used = move.offers.used_bytes
    return move.memory_bytes if used is None else min(used, move.memory_bytes)


def _at_rest(move: Move) -> bool:
    return move.paused or move.transport.mode is not Mode.LIVE
