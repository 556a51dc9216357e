"""A person has chosen which copy of a guest is kept: bring it about step by step, each one seen before the next.

The copy that is given up is paused, the other one goes on, and only then is the first one ended: at no moment do both
run, and none is ended unless the kept one is seen on its host as it was before the move.
"""

from dataclasses import replace

from orchestrator.migration.decision import Become, Decision, Do, End, Look, Scene, Side, Wait, Watch, scene
from orchestrator.migration.place import Says
from orchestrator.migration.record import MoveRecord
from orchestrator.migration.repeat import REPEATED, TRIES
from orchestrator.migration.statement import host, quote, silence
from orchestrator.model.command import Command, Discard, Resume, Suspend, Undefine
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, Outcome, State
from orchestrator.model.order import Keep
from orchestrator.model.sighting import Sighting

LOOK = 0.2
SILENCE_LASTS = 20.0  # seconds; the order stands, and `ferry resume` goes on with it once the host answers
_RESOLVABLE = ("guest.runs-twice", "guest.contradiction")
_GONE = (Says.ABSENT, Says.OFF)
_STANDS = (Says.PAUSED, Says.STRANDED, Says.WAITING)
_RUNS = (Says.RUNNING, Says.LEAVING)
_CAME_TO = {
    "suspend": Sighting(power=Power.PAUSED, reason="user", persistent=True),
    "resume": Sighting(power=Power.RUNNING, reason="unpaused", persistent=True),
    "discard": Sighting(power=Power.SHUT_OFF, reason="destroyed", persistent=True),
    "undefine": Sighting(power=Power.ABSENT),
}


def resolvable(outcome: Outcome | None) -> bool:
    """Whether a move was held so that a person can choose a copy. A silent host is asked again, not overruled."""
    return outcome is not None and outcome.doubt is not Doubt.SILENCE and outcome.code in _RESOLVABLE


def reopened(record: MoveRecord) -> MoveRecord:
    """The record of a move that is taken up again: what was ordered in vain before may be ordered again."""
    again = tuple(kind for kind in record.tried if kind not in REPEATED)
    suspended = tuple(host for host in dict.fromkeys(record.suspended) if record.has_suspended(host))
    return replace(record, outcome=None, tried=again, suspended=suspended, not_suspended=())


def resolve(now: Scene, keep: Keep) -> Decision:
    """The next step towards one copy, the verdict, or why it cannot be brought about."""
    kept = Side(keep)
    given_up = Side.DESTINATION if kept is Side.SOURCE else Side.SOURCE
    other = _says(now, given_up)
    if Says.SILENT in (now.source, now.destination):
        return _silent(now)
    if not now.seen_again:
        return Wait(seconds=LOOK)
    # Asked before anything is paused: the copy that is given up may be the only one that runs.
    if not _as_before(now, kept) and not _may_go_on(now, kept):
        return _stuck(now, f"the copy on {host(now, kept)}, which is to be kept, does not run")
    if other in _RUNS:
        because = f"the copy on {host(now, kept)} is kept; this one is given up"
        return _order(now, given_up, Suspend(guest=now.record.move.guest), because)
    if other not in (*_GONE, *_STANDS):
        return _stuck(now, f"the copy on {host(now, given_up)} does not stand paused, and is not ended")
    if not _as_before(now, kept):
        because = "it is the copy that is kept, and the other one does not run"
        return _order(now, kept, Resume(guest=now.record.move.guest), because)
    if other in _STANDS:
        because = f"{host(now, kept)} was seen with the copy that is kept; this one stands paused and is given up"
        return _order(now, given_up, Discard(guest=now.record.move.guest), because)
    return _finish(now, kept)


def foreseen(record: MoveRecord, look: Look, keep: Keep) -> tuple[tuple[Do, ...], Decision]:
    """The orders that the choice will come to, if each one does what it should, and what stands at their end."""
    orders: list[Do] = []
    while True:
        now = scene(record, Watch(), look)
        step = resolve(replace(now, watch=replace(now.watch, looks=2)), keep)
        if not isinstance(step, Do):
            return tuple(orders), step
        orders.append(step)
        if step.command.kind == "suspend":
            record = replace(record, suspended=(*record.suspended, host(now, step.side)))
        done = _CAME_TO[step.command.kind]
        look = replace(look, source=done) if step.side is Side.SOURCE else replace(look, destination=done)


def _may_go_on(now: Scene, side: Side) -> bool:
    """Only what ferry suspended, or what a migration left paused, goes on; who else paused it knows why."""
    said = now.look.source if side is Side.SOURCE else now.look.destination
    ours = now.record.has_suspended(host(now, side)) and isinstance(said, Sighting) and said.reason == "user"
    return _says(now, side) in (Says.STRANDED, Says.WAITING) or (ours and _says(now, side) is Says.PAUSED)


def _finish(now: Scene, kept: Side) -> Decision:
    record, move = now.record, now.record.move
    if kept is Side.DESTINATION:
        return Become(state=State.CONFIRMING, because=f"the copy on {move.destination} is kept: {quote(now)}")
    there, here = now.look.destination, now.look.source
    # Defined by this move, unless it was there before.
    left = isinstance(there, Sighting) and there.power is Power.SHUT_OFF and not record.defined_there
    if left and record.tried.count("undefine") < TRIES:
        because = f"{move.source} keeps the guest; the definition left on {move.destination} could start it twice"
        return Do(side=Side.DESTINATION, command=Undefine(guest=move.guest), because=because)
    warnings = [f"its definition is still on {move.destination}"] if left else []
    if move.persistent and isinstance(here, Sighting) and not here.persistent:
        warnings.append(f"it is not defined on {move.source}: it would not survive a shutdown there")
    return End(
        state=State.KEPT,
        where=move.source,
        because=f"a person chose the copy on {move.source}: {quote(now)}",
        code="guest.left-behind" if warnings else None,
        warnings=tuple(warnings),
    )


def _as_before(now: Scene, side: Side) -> bool:
    """Whether the copy is what the guest was when the move began: running, or paused."""
    before = Says.PAUSED if now.record.move.paused else Says.RUNNING
    return _says(now, side) is before


def _order(now: Scene, side: Side, command: Command, because: str) -> Decision:
    if now.record.tried.count(command.kind) >= TRIES:
        return _stuck(now, f"{host(now, side)} was ordered to {command.kind} it {TRIES} times, in vain")
    return Do(side=side, command=command, because=because)


def _silent(now: Scene) -> Decision:
    if now.settled_for <= SILENCE_LASTS:
        return Wait(seconds=LOOK)
    because = f"{silence(now)}; nothing is given up before both hosts answer"
    return End(state=State.UNCLEAR, where=None, because=because, code="guest.side-silent", doubt=Doubt.SILENCE)


def _stuck(now: Scene, why: str) -> End:
    return End(
        state=State.UNCLEAR,
        where=None,
        because=f"{quote(now)}; {why}",
        code="guest.contradiction",
        doubt=Doubt.CONTRADICTION,
    )


def _says(now: Scene, side: Side) -> Says:
    return now.source if side is Side.SOURCE else now.destination
