"""The copy is over or was never seen: what both hosts say decides how the move ended."""

from orchestrator.migration import double_run, statement
from orchestrator.migration.decision import Become, Decision, Do, End, Scene, Side, Wait
from orchestrator.migration.place import Place, Says
from orchestrator.migration.record import wanted
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import Discard, Resume, Undefine
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Doubt, State
from orchestrator.model.sighting import Call, NotOurs, Returned, Sighting

LOOK = 0.2  # seconds between two looks that are to confirm each other
ADOPTED_SETTLES = 2.0  # seconds the hosts must agree where no call of this process tells that the copy is over
# A call accepted from a process that died waits in the daemon for the guest's job lock, up to 30 s, before a job shows.
ACCEPTED_SETTLES = 40.0
CONTRADICTION_LASTS = 40.0  # libvirt's own clearing up after a lost peer ends with its keepalive, 25 to 30 s
_ENDS = {"shutdown": "guest.ended", "crashed": "guest.crashed", "failed": "guest.crashed"}  # libvirt's reasons


def settle(now: Scene, terms: Terms) -> Decision:
    """Answer the verdict, or a wait until the hosts have agreed for long enough."""
    match now.where:
        case Place.SOURCE:
            return _at_source(now, terms)
        case Place.SOURCE_AND_HELD:
            return _beside_a_held_copy(now)
        case Place.NOWHERE:
            return _nowhere(now)
        case Place.STRANDED:
            return _stranded(now)
        case Place.TWICE:
            return double_run.twice(now, terms)
        case Place.SILENT:
            return double_run.silent(now, terms)
        case _:
            return contradiction(now)


def _at_source(now: Scene, terms: Terms) -> Decision:
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    # Where this move's own call was refused, the one that succeeded was an earlier move's.
    if isinstance(call, Returned) and isinstance(call.effect, Done) and now.record.refused is None:
        return contradiction(now)  # libvirt reported success, yet the guest is where it was: find out, do not guess
    if has_run_there(now) or _defined_unwatched(now):
        host, there = now.record.move.source, now.record.move.destination
        return contradiction(now, f"it ran on {there}, or may have done so: the memory on {host} is the older one")
    if now.record.refused is None and (not now.seen_again or _since_the_order(now) < _patience(now)):
        return Wait(seconds=LOOK)
    if now.record.paused_meanwhile and now.source is Says.PAUSED and not now.record.move.paused:
        return _let_go_on(now)
    left = _left_there(now)
    if left and "undefine" not in now.record.tried:
        because = f"{now.record.move.source} has it; the definition that the copy left there could start it twice"
        return Do(side=Side.DESTINATION, command=Undefine(guest=now.record.move.guest), because=because)
    anew = _why_anew(now, call, terms)
    if anew is not None:
        return Become(state=State.PREPARING, because=anew)
    code, because = _why_kept(now, call)
    warnings = (f"its definition is still on {now.record.move.destination}",) if left else ()
    return End(state=State.KEPT, where=now.record.move.source, because=because, code=code, warnings=warnings)


def _patience(now: Scene) -> float:
    """Seconds that the source must have the guest before it counts as over: the order may still wait in its daemon."""
    if answered(now):
        return LOOK
    return ACCEPTED_SETTLES if now.record.state is State.PREPARING else ADOPTED_SETTLES


def _since_the_order(now: Scene) -> float:
    begun = now.watch.begun_at
    return now.settled_for if begun is None else min(now.settled_for, now.look.at - begun)


def answered(now: Scene) -> bool:
    """Whether the daemon itself has said that this process's call is over; one that was cut off says nothing."""
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    return isinstance(call, Returned) and not (isinstance(call.effect, Unclear) and call.effect.cut)


def has_run_there(now: Scene) -> bool:
    """Whether this run's copy was seen to run, or was meant to be started: the memory at the source is older then."""
    record, seen = now.record, now.watch.destination_seen
    watched = record.begun and record.refused is None and (seen.runs_since is not None or seen.ran_since is not None)
    return record.ran_there or record.start_meant or watched


def _defined_unwatched(now: Scene) -> bool:
    """Whether the copy has left its definition while no ferry looked: libvirt writes it just before it starts one."""
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    return isinstance(call, NotOurs) and not now.record.holds and _left_there(now)


def _left_there(now: Scene) -> bool:
    """Whether this run's copy has left its definition: there was none before, and the source has not lost its own.

    libvirt defines a copy before it starts it; what is ended afterwards, by libvirt or by ferry, leaves that behind.
    """
    record, here = now.record, now.look.source
    made = record.begun and record.refused is None and record.destination_was_free and not record.defined_there
    kept = isinstance(here, Sighting) and here.persistent and record.move.persistent
    return made and kept and now.destination is Says.OFF


