"""A copy is under way: obey orders, guard it against a silent destination, steer it towards its end."""

from dataclasses import replace

from orchestrator.migration.converge import steer
from orchestrator.migration.decision import Become, Decision, Do, Scene, Side, Wait, Watch
from orchestrator.migration.lever import Situation, pulled
from orchestrator.migration.pace import pace
from orchestrator.migration.place import Place, Says
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import Cancel, Command, SetDowntimeLimit
from orchestrator.model.move import State
from orchestrator.model.sighting import Sighting
from orchestrator.model.units import Milliseconds

CANCEL_AGAIN_AFTER = 10.0  # seconds; libvirt's abort took 1.8 s on a path that was cut entirely
# A daemon that is silent when the guest is handed over can leave it running twice: until it answers again the limit
# makes sure that QEMU does not try. libvirt takes no smaller one.
SILENCE_COUNTS = 3.0
LEAST_LIMIT_MS = 1


def underway(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """Answer an order to the source, the state that is seen, or a wait."""
    order, watch = _cancel(now, terms) or _guard(now, terms), now.watch
    if order is None and now.record.cancelled is None and now.where is Place.UNDERWAY:
        order, watch = _steered(now, terms)
    if order is not None:
        at = now.look.at if isinstance(order.command, Cancel) else watch.cancelled_at
        return order, replace(watch, cancelled_at=at)
    seen = State.SWITCHOVER if now.where is Place.SWITCHING else State.PRECOPY
    if now.record.cancelled is not None:
        seen = State.CANCELLING
    if seen is not now.record.state:
        return Become(state=seen, because=now.record.cancelled_because or now.where.value), now.watch
    if now.where is Place.SWITCHING and now.destination is Says.RUNNING and not now.record.ran_there:
        # Whatever comes, the source's memory is the older one from here on: that must be on record.
        because = f"{now.record.move.destination} runs it, {now.record.move.source} has not let go yet"
        return Become(state=seen, because=because), now.watch
    return Wait(seconds=pace(now)), now.watch


def _cancel(now: Scene, terms: Terms) -> Do | None:
    record = now.record
    guest, cancelled = record.move.guest, record.cancelled
    if now.where is Place.SWITCHING:
        return None
    begins_anew = cancelled is not None and cancelled.again is not None
    if not begins_anew and _cancelled_just_now(now):
        return None
    if terms.level is Level.ABORT and (cancelled is None or begins_anew):
        return _at_source(Cancel(guest=guest), f"ordered to abort by {terms.by}" if terms.by else "ordered to abort")
    if _cancelled_just_now(now):
        return None
    if cancelled is not None:
        return _at_source(cancelled, record.cancelled_because or "")
    if _taken_ms(now) > terms.max_duration_ms:
        because = f"not finished after max_duration {Milliseconds(terms.max_duration_ms)}"
        return _at_source(Cancel(guest=guest, code="migration.too-long"), because)
    return None


def _cancelled_just_now(now: Scene) -> bool:
    """An order to cancel, obeyed or refused, is given time to show."""
    last = now.watch.cancelled_at
    return last is not None and now.look.at - last < CANCEL_AGAIN_AFTER


def _taken_ms(now: Scene) -> float:
    """Milliseconds since the first attempt began; after an adoption what libvirt says of the last one."""
    source, first = now.look.source, now.watch.first_begun_at
    elapsed = source.job.elapsed_ms if isinstance(source, Sighting) and source.job else 0
    return elapsed if first is None else max(elapsed, (now.look.at - first) * 1000)


def _guard(now: Scene, terms: Terms) -> Do | None:
    """No switchover towards a daemon that does not answer, and no endless copy towards it either."""
    record = now.record
    answered = now.watch.destination_answered_at
    if record.cancelled is not None or answered is None:
        return None
    name, silent = record.move.destination, now.look.at - answered
    if now.destination is not Says.SILENT:
        if record.braked:
            limit = SetDowntimeLimit(guest=record.move.guest, limit_ms=record.limit_ms)
            return _once(now, limit, f"libvirt on {name} answers again")
        return None
    if now.where is Place.SWITCHING:  # too late for both: it is being handed over
        return None
    if silent > terms.policy.stall.silent_destination / 1000 and not _cancelled_just_now(now):
        cancel = Cancel(guest=record.move.guest, code="migration.destination-silent")
        return _at_source(cancel, f"libvirt on {name} has not answered for {silent:.0f} s")
    if silent > SILENCE_COUNTS and not record.braked:
        limit = SetDowntimeLimit(guest=record.move.guest, limit_ms=LEAST_LIMIT_MS, brake=True)
        because = f"libvirt on {name} has not answered for {silent:.0f} s; the guest is not handed over meanwhile"
        return _once(now, limit, because)
    return None


def _steered(now: Scene, terms: Terms) -> tuple[Do | None, Watch]:
    record, course, watch = now.record, now.watch.course, now.watch
    if course is None or record.transport is None or now.destination is Says.SILENT:
        return None, watch
    lever = steer(
        Situation(
            move=record.move,
            transport=record.transport,
            terms=terms,
            course=course,
            at=now.look.at,
            limit_ms=record.limit_ms,
            bandwidth_bytes_per_second=record.bandwidth_bytes_per_second,
            measurement=record.measurement,
            crossing=record.crossing,
            absent=record.absent,
            attempt=record.attempt,
            suspended=record.paused_meanwhile,
            tried=record.methods_before,
        )
    )
    if lever is None:
        return None, watch
    return _once(now, lever.command, lever.because), replace(watch, course=pulled(course, lever, now.look.at))


def _once(now: Scene, command: Command, because: str) -> Do | None:
    """A command that this host has refused word for word is not ordered again."""
    return None if command in now.record.declined else _at_source(command, because)


def _at_source(command: Command, because: str) -> Do:
    return Do(side=Side.SOURCE, command=command, because=because)
