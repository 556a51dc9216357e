"""The guest runs at the destination and a part of its memory is still at the source: both halves are kept."""

from dataclasses import replace

from orchestrator.migration import figures, settle, statement
from orchestrator.migration.decision import Become, Decision, Do, End, Scene, Side, Wait, Watch
from orchestrator.migration.place import Place, Says
from orchestrator.migration.select import capped
from orchestrator.migration.terms import Terms
from orchestrator.model.command import PausePostCopy, RecoverPostCopy, SetBandwidth
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, State
from orchestrator.model.offer import Feature
from orchestrator.model.sighting import InFlight, Returned, Sighting

LOOK = 0.2
# A path that comes back by itself does so within seconds; after that a person, or cron, asks again.
RECOVERY_LASTS = 60.0
RECOVER_AGAIN_AFTER = 5.0


def split(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """Answer a wait, another cap, an order that mends the path, or that the move is held until somebody resumes it."""
    if now.where is Place.HALF_LOST:
        return _half_lost(now), now.watch
    state = State.POSTCOPY if now.where is Place.SPLIT else State.POSTCOPY_PAUSED
    if now.record.state is not state and (state is State.POSTCOPY or now.seen_again):
        return Become(state=state, because=statement.quote(now)), now.watch
    if now.where is Place.SPLIT:
        return _bandwidth(now, terms) or Wait(seconds=LOOK), now.watch
    if not now.seen_again:
        return Wait(seconds=LOOK), now.watch
    return _torn(now, terms)


def _bandwidth(now: Scene, terms: Terms) -> Do | None:
    """The second half keeps to its share as well. A cap that this host has refused is not ordered again."""
    wanted = terms.postcopy_bandwidth_bytes_per_second
    command = SetBandwidth(guest=now.record.move.guest, bytes_per_second=wanted, postcopy=True)
    if wanted == now.record.postcopy_bandwidth_bytes_per_second or command in now.record.declined:
        return None
    because = "no cap holds any more" if wanted is None else f"the cap of post-copy is now {figures.cap(wanted)}"
    if wanted is not None and wanted == terms.share_bytes_per_second:
        because = f"{because}: {terms.share_because}"
    return Do(side=Side.SOURCE, command=command, because=because)


def _torn(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    move, watch, at = now.record.move, now.watch, now.look.at
    missing = move.offers.absent.get(Feature.POSTCOPY_RECOVERY)
    if missing is not None:
        return _kept_apart(now, f"it is not recovered: {missing}"), watch
    source = now.look.source
    if now.destination is Says.SILENT or (isinstance(source, Sighting) and isinstance(source.call, InFlight)):
        return _patiently(now)
    if watch.recovered_at is not None and at - watch.recovered_at < RECOVER_AGAIN_AFTER:
        return _patiently(now)
    since = at if watch.recovering_since is None else watch.recovering_since
    if at - since > RECOVERY_LASTS:
        return _kept_apart(now, f"it could not be recovered for {RECOVERY_LASTS:.0f} s"), watch
    watch = replace(watch, recovered_at=at, recovering_since=since)
    if now.source is Says.SERVING:
        # libvirt resumes nothing that it still takes for healthy ("being actively monitored").
        pause = PausePostCopy(guest=move.guest)
        return Do(side=Side.SOURCE, command=pause, because="only the destination has noticed the broken path"), watch
    transport = now.record.transport or move.transport
    if terms.recovery_address is not None:
        transport = replace(transport, address=terms.recovery_address)
    way = capped(transport, terms)
    recover = RecoverPostCopy(guest=move.guest, destination=move.destination, peer_uri=move.peer_uri, transport=way)
    because = f"the path is broken; both halves are connected again over {transport.address}"
    return Do(side=Side.SOURCE, command=recover, because=because), watch


def _patiently(now: Scene) -> tuple[Decision, Watch]:
    watch = now.watch
    since = watch.place_since if watch.recovering_since is None else watch.recovering_since
    if now.look.at - since > RECOVERY_LASTS:
        return _kept_apart(now, f"it could not be recovered for {RECOVERY_LASTS:.0f} s"), watch
    return Wait(seconds=LOOK), watch


def _kept_apart(now: Scene, why: str) -> End:
    call = now.look.source.call if isinstance(now.look.source, Sighting) else None
    refusal = getattr(call.effect, "why", "") if isinstance(call, Returned) else ""
    why = f"{why} ({refusal})" if refusal else why
    return End(
        state=State.POSTCOPY_PAUSED,
        where=now.record.move.destination,
        because=f"{statement.quote(now)}; {why}",
        code="migration.postcopy-paused",
    )


def _half_lost(now: Scene) -> Decision:
    if not now.seen_again or now.settled_for < settle.ADOPTED_SETTLES:
        return Wait(seconds=LOOK)
    there = now.look.destination
    if isinstance(there, Sighting) and there.power is Power.SHUT_OFF and there.reason == "shutdown":
        return _shut_itself_down(now)
    return End(
        state=State.UNCLEAR,
        where=None,
        because=statement.quote(now),
        code="guest.half-lost",
        doubt=Doubt.CONTRADICTION,
    )


def _shut_itself_down(now: Scene) -> End:
    """The half that ran has ended by the guest's own will; libvirt keeps the other one until somebody ends it."""
    move = now.record.move
    dead = (
        f"{move.source} still holds the half that was left there: it is out of date, cannot go on, and is ended with "
        f"virsh destroy {move.guest} on {move.source}"
    )
    return End(state=State.ENDED, where=None, because=statement.quote(now), code="guest.ended", warnings=(dead,))
