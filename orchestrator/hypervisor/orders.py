"""The short commands: done or refused before they return."""

from collections.abc import Callable
from functools import partial
from typing import Final

import libvirt

from orchestrator.hypervisor import failures, states, statistics, typed
from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.flags import mebibytes, postcopy_mebibytes
from orchestrator.hypervisor.issuing import Issuing
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


def carry_out(connection: libvirt.virConnect, order: Short, issuing: Issuing) -> Effect:
    """Do it once and say what libvirt answered. All that is read before it may take long; then it is not done."""
    try:
        domain = connection.lookupByUUIDString(order.guest)
        why = _objection(domain, order)
        if why is not None:
            return Refused(why=why)
        call = _call(domain, order)
        if not issuing.now():
            return Refused(why="not ordered: libvirt did not answer in time", code="host.unreachable")
        call()
        return Done()
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


def _call(domain: libvirt.virDomain, order: Short) -> Callable[[], object]:
    """The one call that changes something; what it needs to know is asked here, before it is issued."""
    match order:
        case Cancel():
            return domain.abortJob
        case SetBandwidth():
            return _set_bandwidth(domain, order)
        case SetDowntimeLimit():
            return partial(domain.migrateSetMaxDowntime, order.limit_ms, 0)
        case StartPostCopy():
            return partial(domain.migrateStartPostCopy, 0)
        case PausePostCopy():
            return partial(domain.abortJobFlags, libvirt.VIR_DOMAIN_ABORT_JOB_POSTCOPY)
        case Suspend():
            return domain.suspend
        case Resume() | StartHeld():
            return domain.resume
        case SetAutostart() | Undefine():
            return _redefine(domain, order)
        case SyncTime() | Announce():
            return _after_arrival(domain, order)
        case ShutDown():
            # With both libvirt asks the agent, and presses the button where there is none or it does not answer.
            both = libvirt.VIR_DOMAIN_SHUTDOWN_GUEST_AGENT | libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
            return partial(domain.shutdownFlags, both)
        case Start():
            return domain.create
        case Discard():
            return domain.destroy


def _set_bandwidth(domain: libvirt.virDomain, order: SetBandwidth) -> Callable[[], object]:
    cap = order.bytes_per_second
    if order.postcopy:
        postcopy = libvirt.VIR_DOMAIN_MIGRATE_MAX_SPEED_POSTCOPY
        return partial(domain.migrateSetMaxSpeed, postcopy_mebibytes(cap), postcopy)
    return partial(domain.migrateSetMaxSpeed, mebibytes(cap), 0)


def _redefine(domain: libvirt.virDomain, order: SetAutostart | Undefine) -> Callable[[], object]:
    if isinstance(order, SetAutostart):
        return partial(domain.setAutostart, int(order.on))
    return partial(domain.undefineFlags, _keeping(domain))


def _after_arrival(domain: libvirt.virDomain, order: SyncTime | Announce) -> Callable[[], object]:
    if isinstance(order, SyncTime):
        return partial(typed.sync_time, domain)
    return partial(typed.ask_monitor, domain, "announce-self", **_ANNOUNCEMENT)


def _keeping(domain: libvirt.virDomain) -> int:
    """Flags that keep the guest's firmware variables and TPM state, asked for only where there are any.

    Without them libvirt refuses (NVRAM) or deletes the files (TPM). Snapshots and a managed-save image are never
    removed: libvirt refuses to undefine a guest that has them, and that is the answer.
    """
    definition = parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    flags = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM if definition.find("os/nvram") is not None else 0
    return flags | (_KEEP_TPM if definition.find("devices/tpm/backend[@type='emulator']") is not None else 0)
