"""All guests of one host: what the daemon keeps of each, and what its XML says. Nothing here needs a guest's lock."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import libvirt

from orchestrator.hypervisor import failures, host_topics, states, typed
from orchestrator.hypervisor.answers import answered, refusal
from orchestrator.hypervisor.guest_xml import Described, as_it_runs, describe
from orchestrator.hypervisor.kept import Marks, kept, marks
from orchestrator.hypervisor.line import in_background
from orchestrator.hypervisor.locked import SIDE_BY_SIDE
from orchestrator.hypervisor.volumes import with_paths
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Guest, GuestId, HostDevice, Power
from orchestrator.model.host import HostEntry


def guests(connection: libvirt.virConnect, entry: HostEntry) -> tuple[Guest, ...]:
    """Describe them, by name. Guests that go away meanwhile are left out."""
    had = marks(connection, entry)
    states_now = typed.states(connection)

    def some(share: Sequence[tuple[libvirt.virDomain, int, int]]) -> list[Guest | None]:
        return [_guest(connection, entry, *one, had) for one in share]

    shares = [states_now[start::SIDE_BY_SIDE] for start in range(SIDE_BY_SIDE)]
    work = [in_background(partial(some, share), "libvirt-guests") for share in shares if share]
    seen = [guest for part in work for guest in part.result()]
    found = sorted((guest for guest in seen if guest is not None), key=lambda guest: guest.name)
    if any(device.kind == "mdev" for guest in found for device in guest.host_devices):
        found = _with_mdev_types(connection, entry, found)
    return tuple(with_paths(connection, found))


def _guest(
    connection: libvirt.virConnect, entry: HostEntry, domain: libvirt.virDomain, state: int, reason: int, had: Marks
) -> Guest | None:
    guest = _unread(domain, state, reason, had)
    try:
        return _describe(connection, entry, domain, guest, had)
    except libvirt.libvirtError as error:
        if error.get_error_code() == failures.NO_DOMAIN:
            return None
        if not refusal(error, connection):
            raise
        return replace(guest, unread=failures.declined(error, entry))
    except Exception as broken:  # a definition that ferry cannot read must not hide the host's other guests
        why = f"its definition could not be read ({type(broken).__name__}: {broken})"
        return replace(guest, unread=Unknown(why=why, code="host.libvirt", leg=failures.leg(entry)))


def _unread(domain: libvirt.virDomain, state: int, reason: int, had: Marks) -> Guest:
    """A guest as far as it is known without its definition."""
    uuid = domain.UUIDString()
    return Guest(
        uuid=GuestId(uuid),
        name=domain.name(),
        power=states.power(state),
        reason=states.reason(state, reason),
        persistent=uuid in had.persistent,
        autostart=uuid in had.autostart,
        memory_bytes=0,
        vcpus=0,
        virt_type="",
        arch="",
        machine="",
        emulator="",
        cpu_xml=None,
    )


def _describe(
    connection: libvirt.virConnect, entry: HostEntry, domain: libvirt.virDomain, guest: Guest, had: Marks
) -> Guest:
    active = guest.power is not Power.SHUT_OFF
    said = _described(domain) if active else describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))
    return replace(
        guest,
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
        labels=said.labels,
        vcpu_time_ns=typed.vcpu_time_ns(domain) if active else None,
        hardware=said.hardware,
        kept=kept(connection, entry, domain, said if active else None, had),
    )


def _described(domain: libvirt.virDomain) -> Described:
    # The migratable form is what a destination gets, but for the CPU, of which it may say only how it was asked for.
    return as_it_runs(describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)), domain.XMLDesc(0))


def _with_mdev_types(connection: libvirt.virConnect, entry: HostEntry, found: list[Guest]) -> list[Guest]:
    types = answered(connection, entry, lambda: host_topics.mediated(connection))
    if isinstance(types, Unknown):
        return found  # a host without libvirt's node device driver does not say
    return [replace(guest, host_devices=tuple(_typed(one, types) for one in guest.host_devices)) for guest in found]


def _typed(device: HostDevice, types: dict[str, str]) -> HostDevice:
    return replace(device, mdev_type=types.get(device.address.lower())) if device.kind == "mdev" else device
