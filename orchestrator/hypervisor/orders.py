"""The short commands: done or refused before they return."""

from typing import Final

import libvirt

from orchestrator.hypervisor import failures, states, statistics, typed
from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.flags import mebibytes, postcopy_mebibytes
from orchestrator.hypervisor.look import TORN, job
from orchestrator.model.command import (
    Announce,
    Cancel,
    Discard,
    PausePostCopy,
    Resume,
    SetAutostart,
    SetBandwidth,
    SetDowntimeLimit,
    Short,
    ShutDown,
    Start,
    StartHeld,
    StartPostCopy,
    Suspend,
    SyncTime,
    Undefine,
)
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.guest import Power

_KEEP_TPM: Final = 64  # VIR_DOMAIN_UNDEFINE_KEEP_TPM, libvirt 8.9: missing from older bindings
# QEMU's own pace after a migration (migration/options.c): five announcements within about 0.8 s.
_ANNOUNCEMENT: Final = {"initial": 50, "max": 550, "rounds": 5, "step": 100}
_HALVES: Final = ("post-copy", TORN)


def carry_out(connection: libvirt.virConnect, order: Short) -> Effect:
    """Do it once and say what libvirt answered."""
    try:
        domain = connection.lookupByUUIDString(order.guest)
        why = _objection(domain, order)
        return _do(domain, order) if why is None else Refused(why=why)
    except libvirt.libvirtError as error:
        return failures.effect(error)


def _objection(domain: libvirt.virDomain, order: Short) -> str | None:
    """What ferry has against it, where libvirt would do it all the same, or refuse only after half a minute."""
    match order:
        case Cancel() | SetBandwidth() | SetDowntimeLimit() | StartPostCopy() | PausePostCopy():
            # abortJob takes whatever job there is, also a backup or a memory dump that is not ours to cancel; a speed
            # or a limit given to a guest that is not being moved would stay, and surprise the next one who moves it.
            return None if statistics.leaving(job(domain) or {}) else "no migration is leaving this host for that guest"
        case Resume() | StartHeld():
            return _not_to_be_resumed(domain)
        case Undefine() | Start():
            return "the guest is active on this host" if domain.isActive() else None
        case ShutDown():
            return _busy(domain)
        case Discard():
            return _not_to_be_discarded(domain)
        case Suspend() | SetAutostart() | SyncTime() | Announce():
            return None


def _not_to_be_resumed(domain: libvirt.virDomain) -> str | None:
    if not domain.isActive():
        return "the guest is shut off"
    if _reason(domain) in _HALVES:
        return "the guest is one half of a post-copy: here it stands still for good"
    return _busy(domain)


def _not_to_be_discarded(domain: libvirt.virDomain) -> str | None:
    """Whether it may be the only whole copy, or a half of the only one: that is never ended.

    A copy that a person gives up stands paused (the verdict on a double run pauses it first), is part of no post-copy
    and of no migration that still goes on.
    """
    power = states.power(typed.state(domain)[0])
    if power is not Power.PAUSED:
        return f"the guest is not paused here, it is {power.value}"
    if _reason(domain) in _HALVES:
        return "the guest is one half of a post-copy: its memory lies on both hosts"
    return _busy(domain)


def _busy(domain: libvirt.virDomain) -> str | None:
    stats = job(domain)
    if stats is None:
        return "the guest is still arriving at this host"
    name = statistics.named(stats)
    return None if name is None else f"libvirt is busy with the guest: {name}"


def _reason(domain: libvirt.virDomain) -> str:
    return states.reason(*typed.state(domain))


def _do(domain: libvirt.virDomain, order: Short) -> Effect:
    match order:
        case Cancel():
            domain.abortJob()
        case SetBandwidth():
            _set_bandwidth(domain, order)
        case SetDowntimeLimit():
            domain.migrateSetMaxDowntime(order.limit_ms, 0)
        case StartPostCopy():
            domain.migrateStartPostCopy(0)
        case PausePostCopy():
            domain.abortJobFlags(libvirt.VIR_DOMAIN_ABORT_JOB_POSTCOPY)
        case Suspend():
            domain.suspend()
        case Resume() | StartHeld():
            domain.resume()
        case SetAutostart() | Undefine():
            _redefine(domain, order)
        case SyncTime() | Announce():
            _after_arrival(domain, order)
        case ShutDown():
            # With both libvirt asks the agent, and presses the button where there is none or it does not answer.
            domain.shutdownFlags(libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT | libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN)
        case Start():
            domain.create()
        case Discard():
            domain.destroy()
    return Done()


def _set_bandwidth(domain: libvirt.virDomain, order: SetBandwidth) -> None:
    cap = order.bytes_per_second
    if order.postcopy:
        domain.migrateSetMaxSpeed(postcopy_mebibytes(cap), libvirt.VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY)
    else:
        domain.migrateSetMaxSpeed(mebibytes(cap), 0)


def _redefine(domain: libvirt.virDomain, order: SetAutostart | Undefine) -> None:
    if isinstance(order, SetAutostart):
        domain.setAutostart(int(order.on))
    else:
        domain.undefineFlags(_keeping(domain))


def _after_arrival(domain: libvirt.virDomain, order: SyncTime | Announce) -> None:
    if isinstance(order, SyncTime):
        typed.sync_time(domain)
    else:
        typed.ask_monitor(domain, "announce-self", **_ANNOUNCEMENT)


def _keeping(domain: libvirt.virDomain) -> int:
    """Flags that keep the guest's firmware variables and TPM state, asked for only where there are any.

    Without them libvirt refuses (NVRAM) or deletes the files (TPM). Snapshots and a managed-save image are never
    removed: libvirt refuses to undefine a guest that has them, and that is the answer.
    """
    definition = parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    flags = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM if definition.find("os/nvram") is not None else 0
    return flags | (_KEEP_TPM if definition.find("devices/tpm/backend[@type='emulator']") is not None else 0)
