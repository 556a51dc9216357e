"""The verdict as the journal keeps it: the end of a move with its measurements."""

from datetime import datetime

from orchestrator.migration.decision import End, Look
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.terms import Terms
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout, Outcome, State
from orchestrator.model.sample import JobResult
from orchestrator.model.sighting import Returned, Sighting
from orchestrator.model.transport import Mode


def outcome(
    record: MoveRecord, end: End, look: Look | None, blackout: Blackout | Unknown, terms: Terms, now: datetime
) -> Outcome:
    """Compose the outcome. Statistics are read from the destination: a transient source takes its own with it."""
    stats = _statistics(look) if end.state is State.MIGRATED else None
    broken = _over_budget(record, end, stats, blackout, terms)
    astray = record.path.says if record.path is not None and not record.path.fits else None
    took = int((now - record.prepared_at).total_seconds() * 1000) if record.prepared_at else None
    return Outcome(
        guest=record.move.guest,
        state=end.state,
        where=end.where,
        because=end.because,
        code=end.code or ("migration.over-budget" if broken else "network.other-path" if astray else None),
        doubt=end.doubt,
        duration_ms=took,
        vcpu_wait_ms=end.vcpu_wait_ms,
        libvirt_elapsed_ms=stats.elapsed_ms if stats else None,
        libvirt_call_ms=_call_ms(look),
        downtime_ms=stats.downtime_ms if stats else None,
        transferred_bytes=stats.transferred_bytes if stats else None,
        rounds=stats.rounds if stats else None,
        blackout_ms=blackout.longest_ms if isinstance(blackout, Blackout) else None,
        blackout_unknown=blackout.why if isinstance(blackout, Unknown) else None,
        warnings=(*end.warnings, *(said for said in (broken, astray) if said)),
        transport=record.transport,
        attempts=max(record.attempt, 1),
        measuring_ms=_between(record.measuring_since, record.prepared_at) if record.measuring_since else None,
        handover_ms=_handover_ms(stats),
        postcopy_ms=_between(record.split_at, now) if end.state is State.MIGRATED else None,
        throttle_percent=stats.throttle_percent if stats else 0,
    )


def _over_budget(
    record: MoveRecord, end: End, stats: JobResult | None, blackout: Blackout | Unknown, terms: Terms
) -> str | None:
    """That the guest stood still for longer than it was allowed to, unless somebody had agreed to that."""
    agreed = record.move.paused or record.paused_meanwhile or record.move.transport.mode is not Mode.LIVE
    if end.state is not State.MIGRATED or agreed:
        return None
    pause = stats.downtime_ms if stats is not None else None
    if pause is None and isinstance(blackout, Blackout):
        pause = blackout.longest_ms
    if pause is None or pause <= terms.downtime_ms:
        return None
    return f"it stood still for {pause} ms, and the budget is {terms.downtime_ms} ms"


def _between(since: datetime | None, until: datetime | None) -> int | None:
    return None if since is None or until is None else int((until - since).total_seconds() * 1000)


def _handover_ms(stats: JobResult | None) -> int | None:
    """Of the downtime, what libvirt itself took: both ends of the net downtime are taken by one QEMU's clock."""
    if stats is None or stats.downtime_ms is None or stats.downtime_net_ms is None:
        return None
    return max(stats.downtime_ms - stats.downtime_net_ms, 0)


def _call_ms(look: Look | None) -> int | None:
    here = look.source if look else None
    returned = here.call if isinstance(here, Sighting) else None
    return returned.took_ms if isinstance(returned, Returned) else None


def _statistics(look: Look | None) -> JobResult | None:
    there = look.destination if look else None
    return there.last_job if isinstance(there, Sighting) else None
