"""Facts for the tests of the survey."""

from dataclasses import replace
from typing import Any

from orchestrator.model.facts import NOT_ASKED, HostFacts, Identity
from orchestrator.model.guest import Disk, Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.transport import Transport


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


def move() -> Move:
    """A guest that goes from kvm01 to kvm02."""
    transport = Transport(
        network="migration", address="10.0.2.2", persistent=True, paused=False, downtime_limit_ms=300,
        bandwidth_bytes_per_second=None, sharing_proven=False,
    )  # fmt: skip
    return Move(
        guest=GuestId("uuid-web"), name="web", source=HostName("kvm01"), destination=HostName("kvm02"), peer_uri="",
        memory_bytes=2**28, persistent=True, autostart=False, paused=False, transport=transport, probe_address=None,
        because="asked",
    )  # fmt: skip
