"""Facts for the tests of the survey."""

from dataclasses import replace
from typing import Any

from orchestrator.model.facts import NOT_ASKED, HostFacts, Identity
from orchestrator.model.guest import Disk, Guest, GuestId, Power
from orchestrator.model.host import HostName


def guest(name: str, *disks: Disk, **changes: Any) -> Guest:
    """A running guest."""
    ordinary = Guest(
        uuid=GuestId(f"uuid-{name}"), name=name, power=Power.RUNNING, reason="booted", persistent=True, autostart=False,
        memory_bytes=2**28, vcpus=1, virt_type="kvm", arch="x86_64", machine="pc-q35-7.2", emulator="/usr/bin/qemu",
        cpu_xml=None, disks=disks,
    )  # fmt: skip
    return replace(ordinary, **changes)


def disk(source: str | None, *, kind: str = "file", **changes: Any) -> Disk:
    """A disk with its data at `source`."""
    return Disk(target="vda", device="disk", kind=kind, source=source, **changes)


def host(name: str, *guests: Guest) -> HostFacts:
    """A host as its libvirt describes it."""
    return HostFacts(
        name=HostName(name), identity=Identity(host_uuid=f"uuid-of-{name}", machine_id=NOT_ASKED, boot_id=NOT_ASKED),
        hostname=name, libvirt_version=11003000, qemu_version=10000013, arch="x86_64", cpu_model="m", cpus=2,
        memory_total_bytes=2**34, memory_free_bytes=2**33, machine_types=(), networks=(), bridges=NOT_ASKED,
        guests=guests,
    )  # fmt: skip
