"""The Inventory of one host over libvirt: the host and all its guests at one moment."""

from collections.abc import Callable
from typing import TypeVar

import libvirt

from orchestrator.hypervisor import capabilities, failures, states, statistics, typed
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.documents import lines, parse
from orchestrator.hypervisor.guest_xml import describe
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.hypervisor.look import autostart, job
from orchestrator.model.facts import CpuAnswer, HostFacts, Identity, Unknown
from orchestrator.model.guest import Guest, GuestId, Power

T = TypeVar("T")
_NOT_ASKED = Unknown(why="not asked", code="host.shell")  # without a leg: nothing was tried
_KIB = 1024
_ACTIVE = libvirt.VIR_CONNECT_LIST_NETWORKS_ACTIVE
# How libvirt says that a CPU cannot be had: incompatible, a model it does not know, a mode the emulator lacks.
_NOT_OFFERED = (
    failures.CPU_INCOMPATIBLE,
    libvirt.VIR_ERR_INTERNAL_ERROR,
    libvirt.VIR_ERR_INVALID_ARG,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
)
# compareHypervisorCPU calls these compatible with every host (virCPUx86Compare), whatever the guest has seen so far.
_NEVER_COMPARED = ("host-passthrough", "maximum", "host-model")


class LibvirtInventory:
    """Read one host."""

    def __init__(self, connections: HostConnections) -> None:
        self._connections = connections

    def read(self, *, within: float) -> HostFacts | Unknown:
        """Describe the host and all its guests. identity's machine and boot id, and bridges, are left Unknown."""
        return self._ask(self._read, within)

    def cpu_offered(self, guest: Guest, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host's libvirt whether it can run the guest's live CPU."""
        cpu = guest.cpu_xml
        if cpu is None:
            return CpuAnswer(offered=True, detail="the guest asks for no particular CPU")
        return self._ask(lambda connection: _compare(connection, guest, cpu), within)

    def definition(self, guest: GuestId, *, within: float) -> str | Unknown:
        """The guest's persistent definition on this host as text, one element a line."""
        return self._ask(lambda connection: _definition(connection, guest), within)

    def _ask(self, work: Callable[[libvirt.virConnect], T], within: float) -> T | Unknown:
        try:
            return self._connections.control.read(work, within)
        except NoAnswerError:
            return failures.silent(self._connections.entry, within)
        except libvirt.libvirtError as error:
            return failures.unknown(error, self._connections.entry)

    def _read(self, connection: libvirt.virConnect) -> HostFacts:
        offered = capabilities.read(connection.getCapabilities())
        memory = typed.memory_kib(connection)
        return HostFacts(
            name=self._connections.entry.name,
            identity=Identity(host_uuid=offered.host_uuid, machine_id=_NOT_ASKED, boot_id=_NOT_ASKED),
            hostname=connection.getHostname(),
            libvirt_version=connection.getLibVersion(),
            qemu_version=connection.getVersion(),
            arch=offered.arch,
            cpu_model=offered.cpu_model,
            cpus=typed.processors(connection),
            memory_total_bytes=memory["total"] * _KIB,
            # What a new guest can use: the kernel gives up its buffers and caches for it.
            memory_free_bytes=sum(memory.get(part, 0) for part in ("free", "buffers", "cached")) * _KIB,
            machine_types=offered.machine_types,
            networks=frozenset(network.name() for network in connection.listAllNetworks(_ACTIVE)),
            bridges=_NOT_ASKED,
            guests=tuple(sorted(_guests(connection), key=lambda guest: guest.name)),
        )


def _guests(connection: libvirt.virConnect) -> list[Guest]:
    return [guest for domain in connection.listAllDomains() if (guest := _guest(domain)) is not None]


def _guest(domain: libvirt.virDomain) -> Guest | None:
    """Describe a guest; None if it went away since it was listed."""
    try:
        return _describe(domain)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN:
            return None
        raise


def _describe(domain: libvirt.virDomain) -> Guest:
    state, reason = typed.state(domain)
    power = states.power(state)
    active = power is not Power.SHUT_OFF
    stats = job(domain) if active else {}
    if stats is None and power is Power.PAUSED:
        power = Power.INCOMING
    # The migratable form is what a destination gets: above all the CPU as it was expanded when the guest started.
    said = describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE if active else libvirt.VIR_DOMAIN_XML_INACTIVE))
    return Guest(
        uuid=GuestId(domain.UUIDString()),
        name=domain.name(),
        power=power,
        reason=states.reason(state, reason),
        persistent=bool(domain.isPersistent()),
        autostart=autostart(domain),
        memory_bytes=said.memory_bytes,
        vcpus=said.vcpus,
        virt_type=said.virt_type,
        arch=said.arch,
        machine=said.machine,
        emulator=said.emulator,
        cpu_xml=said.cpu_xml,
        disks=said.disks,
        nics=said.nics,
        host_devices=said.host_devices,
        boot_files=said.boot_files,
        probe_address=said.probe_address,
        active_job="incoming migration" if stats is None else statistics.named(stats),
        vcpu_time_ns=typed.vcpu_time_ns(domain) if active else None,
    )


def _compare(connection: libvirt.virConnect, guest: Guest, cpu: str) -> CpuAnswer:
    mode = parse(cpu).get("mode", "custom")
    if mode in _NEVER_COMPARED:
        said = f"libvirt compares nothing where the CPU's mode is {mode}"
        return CpuAnswer(offered=True, compared=False, detail=said)
    try:
        return CpuAnswer(offered=typed.compare_cpu(connection, guest.arch, guest.virt_type, cpu))
    except libvirt.libvirtError as error:
        if error.get_error_code() in _NOT_OFFERED and error.get_error_domain() not in failures.WIRE:
            return CpuAnswer(offered=False, detail=failures.lowest(str(error)))
        raise


def _definition(connection: libvirt.virConnect, guest: GuestId) -> str:
    return lines(parse(connection.lookupByUUIDString(guest).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)))
