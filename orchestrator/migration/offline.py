"""A guest whose definition alone moves: shut off (offline), or shut down for it and started again afterwards (cold).

Promises: nothing is forced. A guest that does not shut itself down in time stays; one that ferry had shut down is
started again wherever its definition ends up, or the verdict says that it is left shut off.
"""

from dataclasses import replace
from enum import StrEnum

from orchestrator.migration import confirm, settle, statement
from orchestrator.migration.decision import Become, Decision, Do, End, Scene, Side, Wait, Watch
from orchestrator.migration.place import Says
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import BeginMove, SetAutostart, ShutDown, Start, Undefine
from orchestrator.model.effect import Done
from orchestrator.model.move import State
from orchestrator.model.sighting import InFlight, NotOurs, Returned, Sighting
from orchestrator.model.transport import Mode

LOOK = 0.2
# How libvirt calls a guest that has ended as it was asked to; after a restart of its daemon it does not know better.
_AS_ASKED = ("shutdown", "unknown", "daemon", "")
_CRASHED = ("crashed", "failed")


class Phase(StrEnum):
    """How far the move has come, from its journal."""

    UNTOUCHED = "nothing was ordered"
    ASKED = "the guest was asked to shut itself down"
    CALLED = "libvirt was told to move the definition"


class Step(StrEnum):
    """What a situation calls for."""

    DRIFTED = "it is no longer as planned"
    NOT_BEGUN = "a host is silent"
    ASK = "ask the guest to shut itself down"
    AWAIT = "wait until it has"
    MOVE = "move its definition"
    BACK = "it stays at the source"
    HALFWAY = "both hosts define it"
    ARRIVED = "the destination has it"
    GONE = "no host defines it"
    SETTLE = "as for any other move"


_ALL = tuple(Says)
_GONE = (Says.ABSENT, Says.OFF)
_LIVE = (Says.RUNNING, Says.PAUSED)
_BOTH, _COLD, _OFFLINE = (Mode.OFFLINE, Mode.COLD), (Mode.COLD,), (Mode.OFFLINE,)
_S, P = Says, Phase
_Row = tuple[Phase, tuple[Mode, ...], tuple[Says, ...], tuple[Says, ...], Step, str]

# First match wins: phase, modes, source, destination. Neither side is ever taken for absent because it is silent.
ROWS: tuple[_Row, ...] = (
    (P.UNTOUCHED, _BOTH, (_S.SILENT,), _ALL, Step.NOT_BEGUN, "nothing is begun with a host that does not answer"),
    (P.UNTOUCHED, _BOTH, _ALL, (_S.SILENT,), Step.NOT_BEGUN, "it may run there"),
    (P.UNTOUCHED, _OFFLINE, (_S.OFF,), _GONE, Step.MOVE, "the ordinary case"),
    (P.UNTOUCHED, _COLD, (_S.RUNNING,), _GONE, Step.ASK, "the ordinary case"),
    (P.UNTOUCHED, _BOTH, _ALL, _ALL, Step.DRIFTED, "started, shut down, paused or moved since the plan"),
    (P.ASKED, _BOTH, _LIVE, _GONE, Step.AWAIT, "it is shutting down, or does not care"),
    (P.ASKED, _BOTH, (_S.OFF,), _GONE, Step.MOVE, "it has shut itself down"),
    (P.ASKED, _BOTH, (_S.ABSENT,), (_S.ABSENT,), Step.GONE, "somebody has removed its definition meanwhile"),
    (P.ASKED, _BOTH, _ALL, _ALL, Step.SETTLE, "twice, silent, or moved by somebody else"),
    (P.CALLED, _BOTH, (_S.OFF,), (_S.ABSENT,), Step.BACK, "the definition did not move"),
    (P.CALLED, _BOTH, _LIVE, _GONE, Step.BACK, "it was started again at the source, by ferry or by somebody"),
    (P.CALLED, _BOTH, (_S.OFF,), (_S.OFF,), Step.HALFWAY, "libvirt defines it there first, then removes it here"),
    (P.CALLED, _BOTH, (_S.OFF,), _LIVE, Step.HALFWAY, "it runs there; the definition here could start it twice"),
    (P.CALLED, _BOTH, (_S.ABSENT,), (_S.OFF, *_LIVE), Step.ARRIVED, "the ordinary case"),
    (P.CALLED, _BOTH, (_S.ABSENT,), (_S.ABSENT,), Step.GONE, "somebody has removed its definition meanwhile"),
    (P.CALLED, _BOTH, _ALL, _ALL, Step.SETTLE, "twice, silent, or moved on by somebody else"),
)


