"""The next step of one move, from its record, a look at both hosts, and the terms that hold now."""

from dataclasses import replace

from orchestrator.migration import confirm, held, offline, postcopy, precopy, resolve, settle, statement
from orchestrator.migration.decision import Become, Decision, Do, End, Look, Measure, Scene, Side, Wait, Watch, scene
from orchestrator.migration.pace import pace
from orchestrator.migration.place import Place, Says
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.repeat import spaced
from orchestrator.migration.select import capped, gauging, select
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import BeginMove
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.sighting import InFlight, Sighting
from orchestrator.model.transport import Mode


def decide(record: MoveRecord, watch: Watch, look: Look, terms: Terms) -> tuple[Decision, Watch]:
    """Say what to do next, and what to remember until the next look.

    Promises: a command is only ever answered for a situation both hosts confirmed, except those that libvirt itself
    refuses when they would be too late. Never answers anything that ends a guest unasked.
    """
    decision, watch = _decide(scene(record, watch, look), terms)
    return spaced(decision, watch, look.at)


def _decide(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    record = now.record
    if terms.keep is not None and record.state is not State.CONFIRMING:
        return resolve.resolve(now, terms.keep), now.watch
    if record.move.transport.mode in (Mode.OFFLINE, Mode.COLD):
        return offline.decide(now, terms)
    match record.state:
        case State.WAITING:
            return _first(now, terms), now.watch
        case State.MEASURING:
            return _measure(now, terms), now.watch
        case State.CONFIRMING:
            return confirm.confirm(now, terms)
        case State.PREPARING if not record.begun:
            return _begin(now, terms)
    return _follow(now, terms)


def _first(now: Scene, terms: Terms) -> Become:
    granted = "the ledger granted its slots"
    if gauging(now.record.move, terms, now.watch.crossing).anything:
        return Become(state=State.MEASURING, because=granted)
    return Become(state=State.PREPARING, because=granted)


def _measure(now: Scene, terms: Terms) -> Decision:
    if terms.level >= Level.STOP:
        return _stay(now, "stopped before the copy began", "migration.cancelled")
    what = gauging(now.record.move, terms, now.watch.crossing)
    if now.record.measurement is None and what.anything:
        return Measure(what=what)
    return Become(state=State.PREPARING, because="what can be known beforehand is known")


def _begin(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    record, move = now.record, now.record.move
    # A first attempt that an operator stops is not begun; one that ferry itself has broken off to do better goes on.
    if terms.level >= (Level.ABORT if record.attempt else Level.STOP):
        return _stay(now, "stopped before the copy began", "migration.cancelled"), now.watch
    if now.where is Place.SILENT:
        return _stay(now, f"{statement.silence(now)}; the copy was not begun", "host.unreachable"), now.watch
    if now.where is Place.TWICE or (now.where is Place.NOWHERE and record.attempt):
        return settle.settle(now, terms), now.watch
    expected = Power.PAUSED if move.paused else Power.RUNNING
    source = now.look.source
    if now.where is not Place.SOURCE or not isinstance(source, Sighting) or source.power is not expected:
        saw = f"planned {expected.value} on {move.source}, now {now.where.value} ({statement.quote(now)})"
        return _stay(now, saw, "migration.drifted"), now.watch
    chosen = record.again or select(move, terms, record.measurement, record.crossing, record.absent)
    transport = capped(chosen, terms)
    command = BeginMove(guest=move.guest, destination=move.destination, peer_uri=move.peer_uri, transport=transport)
    because = f"{move.because}; both hosts agree that it is only on {move.source}"
    at = now.look.at
    first = at if now.watch.first_begun_at is None else now.watch.first_begun_at
    watch = replace(now.watch, begun_at=at, first_begun_at=first, cancelled_at=None, course=None)
    return Do(side=Side.SOURCE, command=command, because=because), watch


def _stay(now: Scene, because: str, code: str) -> End:
    """Nothing was begun: the guest is where it is."""
    move = now.record.move
    where = {Place.SOURCE: move.source, Place.DESTINATION: move.destination}.get(now.where)
    if now.where is Place.SILENT and now.record.attempt and now.source in (Says.RUNNING, Says.PAUSED):
        where = move.source  # the copy of the attempt before was seen to be gone
    return End(state=State.KEPT, where=where, because=because, code=code)


def _follow(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """A copy may exist: watch it, steer it, and settle once it is over."""
    match now.where:
        case Place.UNDERWAY | Place.SWITCHING:
            if settle.never_begun(now):
                saw = f"somebody else moves it: {statement.quote(now)}"
                return End(state=State.KEPT, where=None, because=saw, code="migration.drifted"), now.watch
            return precopy.underway(now, terms)
        case Place.SPLIT | Place.TORN | Place.HALF_LOST:
            return postcopy.split(now, terms)
        case Place.HELD:
            return held.held(now), now.watch
        case Place.DESTINATION:
            return Become(state=State.CONFIRMING, because=statement.quote(now)), now.watch
    if _calling(now) and now.where not in (Place.TWICE, Place.SILENT):
        # libvirt is at work on either end of the call; it returns by itself (keepalive: about 25 s).
        return Wait(seconds=pace(now)), now.watch
    return settle.settle(now, terms), now.watch


def _calling(now: Scene) -> bool:
    return isinstance(now.look.source, Sighting) and isinstance(now.look.source.call, InFlight)
