"""The guest has arrived: prove it on both hosts, carry what libvirt leaves behind, and look whether it is well."""

from dataclasses import replace

from orchestrator.migration import held, settle, statement
from orchestrator.migration.decision import Decision, Do, End, Scene, Side, Wait, Watch
from orchestrator.migration.place import Place, Says
from orchestrator.migration.repeat import TRIES
from orchestrator.migration.terms import Level, Terms
from orchestrator.model.command import Announce, SetAutostart, StartHeld, SyncTime, Undefine
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.sighting import Sighting
from orchestrator.model.transport import Mode

LOOK = 0.05
VCPU_PATIENCE = 1.0  # seconds in which the virtual CPUs must have run, if they ran before
ANSWER_PATIENCE = 30.0  # seconds in which a guest that answered from outside must do so again
# One that has not been heard since the copy began may have been paused all the while: its silence is measured only if
# its end is awaited.
UNHEARD_PATIENCE = 2.0
ANSWER_LOOK = 0.2
BROWNOUT = 2.0  # seconds without a page in post-copy that are worth a word
POWER_PATIENCE = 3.0  # seconds in which libvirt must have started the copy


def confirm(now: Scene, terms: Terms) -> tuple[Decision, Watch]:
    """Answer what is still missing: a command, a wait, or the verdict `migrated`."""
    if now.where is not Place.DESTINATION:
        if now.where in (Place.SILENT, Place.NOWHERE, Place.TWICE):
            return settle.settle(now, terms), now.watch
        return settle.contradiction(now), now.watch
    watch = now.watch
    if watch.confirming_since is None:
        watch = replace(watch, confirming_since=now.look.at)
    waited = now.look.at - (watch.confirming_since or 0.0)
    leftover = _carry(now, terms)
    if leftover is not None:
        return leftover, watch
    if now.record.paused_meanwhile and now.destination is Says.PAUSED and not now.record.started:
        if now.record.tried.count("start-held") >= TRIES:
            return held.not_started(now), watch
        because = "ferry paused it so that it would arrive, and it has arrived"
        return Do(side=Side.DESTINATION, command=StartHeld(guest=now.record.move.guest), because=because), watch
    if _stands_still(now) and waited <= POWER_PATIENCE:
        return Wait(seconds=LOOK), watch
    if _not_advancing(now, watch) and waited <= VCPU_PATIENCE:
        return Wait(seconds=LOOK), watch
    helped = _help(now, terms)
    if helped is not None:
        return helped, watch
    # An operator who stops the run is not made to wait for it.
    patience = ANSWER_PATIENCE if watch.answered and terms.level is Level.GO else UNHEARD_PATIENCE
    if _silent(now) and waited <= patience:
        return Wait(seconds=ANSWER_LOOK if waited > UNHEARD_PATIENCE else LOOK), watch
    return _migrated(now, watch), watch


def _migrated(now: Scene, watch: Watch) -> End:
    warnings = tuple(_warnings(now, watch))
    code: str | None
    if _stands_still(now):
        code = "guest.arrived-paused"
    elif _not_advancing(now, watch):
        code = "guest.not-advancing"
    elif _unreachable(now, watch):
        code = "guest.unreachable"
    else:
        code = "guest.left-behind" if warnings else None
    warnings = (*warnings, *_refused_help(now))
    brownout = watch.longest_still
    if brownout >= BROWNOUT:
        said = f"in post-copy no page came for {brownout:.0f} s: it stood still wherever it needed one"
        warnings = (*warnings, said)
    return End(
        state=State.MIGRATED,
        where=now.record.move.destination,
        because=statement.quote(now),
        code=code,
        warnings=warnings,
        vcpu_wait_ms=_waited_ms(now, watch) if now.record.was_advancing else None,
    )


def _warnings(now: Scene, watch: Watch) -> list[str]:
    move, found = now.record.move, []
    if _stands_still(now):
        found.append(f"it ran before the move and is now {statement.quote(now)}")
    elif _not_advancing(now, watch):
        found.append(f"its virtual CPUs have not run for {VCPU_PATIENCE:.0f} s on {move.destination}")
    elif _unreachable(now, watch):
        waited = (_waited_ms(now, watch) or 0) / 1000
        found.append(f"{move.probe_address} answered before the move and has not for {waited:.0f} s since it arrived")
    return [*found, *left_behind(now)]