def step(phase: Phase, mode: Mode, source: Says, destination: Says) -> Step:
    """Look it up. The table covers everything (a test proves it)."""
    return next(s for p, m, ours, theirs, s, _ in ROWS if p is phase and mode in m and source in ours
                and destination in theirs)  # fmt: skip


def decide(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """Say what to do next with a move whose mode is offline or cold, whatever state it is in."""
    if now.record.state is State.WAITING:
        return Become(state=State.PREPARING, because="the ledger granted its slots"), now.watch
    wanted = step(_phase(now), now.record.move.transport.mode, now.source, now.destination)
    match wanted:
        case Step.NOT_BEGUN | Step.DRIFTED:
            return _not_begun(now, wanted), now.watch
        case Step.ASK:
            return _ask(now, terms)
        case Step.AWAIT:
            return _await(now, terms)
        case Step.MOVE:
            return _move(now, terms), now.watch
        case Step.BACK:
            return (_back(now, terms) if _settled(now) else Wait(seconds=LOOK)), now.watch
        case Step.HALFWAY:
            return _halfway(now, terms) if _settled(now) else (Wait(seconds=LOOK), now.watch)
        case Step.ARRIVED:
            return _arrived(now, terms)
        case Step.GONE:
            return _gone(now), now.watch
        case Step.SETTLE:
            return settle.settle(now, terms), now.watch


def _phase(now: Scene) -> Phase:
    if not now.record.begun:
        return Phase.UNTOUCHED
    return Phase.ASKED if now.record.transport is None else Phase.CALLED


def _not_begun(now: Scene, wanted: Step) -> End:
    move = now.record.move
    if wanted is Step.NOT_BEGUN:
        because, code = f"{statement.silence(now)}; nothing was begun", "host.unreachable"
    else:
        planned = "shut off" if move.transport.mode is Mode.OFFLINE else "running"
        because, code = f"planned {planned} on {move.source}, now {statement.quote(now)}", "migration.drifted"
    where = move.source if now.source in (*_LIVE, Says.OFF) and now.destination in _GONE else None
    return End(state=State.KEPT, where=where, because=because, code=code)


def _ask(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    if terms.level >= Level.STOP:
        return _kept(now, "stopped before anything was begun", "migration.cancelled"), now.watch
    return _asking(now)


def _asking(now: Scene) -> tuple[Do, Watch]:
    because = "the operator agreed that it is shut down, moved and started again"
    shut_down = ShutDown(guest=now.record.move.guest)
    return Do(side=Side.SOURCE, command=shut_down, because=because), replace(now.watch, begun_at=now.look.at)


def _await(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """The time limit begins anew with a process that takes over: it bounds how long ferry waits, not the guest."""
    if "shut-down" not in now.record.tried and terms.level < Level.ABORT:
        return _asking(now)  # a process died with the question on its lips
    since = now.look.at if now.watch.begun_at is None else now.watch.begun_at
    watch, limit = replace(now.watch, begun_at=since), now.record.move.transport.shutdown_timeout_ms / 1000
    because = None
    if "start" in now.record.tried:
        code, because = _why_back(now, terms)
        return _kept(now, because, code), watch
    if "shut-down" in now.record.refusals:
        because = f"it could not be asked to shut down: {now.record.refusals['shut-down']}"
    elif now.look.at - since > limit:
        because = f"it has not shut down within {limit:.0f} s; it was asked to, and may still do so"
    if because is None:
        # An order to abort cannot take the question back: a guest that obeys it late would be left shut off.
        return Wait(seconds=LOOK), watch
    code = "migration.cancelled" if terms.level is Level.ABORT else "guest.not-shut-down"
    return _kept(now, because, code), watch


def _move(now: Scene, terms: Terms) -> Decision:
    record, move = now.record, now.record.move
    cold = move.transport.mode is Mode.COLD
    if terms.level >= (Level.ABORT if cold else Level.STOP):
        return _back(now, terms)
    reason = now.look.source.reason if isinstance(now.look.source, Sighting) else ""
    if cold and reason in _CRASHED:
        return End(state=State.ENDED, where=None, because=statement.quote(now), code="guest.crashed")
    if cold and reason not in _AS_ASKED:
        return _kept(now, f"it ended otherwise than asked: {statement.quote(now)}", "migration.drifted")
    if record.begun and not now.seen_again:
        return Wait(seconds=LOOK)
    command = BeginMove(
        guest=move.guest, destination=move.destination, peer_uri=move.peer_uri, transport=move.transport
    )
    because = f"{move.because}; it is shut off on {move.source}"
    return Do(side=Side.SOURCE, command=command, because=because)


def _settled(now: Scene) -> bool:
    """Whether the call is over for good: one of a dead process, or cut off, may still wait in the daemon."""
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    if now.record.refused is not None or settle.answered(now):
        return True
    return not isinstance(call, InFlight) and now.settled_for >= settle.ACCEPTED_SETTLES


def _back(now: Scene, terms: Terms) -> Decision:
    """The source has it. What ferry had shut down is started again."""
    move = now.record.move
    code, because = _why_back(now, terms)
    if now.source is not Says.OFF or move.transport.mode is Mode.OFFLINE:
        return _kept(now, because, code)
    if now.record.tried.count("start") >= TRIES:
        return _left_off(now, because)
    return Do(side=Side.SOURCE, command=Start(guest=move.guest), because=f"it goes on at its source: {because}")


def _why_back(now: Scene, terms: Terms) -> tuple[str, str]:
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    refused = now.record.refused
    if _phase(now) is not Phase.CALLED or (terms.level is Level.ABORT and refused is None):
        by = f" by {terms.by}" if terms.by else ""
        return "migration.cancelled", f"stopped{by} before its definition had moved"
    if refused is not None:
        return refused.code, refused.why
    if isinstance(call, Returned) and not isinstance(call.effect, Done):
        return getattr(call.effect, "code", "migration.failed"), call.effect.why
    return "migration.failed", "both hosts agree that its definition has not moved"


def _halfway(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """Go on where libvirt stopped, if the definition at the destination is of this move's making."""
    record, move = now.record, now.record.move
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    done = isinstance(call, Returned) and isinstance(call.effect, Done)
    ours = record.destination_was_free and not record.defined_there
    if not (done or ours or now.destination in _LIVE):
        return _back(now, terms), now.watch
    if "undefine" in record.tried:
        return _arrived(now, terms)  # refused: the verdict names what is left
    because = f"{move.destination} defines it now; what is left on {move.source} could start it twice"
    return Do(side=Side.SOURCE, command=Undefine(guest=move.guest), because=because), now.watch


def _arrived(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    record, move, call = now.record, now.record.move, getattr(now.look.source, "call", NotOurs())
    if isinstance(call, InFlight):
        return Wait(seconds=LOOK), now.watch
    if record.state is not State.CONFIRMING:
        return Become(state=State.CONFIRMING, because=statement.quote(now)), now.watch
    there = now.look.destination
    if isinstance(there, Sighting) and move.autostart and not there.autostart and "set-autostart" not in record.tried:
        because = f"autostart was set on {move.source}; libvirt does not carry it"
        command = SetAutostart(guest=move.guest, on=True)
        return Do(side=Side.DESTINATION, command=command, because=because), now.watch
    if now.destination is not Says.OFF:
        return confirm.confirm(now, terms)
    if move.transport.mode is Mode.OFFLINE:
        return _moved(now), now.watch
    if record.tried.count("start") >= TRIES:
        return _left_off(now, "it has moved"), now.watch
    because = f"its definition is on {move.destination} alone, and it ran before the move"
    return Do(side=Side.DESTINATION, command=Start(guest=move.guest), because=because), now.watch


def _moved(now: Scene) -> End:
    warnings = tuple(confirm.left_behind(now))
    code = "guest.left-behind" if warnings else None
    where = now.record.move.destination
    return End(state=State.MIGRATED, where=where, because=statement.quote(now), code=code, warnings=warnings)


def _gone(now: Scene) -> Decision:
    if not _settled(now) and now.settled_for < settle.ADOPTED_SETTLES:
        return Wait(seconds=LOOK)
    return End(state=State.ENDED, where=None, because=statement.quote(now), code="guest.gone")


def _kept(now: Scene, because: str, code: str) -> End:
    return End(state=State.KEPT, where=now.record.move.source, because=because, code=code)


def _left_off(now: Scene, because: str) -> End:
    """Said aloud, never passed over: a guest that ran before the move is shut off after it."""
    move = now.record.move
    where = move.source if now.source is Says.OFF and now.destination is Says.ABSENT else move.destination
    why = now.record.refusals.get("start", "libvirt did not say why")
    said = f"{because}; it is shut off on {where} and could not be started there: {why}"
    return End(state=State.ENDED, where=where, because=said, code="guest.left-off")
