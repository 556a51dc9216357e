"""Calls whose types libvirt-python's generated annotations get wrong, with the types they really have."""

from typing import Any, cast

import libvirt

Stats = dict[str, Any]


def state(domain: libvirt.virDomain) -> tuple[int, int]:
    """State and reason, as numbers."""
    number, reason = cast(Any, domain.state())
    return number, reason


def vcpu_time_ns(domain: libvirt.virDomain) -> int | None:
    """CPU time of the guest's virtual CPUs on this host, in steps of 10 ms; None while they have no threads.

    Not the time of the whole QEMU process (virDomainGetInfo): that grows while a copy is received, and its main loop
    works for a guest that stands still. Neither counter travels with the guest.
    """
    try:
        vcpus, _affinity = cast(Any, domain.vcpus())
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID:
            return None
        raise
    return sum(int(time) for _number, _state, time, _processor in vcpus)


def job_stats(domain: libvirt.virDomain, flags: int) -> Stats:
    """Statistics of the running or, by flag, of the last completed job."""
    return cast(Stats, cast(object, domain.jobStats(flags)))


def processors(connection: libvirt.virConnect) -> int:
    """Number of the host's processors."""
    return int(cast(Any, connection.getInfo())[2])


def memory_kib(connection: libvirt.virConnect) -> dict[str, int]:
    """The host's memory by use."""
    answer = connection.getMemoryStats(libvirt.VIR_NODE_MEMORY_STATS_ALL_CELLS, 0)
    return cast(dict[str, int], cast(object, answer))


def compare_cpu(connection: libvirt.virConnect, arch: str, virt_type: str, cpu: str) -> bool:
    """Whether the host can offer this CPU. Raises CPU_INCOMPATIBLE with the reason.

    Emulator and machine are left to the host: whether it has them is another question with its own answer.
    """
    flags = libvirt.VIR_CONNECT_COMPARE_CPU_FAIL_INCOMPATIBLE
    ask = cast(Any, connection.compareHypervisorCPU)
    return bool(ask(None, arch or None, None, virt_type or None, cpu, flags) > libvirt.VIR_CPU_COMPARE_INCOMPATIBLE)


def migrate(domain: libvirt.virDomain, uri: str, params: dict[str, str | int], flags: int) -> None:
    """Make the call that lasts as long as the migration. The interpreter is free meanwhile."""
    cast(Any, domain.migrateToURI3)(uri, params, flags)
