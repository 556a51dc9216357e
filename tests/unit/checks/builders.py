"""A case in three lines: two ordinary hosts, an ordinary guest, and what a test wants to be different."""

from dataclasses import replace
from datetime import date
from typing import Any

from orchestrator.checks.case import AtHost, Case, OnLink
from orchestrator.model.cabling import Interface, PathMtu, PortAnswer, Route
from orchestrator.model.cpu import CpuAnswer, CpuOffer, TimeStampCounter
from orchestrator.model.facts import HostFacts, Identity, LinkFacts, MachineTypes, PairFacts, PathAnswer, Unknown
from orchestrator.model.finding import Finding
from orchestrator.model.guest import Disk, Guest, GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.machine import Clock, Devices, Kernel, Load, NumaCell, Processor, Shutdown
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import Policy
from orchestrator.model.services import DaemonSettings, VirtualNetwork
from orchestrator.model.settings import Settings
from orchestrator.model.sight import Sight
from orchestrator.model.units import Bytes

TODAY = date(2026, 11, 21)
GIB, MIB = 2**30, 2**20
ADDRESSES = tuple(f"10.0.2.{number}" for number in range(1, 10))  # whatever number a host has
WEB = GuestId("11111111-1111-4111-8111-111111111111")
OTHER = GuestId("22222222-2222-4222-8222-222222222222")
LUN = Sight(block=True, size_bytes=GIB, names=frozenset({"naa.6001405123456789"}), unique=True)
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


def disk(path: str | None = "/srv/shared/web.img", /, **changes: Any) -> Disk:
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
        networks=(VirtualNetwork(name="default", active=True, autostart=True, bridge="virbr0"),),
        bridges=frozenset({"br0"}),
        guests=guests,
        cpu_vendor="Intel",
        tsc=TimeStampCounter(frequency_hz=2_400_000_000, scaling=True),
        security_models=frozenset({"none", "dac"}),
        pools=(),
        secrets=frozenset(),
        nwfilters=frozenset(),
        numa=(NumaCell(id=0, memory_bytes=64 * GIB, free_bytes=16 * GIB, cpus=frozenset(range(8))),),
        cpu_offers=(offer(),),
        kernel=Kernel(
            release="6.12.0-1", word_bits=64, page_bytes=4096, cgroup_version=2, unprivileged_userfaultfd=True
        ),
        clock=Clock(ahead_seconds=0.0, uncertainty_seconds=0.01),
        processor=processor(),
        interfaces=(
            interface("br0", kind="bridge"),
            interface("eth1", addresses=ADDRESSES, speed_mbit=10_000, duplex="full", queues=4),
        ),
        daemon=DaemonSettings(),
        owners=(),
        load=Load(busy=0.1, steal=0.0, iowait=0.0, memory_pressure=0.0, io_pressure=0.0, cpu_pressure=0.0),
        rdma=(),
        devices=Devices(),
        certificates=(),
        shutdown=Shutdown(),
        listening=frozenset({22, 16514}),
    )
    return replace(ordinary, **changes)


def offer(**changes: Any) -> CpuOffer:
    """What the hosts of these tests offer under kvm."""
    ordinary = CpuOffer(
        arch="x86_64",
        virt_type="kvm",
        emulator="/usr/bin/qemu-system-x86_64",
        machine="pc-q35-10.0",
        host_model="<cpu mode='custom'><model>Skylake-Server</model></cpu>",
        vendor="Intel",
        usable=frozenset({"qemu64", "Skylake-Server"}),
        features=frozenset({"avx", "avx2", "sse2"}),
    )
    return replace(ordinary, **changes)


def processor(**changes: Any) -> Processor:
    """Eight threads of one make."""
    ordinary = Processor(
        vendor="GenuineIntel",
        model_name="Intel Xeon Gold",
        family="6",
        model="85",
        stepping="4",
        microcode="0x2007006",
        threads=8,
        flags=frozenset({"sse2", "avx", "avx2"}),
        vulnerabilities={"meltdown": "Mitigation: PTI"},
        nested=True,
        tsc_khz=2_400_000,
        clocksource="tsc",
    )
    return replace(ordinary, **changes)


def interface(name: str, **changes: Any) -> Interface:
    """A physical interface that is up."""
    return replace(Interface(name=name, kind="physical", up=True, mtu=1500), **changes)


def link(source: str = "kvm01", destination: str = "kvm02", **changes: Any) -> LinkFacts:
    """Everything tried between two hosts, and everything well."""
    ordinary = LinkFacts(
        source=HostName(source),
        destination=HostName(destination),
        network="migration",
        peer=f"uuid-{destination}",
        ports=(PortAnswer(address="10.0.2.2", port=49152, result="refused"),),
        route=Route(device="eth1", source_address="10.0.2.1"),
        path_mtu=PathMtu(mtu=1500, passes=True),
        resolves=("10.0.2.2",),
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
        networks={"migration": Network(name="migration", cidr="10.0.2.0/24", roles=frozenset({Role.MIGRATION}))},
        store="sqlite:///ferry.db",
        policy=Policy(name="default", memory_reserve=Bytes(GIB)),
    )
    return replace(ordinary, **changes)


def pair(moving: Guest, source: str = "kvm01", destination: str = "kvm02", **changes: Any) -> PairFacts:
    """Everything tried, and everything well."""
    paths = [d.local_path or d.source for d in moving.disks if d.source] + list(moving.boot_files)
    ordinary = PairFacts(
        guest=moving.uuid,
        source=HostName(source),
        destination=HostName(destination),
        cpu=CpuAnswer(offered=True),
        cpu_back=CpuAnswer(offered=True),
        paths=tuple(_there(path) for path in paths),
    )
    return replace(ordinary, **changes)


def _there(path: str) -> PathAnswer:
    """A path that is the same on both hosts."""
    if path.startswith("/dev/"):
        return PathAnswer(path=path, exists=True, filesystem="devtmpfs", here=LUN, there=LUN)
    return PathAnswer(path=path, exists=True, shared=True, filesystem="nfs")


def at_host(given: HostFacts | None = None, **changes: Any) -> AtHost:
    """One host by itself, with nothing against it."""
    ordinary = AtHost(settings=settings(), today=TODAY, host=given or host("kvm01"), network="migration")
    return replace(ordinary, **changes)


def on_link(**changes: Any) -> OnLink:
    """The way from kvm01 to kvm02 and back, with nothing against it."""
    ordinary = OnLink(
        settings=settings(),
        today=TODAY,
        source=host("kvm01"),
        destination=host("kvm02"),
        link=link(),
        back=link("kvm02", "kvm01"),
        network="migration",
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
        today=TODAY,
        lives_on=(HostName("kvm01"),) if moving.power in (Power.RUNNING, Power.PAUSED) else (),
        pair=pair(moving),
    )
    return replace(ordinary, **changes)


def summary(findings: tuple[Finding, ...] | list[Finding]) -> list[tuple[str, str]]:
    """Which check said what kind of thing."""
    return [(f.check, f.severity.value) for f in findings]
