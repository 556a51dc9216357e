"""What two hosts offer together: versions at their gates, certificates, devices, speeds."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from orchestrator.checks.registry import TOPICS
from orchestrator.migration.features import GATES, READS, offers
from orchestrator.model.cabling import RdmaDevice
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import HostDevice
from orchestrator.model.hardware import Hardware
from orchestrator.model.machine import Kernel, Load
from orchestrator.model.offer import Feature, Offers
from orchestrator.model.services import Certificate, DaemonSettings
from tests.unit.checks.builders import ADDRESSES, GIB, TODAY, guest, host, interface, settings

WHY = Unknown(why="the script broke off", code="host.shell")
SERVER = Certificate(
    role="server",
    use="qemu",
    path="/etc/pki/qemu/server-cert.pem",
    names=frozenset({"10.0.2.2"}),
    not_before=datetime(2026, 1, 1, tzinfo=UTC),
    not_after=datetime(2027, 1, 1, tzinfo=UTC),
    ca_fingerprint="aa",
    trusted=True,
)
CLIENT = replace(SERVER, role="client", path="/etc/pki/qemu/client-cert.pem")
OPEN = Kernel(release="6.12", word_bits=64, page_bytes=4096, cgroup_version=2, unprivileged_userfaultfd=True)
CLOSED = replace(OPEN, unprivileged_userfaultfd=False)
ANYBODY = DaemonSettings(qemu_uid=64055, qemu_gid=64055)
FILES = ("/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs0")
RDMA = RdmaDevice(name="mlx5_0", interface="eth1", state="ACTIVE", link_layer="Ethernet", files=FILES)
WITH_RDMA = {"rdma": (RDMA,), "daemon": DaemonSettings(cgroup_device_acl=("/dev/kvm", *FILES))}
LIMITED = guest(hardware=Hardware(hard_limit_bytes=2 * GIB))
RECENT = {"libvirt_version": 11_004_000, "qemu_version": 10_000_000}


def found(*, here: Any = None, there: Any = None, moving: Any = None) -> Offers:
    source = host("kvm01", **(RECENT | {"certificates": (CLIENT,)} | (here or {})))
    destination = host("kvm02", **(RECENT | {"certificates": (SERVER,)} | (there or {})))
    return offers(moving or guest(), source, destination, settings(), TODAY, "migration")


def test_recent_hosts_have_everything_but_rdma() -> None:
    offered = found()
    assert {*offered.absent} == {Feature.RDMA}
    assert all(offered.has(feature) is (feature is not Feature.RDMA) for feature in Feature)


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: f"{gate.feature} {gate.libvirt or gate.broken}")
def test_a_gate_opens_at_its_version_on_the_sides_that_need_it(gate) -> None:
    for what, least, where in (
        ("libvirt_version", gate.libvirt, gate.libvirt_on),
        ("qemu_version", gate.qemu, gate.qemu_on),
    ):
        for side in ("here", "there") if least else ():
            needed = where == "both" or where == {"here": "source", "there": "destination"}[side]
            everything = {"rdma": (RDMA,), "daemon": WITH_RDMA["daemon"]}
            below, at = (
                found(
                    moving=LIMITED,
                    **{s: everything | ({what: version} if s == side else {}) for s in ("here", "there")},
                )
                for version in (least - 1, least)
            )
            assert below.has(gate.feature) is not needed
            assert at.has(gate.feature)
            if needed:
                assert f"kvm0{1 + (side == 'there')} has " in below.absent[gate.feature]


def test_what_only_the_source_does_asks_nothing_of_the_destination() -> None:
    ancient = {"libvirt_version": 8_005_000, "qemu_version": 4_000_000}
    offered = found(there=ancient)
    assert offered.has(Feature.ZEROCOPY)
    assert not found(there=ancient | {"libvirt_version": 8_004_000}).has(Feature.ZEROCOPY)
    assert not found(here=ancient).has(Feature.ZEROCOPY)
    assert offered.has(Feature.THROTTLE)
    assert offered.has(Feature.DIRTY_RATE)
    assert not offered.has(Feature.ZSTD)
    assert found(there={"libvirt_version": 1_000_000, "qemu_version": 1_000_000}).has(Feature.THROTTLE)


@pytest.mark.parametrize(
    ("version", "has"), [(11_001_999, True), (11_002_000, False), (11_003_999, False), (11_004_000, True)]
)
def test_a_destination_that_crashes_at_recovery_does_not_offer_it(version: int, has: bool) -> None:
    assert found(there={"libvirt_version": version}).has(Feature.POSTCOPY_RECOVERY) is has
    assert found(here={"libvirt_version": version}).has(Feature.POSTCOPY_RECOVERY)


def test_of_several_reasons_the_first_gates_and_the_sources_is_said() -> None:
    old, crashing = {"libvirt_version": 8_000_000}, {"libvirt_version": 11_003_000}
    assert found(here=old, there=crashing).absent[Feature.POSTCOPY_RECOVERY].startswith("kvm01 has libvirt 8.0.0")
    assert found(here=old, there=old).absent[Feature.ZSTD].startswith("kvm01")


def test_the_topics_that_are_read_are_asked_for_anyway() -> None:
    assert READS <= TOPICS


CERTIFICATES = {
    "both": ((CLIENT,), (SERVER,), None),
    "no client certificate": ((), (SERVER,), "kvm01 has no client certificate"),
    "no server certificate": (
        (CLIENT,),
        (replace(SERVER, missing=True),),
        "kvm02 has no server certificate for QEMU, /",
    ),
    "libvirt's own": ((CLIENT,), (replace(SERVER, use="libvirt"),), "no server certificate"),
    "not signed": ((CLIENT,), (replace(SERVER, trusted=False),), "the CA of kvm02 has not signed"),
    "not yet": ((CLIENT,), (replace(SERVER, not_before=datetime(2026, 11, 22, tzinfo=UTC)),), "from 2026-11-22"),
    "no longer": ((CLIENT,), (replace(SERVER, not_after=datetime(2026, 11, 20, tzinfo=UTC)),), "ended on 2026-11-20"),
    "today is the last day": ((CLIENT,), (replace(SERVER, not_after=datetime(2026, 11, 21, tzinfo=UTC)),), None),
    "another authority": ((replace(CLIENT, ca_fingerprint="bb"),), (SERVER,), "different authorities"),
    "another name": ((CLIENT,), (replace(SERVER, names=frozenset({"other"})),), "is for other, neither for 10.0.2.2"),
    "the client is for another name": ((replace(CLIENT, names=frozenset({"x"})),), (SERVER,), None),
    "unread": (WHY, (SERVER,), "the script broke off"),
}


@pytest.mark.parametrize(("here", "there", "why"), CERTIFICATES.values(), ids=CERTIFICATES.keys())
def test_encryption_takes_certificates(here: Any, there: Any, why: str | None) -> None:
    absent = found(here={"certificates": here}, there={"certificates": there}).absent.get(Feature.TLS)
    assert (absent is None) if why is None else (why in (absent or ""))


@pytest.mark.parametrize(
    ("names", "name"),
    [
        ({"10.0.2.2"}, None),
        ({"kvm02", "10.0.2.2"}, None),
        ({"kvm02"}, "kvm02"),
        ({"KVM02.lan."}, "kvm02.lan"),
        ({"*.lan"}, "kvm02.lan"),
    ],
)
def test_the_name_that_the_certificate_is_compared_with(names: set[str], name: str | None) -> None:
    offered = found(there={"certificates": (replace(SERVER, names=frozenset(names)),)})
    assert offered.has(Feature.TLS)
    assert offered.tls_name == name


VFIO = guest(host_devices=(HostDevice(kind="pci", address="0000:03:00.1"),))
POSTCOPY = {
    "a kernel that lets everybody": (
        guest(),
        {"kernel": replace(OPEN, unprivileged_userfaultfd=None), "daemon": ANYBODY},
        None,
    ),
    "closed": (guest(), {"kernel": CLOSED, "daemon": ANYBODY}, "may not use userfaultfd on kvm02"),
    "closed, QEMU is root": (guest(), {"kernel": CLOSED}, None),
    "closed, a device": (guest(), {"kernel": replace(CLOSED, userfaultfd_device=True), "daemon": ANYBODY}, None),
    "a device that this libvirt does not open": (
        guest(),
        {"kernel": replace(CLOSED, userfaultfd_device=True), "daemon": ANYBODY, "libvirt_version": 10_000_000},
        "userfaultfd",
    ),
    "kernel unread": (guest(), {"kernel": WHY}, "broke off"),
    "daemon unread": (guest(), {"kernel": CLOSED, "daemon": WHY}, "broke off"),
    "a VFIO device": (VFIO, {}, "pci 0000:03:00.1"),
    "one that QEMU unplugs": (
        replace(VFIO, host_devices=(replace(VFIO.host_devices[0], teaming="transient"),)),
        {},
        None,
    ),
}


@pytest.mark.parametrize(("moving", "there", "why"), POSTCOPY.values(), ids=POSTCOPY.keys())
def test_postcopy_takes_userfaultfd_and_no_vfio(moving: Any, there: Any, why: str | None) -> None:
    absent = found(moving=moving, there=there).absent.get(Feature.POSTCOPY)
    assert (absent is None) if why is None else (why in (absent or ""))


RDMA_ROWS = {
    "everything": (LIMITED, WITH_RDMA, None),
    "no limit": (guest(), WITH_RDMA, "hard limit of at least 2048 MiB"),
    "too small a limit": (guest(hardware=Hardware(hard_limit_bytes=2 * GIB - 1)), WITH_RDMA, "hard limit"),
    "no device": (LIMITED, WITH_RDMA | {"rdma": ()}, "kvm02 has no active RDMA device"),
    "on another network": (LIMITED, WITH_RDMA | {"rdma": (replace(RDMA, interface="eth0"),)}, "no active"),
    "down": (LIMITED, WITH_RDMA | {"rdma": (replace(RDMA, state="DOWN"),)}, "no active"),
    "closed to QEMU": (LIMITED, WITH_RDMA | {"daemon": DaemonSettings()}, "may not open the RDMA device of kvm02"),
    "unread": (LIMITED, WITH_RDMA | {"rdma": WHY}, "broke off"),
    "interfaces unread": (LIMITED, WITH_RDMA | {"interfaces": WHY}, "broke off"),
    "daemon unread": (LIMITED, WITH_RDMA | {"daemon": WHY}, "broke off"),
}


@pytest.mark.parametrize(("moving", "there", "why"), RDMA_ROWS.values(), ids=RDMA_ROWS.keys())
def test_rdma_takes_devices_and_a_limit(moving: Any, there: Any, why: str | None) -> None:
    absent = found(moving=moving, here=WITH_RDMA, there=there).absent.get(Feature.RDMA)
    assert (absent is None) if why is None else (why in (absent or ""))


GBIT = 10**9 // 8
CARD = interface("eth1", speed_mbit=25_000)
SPEEDS = {
    "a card": ((interface("eth1", addresses=ADDRESSES, speed_mbit=1000),), GBIT),
    "the other end is slower": ((interface("eth1", addresses=ADDRESSES, speed_mbit=40_000),), 10 * GBIT),
    "a VLAN": (
        (interface("eth1.7", kind="vlan", addresses=ADDRESSES, lower="eth0"), interface("eth0", speed_mbit=1000)),
        GBIT,
    ),
    "a bridge": (
        (interface("br1", kind="bridge", addresses=ADDRESSES), interface("eth0", master="br1", speed_mbit=1000)),
        GBIT,
    ),
    "a constant of the kernel": ((interface("eth1", kind="veth", addresses=ADDRESSES, speed_mbit=10_000),), None),
    "not said": ((interface("eth1", addresses=ADDRESSES),), None),
    "no such address": ((interface("eth1", addresses=("10.9.9.9",), speed_mbit=1000),), None),
    "unread": (WHY, None),
}


@pytest.mark.parametrize(("interfaces", "speed"), SPEEDS.values(), ids=SPEEDS.keys())
def test_the_link_is_as_fast_as_its_slower_end(interfaces: Any, speed: int | None) -> None:
    assert found(here={"interfaces": interfaces}).link_bytes_per_second == speed
    assert found(there={"interfaces": interfaces}).link_bytes_per_second == speed


def test_figures_of_the_hosts() -> None:
    offered = found(here={"cpus": 4, "load": Load(busy=0.5, steal=0, iowait=0)}, there={"cpus": 16}, moving=LIMITED)
    assert (offered.source_cpus, offered.destination_cpus, offered.source_busy) == (4, 16, 0.5)
    assert offered.source_free_bytes == 15 * GIB  # less the reserve of the policy
    assert offered.memory_limit_bytes == 2 * GIB
    assert offered.tunnel_encrypted
    assert found(here={"load": WHY}).source_busy is None


def test_a_peer_that_listens_in_the_clear_encrypts_no_tunnel() -> None:
    given = settings()
    hosts = {name: replace(entry, peer_uri="qemu+tcp://x/system") for name, entry in given.hosts.items()}
    plain: list[HostFacts] = [host("kvm01"), host("kvm02")]
    assert not offers(guest(), *plain, replace(given, hosts=hosts), TODAY, "migration").tunnel_encrypted
