"""The copy is over or was never seen: what both hosts say decides how the move ended."""

from orchestrator.migration.decision import Decision, Do, End, Scene, Side, Wait
from orchestrator.migration.place import Place, Says
from orchestrator.model.command import Resume, Suspend
from orchestrator.model.effect import Done, Refused
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.sighting import Returned, Sighting

LOOK = 0.2  # seconds between two looks that are to confirm each other
ADOPTED_SETTLES = 2.0  # seconds the hosts must agree where no call of this process tells that the copy is over
# A call accepted from a process that died waits in the daemon for the guest's job lock, up to 30 s, before a job shows.
ACCEPTED_SETTLES = 40.0
CONTRADICTION_LASTS = 40.0  # libvirt's own clearing up after a lost peer ends with its keepalive, 25 to 30 s
# A filtered data port makes the source's daemon hold the guest's lock for about 130 s; it is silent, the guest runs.
SILENCE_LASTS = 150.0
_ENDS = {"shutdown": "guest.ended", "crashed": "guest.crashed", "failed": "guest.crashed"}  # libvirt's reasons
TRIES = 3  # orders of one kind before a person is needed


def settle(now: Scene) -> Decision:
    """Answer the verdict, or a wait until the hosts have agreed for long enough."""
    match now.where:
        case Place.SOURCE:
            return _at_source(now)
        case Place.NOWHERE:
            return _nowhere(now)
        case Place.STRANDED:
            return _stranded(now)
        case Place.TWICE:
            return twice(now)
        case Place.SILENT:
            return _silent(now)
        case _:
            return contradiction(now)


def quote(now: Scene) -> str:
    """Both statements in one phrase, for reasons and errors."""
    move = now.record.move
    return f"{move.source} says {_word(now.look.source)}, {move.destination} says {_word(now.look.destination)}"


def silence(now: Scene) -> str:
    """Which host is silent, and why."""
    move = now.record.move
    both = ((move.source, now.look.source), (move.destination, now.look.destination))
    return "; ".join(f"{host} is silent: {said.why}" for host, said in both if isinstance(said, Unknown))


def _word(said: Sighting | Unknown) -> str:
    if isinstance(said, Unknown):
        return "nothing"
    return f"{said.power.value} ({said.reason})" if said.reason else said.power.value


def _at_source(now: Scene) -> Decision:
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    # Where this move's own call was refused, the one that succeeded was an earlier move's.
    if isinstance(call, Returned) and isinstance(call.effect, Done) and now.record.refused is None:
        return contradiction(now)  # libvirt reported success, yet the guest is where it was: find out, do not guess
    if isinstance(call, Returned):
        patience = LOOK
    else:
        patience = ACCEPTED_SETTLES if now.record.state is State.PREPARING else ADOPTED_SETTLES
    if now.record.refused is None and (not now.seen_again or now.settled_for < patience):
        return Wait(seconds=LOOK)
    code, because = _why_kept(now, call)
    return End(state=State.KEPT, where=now.record.move.source, because=because, code=code)


def _why_kept(now: Scene, call: object) -> tuple[str, str]:
    record = now.record
    if record.cancelled_because is not None:
        too_long = record.cancelled_because.startswith("not finished")
        return "migration.too-long" if too_long else "migration.cancelled", record.cancelled_because
    if record.refused is not None:
        return record.refused.code, record.refused.why
    if isinstance(call, Returned) and isinstance(call.effect, Refused):
        return call.effect.code, call.effect.why
    if isinstance(call, Returned) and not isinstance(call.effect, Done):
        return "migration.failed", call.effect.why
    if record.state is State.PREPARING:
        return "migration.interrupted", "the run was interrupted before the copy was seen"
    return "migration.failed", "the copy ended while nobody watched; both hosts agree that it did not arrive"


