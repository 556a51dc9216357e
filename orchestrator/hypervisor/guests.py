"""All guests of one host: what the daemon keeps of each, and what its XML says."""

from dataclasses import replace

import libvirt

from orchestrator.hypervisor import failures, host_topics, states, statistics, typed
from orchestrator.hypervisor.guest_xml import Described, as_it_runs, describe
from orchestrator.hypervisor.kept import kept
from orchestrator.hypervisor.look import job
from orchestrator.model.guest import Guest, GuestId, HostDevice, Power


def guests(connection: libvirt.virConnect, *, ask_qemu: bool) -> tuple[Guest, ...]:
    """Describe them, by name. Guests that go away meanwhile are left out."""
    seen = [_guest(domain, ask_qemu=ask_qemu) for domain in connection.listAllDomains()]
    found = sorted((guest for guest in seen if guest is not None), key=lambda guest: guest.name)
    if any(device.kind == "mdev" for guest in found for device in guest.host_devices):
        found = _with_mdev_types(connection, found)
    return tuple(found)


def _guest(domain: libvirt.virDomain, *, ask_qemu: bool) -> Guest | None:
    try:
        return _describe(domain, ask_qemu=ask_qemu)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN:
            return None
        raise


def _describe(domain: libvirt.virDomain, *, ask_qemu: bool) -> Guest:
    state, reason = typed.state(domain)
    power = states.power(state)
    active = power is not Power.SHUT_OFF
    stats = job(domain) if active else {}
    if stats is None and power is Power.PAUSED:
        power = Power.INCOMING
    persistent = bool(domain.isPersistent())
    said = _described(domain) if active else describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    active_job = "incoming migration" if stats is None else statistics.named(stats)
    return Guest(
        uuid=GuestId(domain.UUIDString()),
        name=domain.name(),
        power=power,
        reason=states.reason(state, reason),
        persistent=persistent,
        autostart=persistent and bool(domain.autostart()),
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
        active_job=active_job,
        vcpu_time_ns=typed.vcpu_time_ns(domain) if active else None,
        hardware=said.hardware,
        kept=kept(domain, said, power, persistent=persistent, busy=active_job is not None, ask_qemu=ask_qemu),
    )


def _described(domain: libvirt.virDomain) -> Described:
    # The migratable form is what a destination gets, but for the CPU, of which it may say only how it was asked for.
    return as_it_runs(describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)), domain.XMLDesc(0))


def _with_mdev_types(connection: libvirt.virConnect, found: list[Guest]) -> list[Guest]:
    try:
        types = host_topics.mediated(connection)
    except libvirt.libvirtError as error:
        if error.get_error_domain() in failures.WIRE:
            raise
        return found  # a host without libvirt's node device driver does not say
    return [replace(guest, host_devices=tuple(_typed(one, types) for one in guest.host_devices)) for guest in found]


def _typed(device: HostDevice, types: dict[str, str]) -> HostDevice:
    return replace(device, mdev_type=types.get(device.address.lower())) if device.kind == "mdev" else device
