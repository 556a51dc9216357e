"""Calls whose types libvirt-python's generated annotations get wrong, with the types they really have."""

import json
from typing import Any, cast

import libvirt
import libvirt_qemu

from orchestrator.hypervisor import failures

Stats = dict[str, Any]


def state(domain: libvirt.virDomain) -> tuple[int, int]:
    """State and reason, as numbers."""
    number, reason = cast(Any, domain.state())
    return number, reason


def states(connection: libvirt.virConnect) -> list[tuple[libvirt.virDomain, int, int]]:
    """Every guest with the numbers of its state and reason, in one call. No other group of statistics is asked for:
    some go to QEMU, and wait for one that hangs."""
    answer = cast(Any, connection.getAllDomainStats(libvirt.VIR_DOMAIN_STATS_STATE, 0))
    return [(domain, said["state.state"], said.get("state.reason", 0)) for domain, said in answer]


def vcpu_time_ns(domain: libvirt.virDomain) -> int | None:
    """CPU time of the guest's virtual CPUs on this host, in steps of 10 ms; None while they have no threads.

    Not the time of the whole QEMU process (virDomainGetInfo): that grows while a copy is received, and its main loop
    works for a guest that stands still. Neither counter travels with the guest.
    """
    try:
        vcpus, _affinity = cast(Any, domain.vcpus())
    except libvirt.libvirtError as error:
        if error.get_error_code() == libvirt.VIR_ERR_OPERATION_INVALID or _ended(error):
            return None
        raise
    return sum(int(time) for _number, _state, time, _processor in vcpus)


def _ended(error: libvirt.libvirtError) -> bool:
    """Whether QEMU has ended since its state was asked for, as after a move: its processors are asked for by process
    number (virProcessGetAffinity)."""
    return error.get_error_code() == libvirt.VIR_ERR_SYSTEM_ERROR and error.get_error_domain() not in failures.WIRE


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


def baseline_cpu(connection: libvirt.virConnect, arch: str, virt_type: str, cpus: list[str], flags: int) -> str:
    """The largest CPU that all of these and the host can offer."""
    return str(cast(Any, connection.baselineHypervisorCPU)(None, arch or None, None, virt_type or None, cpus, flags))


def block_job(domain: libvirt.virDomain, disk: str) -> int | None:
    """The kind of job that works on a disk, as a number; None where there is none."""
    answer = cast(dict[str, int], cast(object, domain.blockJobInfo(disk)))
    return answer.get("type", 0) if answer else None


def disk_errors(domain: libvirt.virDomain) -> dict[str, int]:
    """Disk → kind of error, of those that have one."""
    return cast(dict[str, int], cast(object, domain.diskErrors()))


def ask_monitor(domain: libvirt.virDomain, command: str, **arguments: int) -> str:
    """QEMU's answer to a command of its monitor, as JSON. libvirt marks the guest as tainted by it."""
    order = {"execute": command} | ({"arguments": arguments} if arguments else {})
    return str(libvirt_qemu.qemuMonitorCommand(domain, json.dumps(order), 0))


def cells_free_bytes(connection: libvirt.virConnect, count: int) -> list[int]:
    """Free memory of the first `count` memory cells; cells that do not exist have none."""
    return cast(list[int], cast(object, connection.getCellsFreeMemory(0, count)))


def free_pages(connection: libvirt.virConnect, sizes_kib: list[int], cell: int) -> dict[int, int]:
    """Size in KiB → number of free pages of one memory cell."""
    answer = cast(Any, connection.getFreePages)(sizes_kib, cell, 1)
    return cast(dict[int, int], answer[cell])


def sync_time(domain: libvirt.virDomain) -> None:
    """Have the agent set the guest's clock from the virtual hardware clock; the time given with the call is ignored."""
    cast(Any, domain.setTime)({"seconds": 0, "nseconds": 0}, libvirt.VIR_DOMAIN_TIME_SYNC)


def measure_dirty_rate(domain: libvirt.virDomain, seconds: int) -> None:
    """Begin to measure how fast the guest changes its memory, by page sampling: there is no other way on purpose.

    Measuring by dirty bitmap makes QEMU 7.2 crash, and the guest with it, where the guest is emulated.
    """
    domain.startDirtyRateCalc(seconds, libvirt.VIR_DOMAIN_DIRTYRATE_MODE_PAGE_SAMPLING)


def dirty_rate(connection: libvirt.virConnect, domain: libvirt.virDomain) -> Stats:
    """What the last measurement says, as far as it has come."""
    answer = cast(Any, connection.domainListGetStats([domain], libvirt.VIR_DOMAIN_STATS_DIRTYRATE, 0))
    return cast(Stats, answer[0][1] if answer else {})


def memory(domain: libvirt.virDomain, address: int, length: int) -> bytes:
    """A piece of the guest's physical memory."""
    return bytes(cast(Any, domain.memoryPeek)(address, length, libvirt.VIR_MEMORY_PHYSICAL))
