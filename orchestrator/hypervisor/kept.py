"""What libvirt keeps beside a guest's XML: snapshots, jobs on disks, a saved state, QEMU's own objections."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, TypeVar

import libvirt

from orchestrator.hypervisor import failures, typed
from orchestrator.hypervisor.guest_xml import Described, describe
from orchestrator.hypervisor.next_start import differs
from orchestrator.model.guest import Power
from orchestrator.model.hardware import Kept

T = TypeVar("T")
# include/libvirt/libvirt-domain.h: virDomainBlockJobType and virDomainDiskErrorCode.
_JOBS: Final = {1: "pull", 2: "copy", 3: "commit", 4: "active commit", 5: "backup"}
_ERRORS: Final = {1: "unspecified error", 2: "no space"}
_NO_JOBS_ON = ("cdrom", "floppy")


def kept(
    domain: libvirt.virDomain, said: Described, power: Power, *, persistent: bool, busy: bool, ask_qemu: bool
) -> Kept:
    """Ask for it. busy: a job holds the guest, and what needs its lock would wait for half a minute."""
    free = not busy and power not in (Power.SHUT_OFF, Power.INCOMING)
    definition = describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)) if persistent and free else None
    return Kept(
        snapshots=_answer(domain.snapshotNum, 0),
        checkpoints=_answer(lambda: len(domain.listAllCheckpoints()), 0),
        managed_save=bool(_answer(domain.hasManagedSaveImage, 0)),
        pending_definition=definition is not None and differs(said, definition),
        block_jobs=_block_jobs(domain, said) if free else {},
        # QEMU keeps an error of a disk only while it holds the guest for it, and asking for it goes to QEMU itself.
        disk_errors=_disk_errors(domain) if free and power is Power.PAUSED else {},
        blocked_reasons=_blocked_reasons(domain) if free and ask_qemu else None,
        cpu_mode=None if definition is None else definition.hardware.cpu_mode,
    )


def _answer(ask: Callable[[], T], otherwise: T) -> T:
    """What libvirt answers, or `otherwise` where it refuses: what it does not know of, it does not keep."""
    try:
        return ask()
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN or error.get_error_domain() in failures.WIRE:
            raise
        return otherwise


def _block_jobs(domain: libvirt.virDomain, said: Described) -> Mapping[str, str]:
    targets = [disk.target for disk in said.disks if disk.source is not None and disk.device not in _NO_JOBS_ON]
    jobs = {target: _answer(partial(typed.block_job, domain, target), None) for target in targets}
    return {target: _JOBS.get(job, "unknown") for target, job in jobs.items() if job is not None}


def _disk_errors(domain: libvirt.virDomain) -> Mapping[str, str]:
    none: dict[str, int] = {}
    errors = _answer(partial(typed.disk_errors, domain), none)
    return {target: _ERRORS.get(number, "unspecified error") for target, number in errors.items()}


def _blocked_reasons(domain: libvirt.virDomain) -> tuple[str, ...] | None:
    said = _answer(partial(typed.ask_monitor, domain, "query-migrate"), None)
    if said is None:
        return None
    return tuple(json.loads(said).get("return", {}).get("blocked-reasons", ()))
