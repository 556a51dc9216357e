"""The verdict as the journal keeps it: the end of a move with its measurements."""

from datetime import datetime

from orchestrator.migration.decision import End, Look
from orchestrator.migration.record import MoveRecord
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout, Outcome, State
from orchestrator.model.sample import JobResult
from orchestrator.model.sighting import Returned, Sighting


def outcome(record: MoveRecord, end: End, look: Look | None, blackout: Blackout | Unknown, now: datetime) -> Outcome:
    """Compose the outcome. Statistics are read from the destination: a transient source takes its own with it."""
    stats = _statistics(look) if end.state is State.MIGRATED else None
    took = int((now - record.prepared_at).total_seconds() * 1000) if record.prepared_at else None
    return Outcome(
        guest=record.move.guest,
        state=end.state,
        where=end.where,
        because=end.because,
        code=end.code,
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
        warnings=end.warnings,
    )


def _call_ms(look: Look | None) -> int | None:
    here = look.source if look else None
    returned = here.call if isinstance(here, Sighting) else None
    return returned.took_ms if isinstance(returned, Returned) else None


def _statistics(look: Look | None) -> JobResult | None:
    there = look.destination if look else None
    return there.last_job if isinstance(there, Sighting) else None
