"""The next step of one move, from its record, a look at both hosts, the operator's orders and the policy."""

from dataclasses import replace

from orchestrator.migration import confirm, settle
from orchestrator.migration.decision import Become, Decision, Do, End, Level, Look, Scene, Side, Wait, Watch, scene
from orchestrator.migration.pace import pace
from orchestrator.migration.place import Place
from orchestrator.migration.record import MoveRecord
from orchestrator.model.command import BeginMove, Cancel
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.policy import Policy
from orchestrator.model.sighting import InFlight, Sighting

CANCEL_AGAIN_AFTER = 10.0  # seconds; libvirt's abort took 1.8 s on a path that was cut entirely


def decide(record: MoveRecord, watch: Watch, look: Look, level: Level, policy: Policy) -> tuple[Decision, Watch]:
    """Say what to do next, and what to remember until the next look.

    Promises: a command is only ever answered for a situation both hosts confirmed, except Cancel, which libvirt itself
    refuses when it would be too late. Never answers anything that stops a guest.
    """
    now = scene(record, watch, look)
    if record.state is State.WAITING:
        return Become(state=State.PREPARING, because="the ledger granted its slots"), now.watch
    if record.state is State.CONFIRMING:
        return confirm.confirm(now)
    if record.state is State.PREPARING and not record.begun:
        return _begin(now, level)
    return _follow(now, level, policy)


def _begin(now: Scene, level: Level) -> tuple[Decision, Watch]:
    move = now.record.move
    if level >= Level.STOP:
        return _stay(now, "stopped before the copy began", "migration.cancelled"), now.watch
    if now.where is Place.SILENT:
        return _stay(now, f"{settle.silence(now)}; the copy was not begun", "host.unreachable"), now.watch
    if now.where is Place.TWICE:
        return settle.settle(now), now.watch
    expected = Power.PAUSED if move.paused else Power.RUNNING
    source = now.look.source
    if now.where is not Place.SOURCE or not isinstance(source, Sighting) or source.power is not expected:
        saw = f"planned {expected.value} on {move.source}, now {now.where.value} ({settle.quote(now)})"
        return _stay(now, saw, "migration.drifted"), now.watch
    command = BeginMove(
        guest=move.guest, destination=move.destination, peer_uri=move.peer_uri, transport=move.transport
    )
    because = f"{move.because}; both hosts agree that it is only on {move.source}"
    return Do(side=Side.SOURCE, command=command, because=because), replace(now.watch, begun_at=now.look.at)


def _stay(now: Scene, because: str, code: str) -> End:
    """Nothing was begun: the guest is where it is."""
    move = now.record.move
    where = {Place.SOURCE: move.source, Place.DESTINATION: move.destination}.get(now.where)
    return End(state=State.KEPT, where=where, because=because, code=code)


def _follow(now: Scene, level: Level, policy: Policy) -> tuple[Decision, Watch]:
    """A copy may exist: watch it, cancel it where ordered, and settle once it is over."""
    if now.where in (Place.UNDERWAY, Place.SWITCHING):
        if settle.never_begun(now):
            saw = f"somebody else moves it: {settle.quote(now)}"
            return End(state=State.KEPT, where=None, because=saw, code="migration.drifted"), now.watch
        return _underway(now, level, policy)
    if now.where is Place.DESTINATION:
        return Become(state=State.CONFIRMING, because=settle.quote(now)), now.watch
    if _calling(now) and now.where is not Place.TWICE:
        # libvirt is at work on either end of the call; it returns by itself (keepalive: about 25 s).
        if now.where is Place.SILENT and now.settled_for > settle.SILENCE_LASTS:
            return settle.settle(now), now.watch
        return Wait(seconds=pace(now)), now.watch
    return settle.settle(now), now.watch


def _underway(now: Scene, level: Level, policy: Policy) -> tuple[Decision, Watch]:
    record, watch = now.record, now.watch
    reason = _why_cancel(now, level, policy)
    if reason and _may_order_cancel(now):
        cancel = Do(side=Side.SOURCE, command=Cancel(guest=record.move.guest), because=reason)
        return cancel, replace(watch, cancelled_at=now.look.at)
    seen = State.SWITCHOVER if now.where is Place.SWITCHING else State.PRECOPY
    if record.cancelled_because is not None:
        seen = State.CANCELLING
    if seen is not record.state:
        return Become(state=seen, because=record.cancelled_because or now.where.value), watch
    return Wait(seconds=pace(now)), watch


def _may_order_cancel(now: Scene) -> bool:
    if now.where is Place.SWITCHING:
        return False
    last = now.watch.cancelled_at
    return last is None or now.look.at - last >= CANCEL_AGAIN_AFTER


def _why_cancel(now: Scene, level: Level, policy: Policy) -> str | None:
    if now.record.cancelled_because is not None:
        return now.record.cancelled_because
    if level is Level.ABORT:
        return "ordered to abort"
    source = now.look.source
    elapsed = source.job.elapsed_ms if isinstance(source, Sighting) and source.job else 0
    if elapsed > policy.max_duration:
        return f"not finished after max_duration {policy.max_duration}"
    return None


def _calling(now: Scene) -> bool:
    return isinstance(now.look.source, Sighting) and isinstance(now.look.source.call, InFlight)
