"""The guest has arrived: prove it on both hosts, and carry what libvirt leaves behind."""

from dataclasses import replace

from orchestrator.migration import settle
from orchestrator.migration.decision import Decision, Do, End, Scene, Side, Wait, Watch
from orchestrator.migration.place import Place, Says
from orchestrator.model.command import SetAutostart, Undefine
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.sighting import Sighting

LOOK = 0.05
VCPU_PATIENCE = 1.0  # seconds in which the virtual CPUs must have run, if they ran before
ANSWER_PATIENCE = 2.0  # seconds in which the outside probe must have had an answer again
POWER_PATIENCE = 3.0  # seconds in which libvirt must have started the copy


def confirm(now: Scene) -> tuple[Decision, Watch]:
    """Answer what is still missing: a command, a wait, or the verdict `migrated`."""
    if now.where is not Place.DESTINATION:
        if now.where in (Place.SILENT, Place.NOWHERE, Place.TWICE):
            return settle.settle(now), now.watch
        return settle.contradiction(now), now.watch
    watch = now.watch
    if watch.confirming_since is None:
        watch = replace(watch, confirming_since=now.look.at)
    waited = now.look.at - (watch.confirming_since or 0.0)
    leftover = _carry(now)
    if leftover is not None:
        return leftover, watch
    if _stands_still(now) and waited <= POWER_PATIENCE:
        return Wait(seconds=LOOK), watch
    if _not_advancing(now, watch) and waited <= VCPU_PATIENCE:
        return Wait(seconds=LOOK), watch
    if now.look.answering is False and waited <= ANSWER_PATIENCE:
        return Wait(seconds=LOOK), watch
    return _migrated(now, watch), watch


def _migrated(now: Scene, watch: Watch) -> End:
    warnings = tuple(_warnings(now, watch))
    code: str | None
    if _stands_still(now):
        code = "guest.arrived-paused"
    elif _not_advancing(now, watch):
        code = "guest.not-advancing"
    else:
        code = "guest.left-behind" if warnings else None
    return End(
        state=State.MIGRATED,
        where=now.record.move.destination,
        because=settle.quote(now),
        code=code,
        warnings=warnings,
        vcpu_wait_ms=_waited_ms(now, watch) if now.record.was_advancing else None,
    )


def _warnings(now: Scene, watch: Watch) -> list[str]:
    move, found = now.record.move, []
    if _stands_still(now):
        found.append(f"it ran before the move and is now {settle.quote(now)}")
    elif _not_advancing(now, watch):
        found.append(f"its virtual CPUs have not run for {VCPU_PATIENCE:.0f} s on {move.destination}")
    if now.source is Says.OFF and move.persistent:
        found.append(f"its definition is still on {move.source}")
    there = now.look.destination
    if isinstance(there, Sighting) and move.persistent and not there.persistent:
        found.append(f"it is not defined on {move.destination}: it would not survive a shutdown there")
    if isinstance(there, Sighting) and move.autostart and not there.autostart:
        found.append(f"autostart is not set on {move.destination}")
    return found


def _carry(now: Scene) -> Do | None:
    """What libvirt did not carry: the definition left at the source, the autostart mark missing at the destination."""
    record, move = now.record, now.record.move
    here, there = now.look.source, now.look.destination
    if not isinstance(here, Sighting) or not isinstance(there, Sighting):
        return None
    if move.autostart and there.persistent and not there.autostart and "set-autostart" not in record.tried:
        because = f"autostart was set on {move.source}; libvirt does not carry it"
        return Do(side=Side.DESTINATION, command=SetAutostart(guest=move.guest, on=True), because=because)
    # "migrated" is libvirt's own word that this very definition was left by the move.
    left = move.persistent and here.power is Power.SHUT_OFF and here.reason == "migrated" and there.persistent
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


def _waited_ms(now: Scene, watch: Watch) -> int | None:
    return None if watch.confirming_since is None else round((now.look.at - watch.confirming_since) * 1000)


def _vcpu_time(now: Scene) -> int | None:
    there = now.look.destination
    return there.vcpu_time_ns if isinstance(there, Sighting) else None
