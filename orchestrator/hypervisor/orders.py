"""The short commands: done or refused before they return."""

import libvirt

from orchestrator.hypervisor import failures, statistics
from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.look import job
from orchestrator.model.command import Cancel, Resume, SetAutostart, Suspend, Undefine
from orchestrator.model.effect import Done, Effect, Refused

Short = Cancel | Suspend | Resume | Undefine | SetAutostart
_KEEP_TPM = 64  # VIR_DOMAIN_UNDEFINE_KEEP_TPM, libvirt 8.9: missing from older bindings


def carry_out(connection: libvirt.virConnect, order: Short) -> Effect:
    """Do it once and say what libvirt answered."""
    try:
        domain = connection.lookupByUUIDString(order.guest)
        return _refusal(domain, order) or _do(domain, order)
    except libvirt.libvirtError as error:
        return failures.effect(error)


def _refusal(domain: libvirt.virDomain, order: Short) -> Refused | None:
    if isinstance(order, Undefine) and domain.isActive():
        return Refused(why="the guest is active on this host")
    if isinstance(order, Cancel):
        stats = job(domain)
        if stats is None or not statistics.leaving(stats):
            # abortJob takes whatever job there is, also a backup or a memory dump that is not ours to cancel
            return Refused(why="no migration is leaving this host for that guest")
    return None


def _do(domain: libvirt.virDomain, order: Short) -> Effect:
    match order:
        case Cancel():
            domain.abortJob()
        case Suspend():
            domain.suspend()
        case Resume():
            domain.resume()
        case Undefine():
            domain.undefineFlags(_keeping(domain))
        case SetAutostart():
            domain.setAutostart(int(order.on))
    return Done()


def _keeping(domain: libvirt.virDomain) -> int:
    """Flags that keep the guest's firmware variables and TPM state, asked for only where there are any.

    Without them libvirt refuses (NVRAM) or deletes the files (TPM). Snapshots and a managed-save image are never
    removed: libvirt refuses to undefine a guest that has them, and that is the answer.
    """
    definition = parse(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    flags = libvirt.VIR_DOMAIN_UNDEFINE_KEEP_NVRAM if definition.find("os/nvram") is not None else 0
    return flags | (_KEEP_TPM if definition.find("devices/tpm/backend[@type='emulator']") is not None else 0)