def _nowhere(now: Scene) -> Decision:
    """Active nowhere. How it ended is known where a definition is left: at the destination, if it has run there."""
    if not now.seen_again:
        return Wait(seconds=LOOK)
    if never_begun(now):
        return End(state=State.KEPT, where=None, because=quote(now), code="migration.drifted")
    arrived = now.record.ran_there or now.record.state is State.CONFIRMING
    last = now.look.destination if arrived else now.look.source
    reason = last.reason if isinstance(last, Sighting) and last.power is Power.SHUT_OFF else ""
    code = _ENDS.get(reason, "guest.gone")
    return End(state=State.ENDED, where=None, because=quote(now), code=code)


def _stranded(now: Scene) -> Decision:
    """Only the source has the guest, paused by a migration that is gone: it may go on where it is."""
    if not now.seen_again or now.settled_for < ADOPTED_SETTLES:
        return Wait(seconds=LOOK)
    if not _only_the_source_has_it(now) or now.record.tried.count("resume") >= TRIES:
        return contradiction(now)
    because = "a migration that no longer exists left it paused; the destination was seen without it"
    return Do(side=Side.SOURCE, command=Resume(guest=now.record.move.guest), because=because)


def _only_the_source_has_it(now: Scene) -> bool:
    """Whether the copy is proven never to have run: resumed beside a newer disk, old memory would destroy it.

    A persistent guest that ran at the destination is defined there (libvirt defines it before it starts the copy), so
    only a destination without it speaks for the source. A transient one leaves no trace: unwatched is unknown.
    """
    watched = now.watch.begun_at is not None
    ran_there = now.record.ran_there or now.watch.ran_first is Side.DESTINATION
    return now.destination is Says.ABSENT and not ran_there and (now.record.move.persistent or watched)


def never_begun(now: Scene) -> bool:
    """Whether a copy of this run is proven never to have existed."""
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    refused = isinstance(call, Returned) and isinstance(call.effect, Refused)
    return not now.record.begun or now.record.refused is not None or refused


def twice(now: Scene) -> Decision:
    """Stop the damage by suspending the newcomer of a guest this run was moving; a person decides the rest."""
    record, move = now.record, now.record.move
    if not now.seen_again:
        return Wait(seconds=LOOK)
    both_run = now.source in (Says.RUNNING, Says.LEAVING) and now.destination is Says.RUNNING
    ours = record.begun and record.destination_was_free and record.tried.count("suspend") < TRIES
    if both_run and ours:
        newcomer, why = _newcomer(now)
        because = f"it runs twice ({quote(now)}); {why} is suspended, none is destroyed"
        return Do(side=newcomer, command=Suspend(guest=move.guest), because=because)
    return End(
        state=State.UNCLEAR,
        where=None,
        because=quote(now) + ("; one copy was suspended" if "suspend" in record.tried else "; nothing was touched"),
        code="guest.runs-twice",
        doubt=Doubt.CONTRADICTION,
    )


def _newcomer(now: Scene) -> tuple[Side, str]:
    """The side whose copy began last, from what was seen; where that is not known, the copy that this run has made."""
    first = now.watch.ran_first or (Side.DESTINATION if now.record.ran_there else None)
    if first is None:
        return Side.DESTINATION, "which copy began last was not seen; the one this run made"
    return (Side.SOURCE if first is Side.DESTINATION else Side.DESTINATION), "the copy that began last"


def _silent(now: Scene) -> Decision:
    if now.settled_for <= SILENCE_LASTS:
        return Wait(seconds=1.0)
    # where stays None: the side that answers may run it, and so may the silent one.
    return End(state=State.UNCLEAR, where=None, because=silence(now), code="guest.side-silent", doubt=Doubt.SILENCE)


def contradiction(now: Scene) -> Decision:
    """What both hosts say makes no sense together: give libvirt time to clear up, then hold the move for a person."""
    if now.settled_for <= CONTRADICTION_LASTS:
        return Wait(seconds=0.5)
    return End(
        state=State.UNCLEAR,
        where=now.record.move.destination if now.where is Place.LEFTOVER else None,
        because=quote(now),
        code="guest.contradiction",
        doubt=Doubt.CONTRADICTION,
    )
