"""One look at one guest of one host."""

import libvirt

from orchestrator.hypervisor import failures, states, statistics, typed
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.sample import JobResult
from orchestrator.model.sighting import Call, Sighting

# KEEP_COMPLETED: without it libvirt forgets the statistics once they were read, and a second look would find none.
TORN = "post-copy failed"
_COMPLETED = libvirt.VIR_DOMAIN_JOB_STATS_COMPLETED | libvirt.VIR_DOMAIN_JOB_STATS_KEEP_COMPLETED


def look(connection: libvirt.virConnect, guest: GuestId, call: Call) -> Sighting:
    """Ask for everything a sighting holds. A guest that vanishes between two questions was not there."""
    try:
        return _look(connection.lookupByUUIDString(guest), call)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN:
            return Sighting(power=Power.ABSENT, call=call)
        raise


def _look(domain: libvirt.virDomain, call: Call) -> Sighting:
    stats = job(domain)
    # The state is asked after the job: a guest seen with a job may have halted meanwhile, never the other way round.
    state, reason = typed.state(domain)
    power = states.power(state)
    active = power is not Power.SHUT_OFF
    if stats is None and power is Power.PAUSED and states.reason(state, reason) != TORN:
        # A half that waits for its missing pages is more than a copy that is being received: it has run here.
        power = Power.INCOMING
    moving = active and stats is not None and statistics.leaving(stats)
    return Sighting(
        power=power,
        reason=states.reason(state, reason),
        persistent=bool(domain.isPersistent()),
        autostart=autostart(domain),
        vcpu_time_ns=typed.vcpu_time_ns(domain) if active else None,
        moving=moving,
        job=statistics.sample(stats) if moving and stats is not None else None,
        last_job=None if moving or stats is None else _last_job(domain),
        call=call,
    )


def job(domain: libvirt.virDomain) -> typed.Stats | None:
    """Answer the statistics of the active job (empty: none is active); None on the destination of a migration.

    qemuDomainGetJobStats refuses there with code 84: the statistics are kept by the source.
    """
    try:
        return typed.job_stats(domain, 0)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.OPERATION_UNSUPPORTED:
            return None
        if error.get_error_code() == failures.OPERATION_INVALID:  # the guest is not active
            return {}
        raise


def autostart(domain: libvirt.virDomain) -> bool:
    """Whether the guest starts with its host; a transient one has no such mark."""
    return bool(domain.isPersistent()) and bool(domain.autostart())


def _last_job(domain: libvirt.virDomain) -> JobResult | None:
    try:
        return statistics.result(typed.job_stats(domain, _COMPLETED))
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.OPERATION_INVALID:
            return None
        raise