def left_behind(now: Scene) -> list[str]:
    """What belongs to the guest and is not where it should be."""
    move, found = now.record.move, []
    if now.source is Says.OFF and move.persistent:
        found.append(f"its definition is still on {move.source}")
    there = now.look.destination
    if isinstance(there, Sighting) and move.persistent and not there.persistent:
        found.append(f"it is not defined on {move.destination}: it would not survive a shutdown there")
    if isinstance(there, Sighting) and move.autostart and not there.autostart:
        found.append(f"autostart is not set on {move.destination}")
    return found


def _help(now: Scene, terms: Terms) -> Do | None:
    """What the policy has done for a guest that runs again. Refused, it is a warning; it is never asked for twice.

    A guest that was started cold has announced itself and has read its host's clock.
    """
    record, move, policy = now.record, now.record.move, terms.policy
    if move.transport.mode is Mode.COLD or now.destination is not Says.RUNNING:
        return None
    if policy.announce != "off" and "announce" not in record.tried:
        because = f"the network is told once more that it is on {move.destination} now"
        return Do(side=Side.DESTINATION, command=Announce(guest=move.guest, by=policy.announce), because=because)
    if policy.sync_time and "sync-time" not in record.tried:
        because = "its clock stood still while it was paused"
        return Do(side=Side.DESTINATION, command=SyncTime(guest=move.guest), because=because)
    return None


def _refused_help(now: Scene) -> list[str]:
    said = {"announce": "it was not announced once more", "sync-time": "its clock was not set"}
    return [f"{what}: {now.record.refusals[kind]}" for kind, what in said.items() if kind in now.record.refusals]


def _carry(now: Scene, terms: Terms) -> Do | None:
    """What libvirt did not carry: the definition left at the source, the autostart mark missing at the destination."""
    record, move = now.record, now.record.move
    here, there = now.look.source, now.look.destination
    if not isinstance(here, Sighting) or not isinstance(there, Sighting):
        return None
    if move.autostart and there.persistent and not there.autostart and "set-autostart" not in record.tried:
        because = f"autostart was set on {move.source}; libvirt does not carry it"
        return Do(side=Side.DESTINATION, command=SetAutostart(guest=move.guest, on=True), because=because)
    # "migrated" is libvirt's own word that this very definition was left by the move.
    given_up = terms.keep == "destination"  # a person chose this copy, and the one at the source is ended
    left = move.persistent and here.power is Power.SHUT_OFF and there.persistent
    left = left and (here.reason == "migrated" or given_up)
    if left and "undefine" not in record.tried and not _stands_still(now):
        because = f"{move.destination} runs and defines it; the definition left on {move.source} could start it twice"
        return Do(side=Side.SOURCE, command=Undefine(guest=move.guest), because=because)
    return None


def _stands_still(now: Scene) -> bool:
    there = now.look.destination
    return isinstance(there, Sighting) and not now.record.move.paused and there.power is not Power.RUNNING


def _not_advancing(now: Scene, watch: Watch) -> bool:
    if now.record.move.paused or not now.record.was_advancing:
        return False
    before, after = watch.vcpu_time_ns, _vcpu_time(now)
    return before is None or after is None or after <= before


def _unreachable(now: Scene, watch: Watch) -> bool:
    """Whether it answered from outside before it arrived, and does not now. One that never did proves nothing."""
    return watch.answered and _silent(now)


def _silent(now: Scene) -> bool:
    move = now.record.move
    return now.look.answering is False and not move.paused and move.transport.mode is not Mode.COLD


def _waited_ms(now: Scene, watch: Watch) -> int | None:
    return None if watch.confirming_since is None else round((now.look.at - watch.confirming_since) * 1000)


def _vcpu_time(now: Scene) -> int | None:
    there = now.look.destination
    return there.vcpu_time_ns if isinstance(there, Sighting) else None