def _let_go_on(now: Scene) -> Decision:
    if now.record.tried.count("resume") >= TRIES:
        return contradiction(now)
    because = "ferry paused it so that it would arrive, and it has not arrived"
    return Do(side=Side.SOURCE, command=Resume(guest=now.record.move.guest), because=because)


def _why_anew(now: Scene, call: Call | None, terms: Terms) -> str | None:
    """Why another attempt is begun: a better way was found, or this one asked for what libvirt or QEMU lacks."""
    record = now.record
    if terms.level is Level.ABORT or not now.record.begun or now.destination not in (Says.ABSENT, Says.OFF):
        return None
    if record.again is not None:
        return record.cancelled_because
    refusal = call.effect if isinstance(call, Returned) else record.refused
    if not isinstance(refusal, Refused) or not refusal.unsupported or record.transport is None:
        return None
    lacking = [feature for feature in wanted(record.transport) if feature not in record.absent]
    return f"without {', '.join(lacking)}: {refusal.why}" if lacking else None


def _why_kept(now: Scene, call: Call | None) -> tuple[str, str]:
    record = now.record
    if record.cancelled is not None:
        return record.cancelled.code, record.cancelled_because or ""
    if record.refused is not None:
        return record.refused.code, record.refused.why
    if isinstance(call, Returned) and isinstance(call.effect, Refused):
        return call.effect.code, call.effect.why
    if isinstance(call, Returned) and not isinstance(call.effect, Done):
        return "migration.failed", call.effect.why
    if record.state is State.PREPARING:
        return "migration.interrupted", "the run was interrupted before the copy was seen"
    return "migration.failed", "the copy ended while nobody watched; both hosts agree that it did not arrive"


def _beside_a_held_copy(now: Scene) -> Decision:
    if not now.seen_again or now.settled_for < ADOPTED_SETTLES:
        return Wait(seconds=LOOK)  # libvirt clears such a copy away itself, where it still can
    return _superfluous(now)


def _superfluous(now: Scene) -> Decision:
    """The source runs the guest after all, and the copy of this run's making has never run: only then it is ended."""
    record, move = now.record, now.record.move
    mine = record.destination_was_free and not has_run_there(now)
    if not mine or record.tried.count("discard") >= TRIES:
        return End(
            state=State.UNCLEAR,
            where=move.source,
            because=statement.quote(now),
            code="guest.contradiction",
            doubt=Doubt.CONTRADICTION,
        )
    because = f"{move.source} runs it; the copy held on {move.destination} has never run"
    return Do(side=Side.DESTINATION, command=Discard(guest=move.guest), because=because)


def _nowhere(now: Scene) -> Decision:
    """Active nowhere. How it ended is known where a definition is left: at the destination, if it has run there."""
    if not now.seen_again:
        return Wait(seconds=LOOK)
    if never_begun(now):
        return End(state=State.KEPT, where=None, because=statement.quote(now), code="migration.drifted")
    arrived = now.record.ran_there or now.record.state is State.CONFIRMING
    last = now.look.destination if arrived else now.look.source
    reason = last.reason if isinstance(last, Sighting) and last.power is Power.SHUT_OFF else ""
    code = _ENDS.get(reason, "guest.gone")
    return End(state=State.ENDED, where=None, because=statement.quote(now), code=code)


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
    proven = now.record.move.persistent or watched
    return now.destination in (Says.ABSENT, Says.WAITING) and not has_run_there(now) and proven


def never_begun(now: Scene) -> bool:
    """Whether a copy of this run is proven never to have existed."""
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    refused = isinstance(call, Returned) and isinstance(call.effect, Refused)
    begun = now.record.begun or now.record.attempt
    return not begun or now.record.refused is not None or refused


def contradiction(now: Scene, why: str = "") -> Decision:
    """What both hosts say makes no sense together: give libvirt time to clear up, then hold the move for a person."""
    if now.settled_for <= CONTRADICTION_LASTS:
        return Wait(seconds=0.5)
    return End(
        state=State.UNCLEAR,
        where=_proven_on(now),
        because="; ".join(part for part in (statement.quote(now), why) if part),
        code="guest.contradiction",
        doubt=Doubt.CONTRADICTION,
    )


def _proven_on(now: Scene) -> HostName | None:
    """Where the guest certainly is although the hosts contradict each other; None: nobody knows."""
    if now.where is Place.LEFTOVER:
        return now.record.move.destination
    # A copy that still waits for its memory has never run, whatever keeps libvirt from clearing it away.
    unborn = now.destination is Says.INCOMING and not has_run_there(now)
    return now.record.move.source if now.source is Says.RUNNING and unborn else None
