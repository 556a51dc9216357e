"""A case in three lines: two ordinary hosts, an ordinary guest, and what a test wants to be different."""

from dataclasses import replace
from typing import Any

from orchestrator.checks.case import Case
from orchestrator.model.facts import (
    CpuAnswer,
    HostFacts,
    Identity,
    MachineTypes,
    PairFacts,
    PathAnswer,
    PortAnswer,
    Unknown,
)
from orchestrator.model.finding import Finding
from orchestrator.model.guest import Disk, Guest, GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.model.units import Bytes

GIB, MIB = 2**30, 2**20
WEB = GuestId("11111111-1111-4111-8111-111111111111")
OTHER = GuestId("22222222-2222-4222-8222-222222222222")
SILENT = Unknown(why="no answer within 10 s", leg="ferry to libvirt of kvm02")


def uuid(number: int) -> GuestId:
    """A UUID of that number."""
    return GuestId(f"00000000-0000-4000-8000-{number:012x}")


def guest(name: str = "web", **changes: Any) -> Guest:
    """A running, persistent guest of 1 GiB without disks."""
    ordinary = Guest(
        uuid=WEB,
        name=name,
        power=Power.RUNNING,
        reason="booted",
        persistent=True,
        autostart=False,
        memory_bytes=GIB,
        vcpus=1,
        virt_type="kvm",
        arch="x86_64",
        machine="pc-q35-7.2",
        emulator="/usr/bin/qemu-system-x86_64",
        cpu_xml="<cpu/>",
    )
    return replace(ordinary, **changes)


def disk(path: str | None = "/srv/shared/web.img", **changes: Any) -> Disk:
    """A writable disk in a file."""
    return replace(Disk(target="vda", device="disk", kind="file", source=path), **changes)


def host(name: str, *guests: Guest, **changes: Any) -> HostFacts:
    """A host with 16 GiB free; its number tells it apart."""
    ordinary = HostFacts(
        name=HostName(name),
        identity=Identity(host_uuid=f"uuid-{name}", machine_id=f"machine-{name}", boot_id=f"boot-{name}"),
        hostname=name,
        libvirt_version=11_003_000,
        qemu_version=10_000_003,
        arch="x86_64",
        cpu_model="Skylake-Server",
        cpus=8,
        memory_total_bytes=64 * GIB,
        memory_free_bytes=16 * GIB,
        machine_types=(
            MachineTypes(arch="x86_64", virt_type="kvm", names=frozenset({"pc-q35-7.2", "pc-q35-10.0"})),
            MachineTypes(arch="x86_64", virt_type="qemu", names=frozenset({"pc-q35-7.2", "pc-q35-10.0"})),
        ),
        networks=frozenset({"default"}),
        bridges=frozenset({"br0"}),
        guests=guests,
    )
    return replace(ordinary, **changes)


def settings(*names: str, **changes: Any) -> Settings:
    """A configuration with these hosts (two, unless said otherwise) and a reserve of 1 GiB."""
    hosts = {
        HostName(name): HostEntry(
            name=HostName(name),
            uri=f"qemu+ssh://root@{name}/system",
            peer_uri=f"qemu+tls://{name}.lan/system",
            ssh=f"root@{name}",
            addresses={"migration": f"10.0.2.{number}"},
        )
        for number, name in enumerate(names or ("kvm01", "kvm02"), start=1)
    }
    ordinary = Settings(
        file="/etc/ferry/ferry.yaml",
        hosts=hosts,
        networks={"migration": Network(name="migration", cidr="10.0.2.0/24")},
        migration_network="migration",
        store="sqlite:///ferry.db",
        policy=Policy(name="default", memory_reserve=Bytes(GIB)),
    )
    return replace(ordinary, **changes)


def pair(moving: Guest, source: str = "kvm01", destination: str = "kvm02", **changes: Any) -> PairFacts:
    """Everything tried, and everything well."""
    paths = [d.source for d in moving.disks if d.source] + list(moving.boot_files)
    ordinary = PairFacts(
        guest=moving.uuid,
        source=HostName(source),
        destination=HostName(destination),
        cpu=CpuAnswer(offered=True),
        ports=(PortAnswer(address="10.0.2.2", port=49152, result="refused"),),
        paths=tuple(PathAnswer(path=p, exists=True, shared=True, filesystem="nfs") for p in paths),
        peer=f"uuid-{destination}",
    )
    return replace(ordinary, **changes)


def case(moving: Guest | None = None, **changes: Any) -> Case:
    """A guest on kvm01 that could go to kvm02, with nothing against it; `there` is the destination's list of guests."""
    moving = moving or guest()
    there = changes.pop("there", ())
    ordinary = Case(
        guest=moving,
        source=host("kvm01", moving),
        destination=host("kvm02", *there),
        settings=settings(),
        lives_on=(HostName("kvm01"),) if moving.power in (Power.RUNNING, Power.PAUSED) else (),
        pair=pair(moving),
    )
    return replace(ordinary, **changes)


def summary(findings: tuple[Finding, ...] | list[Finding]) -> list[tuple[str, str]]:
    """Which check said what kind of thing."""
    return [(f.check, f.severity.value) for f in findings]
