"""What a host says of each topic: recorded answers, and the sections run here with a plain shell."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.cabling import Interface, RdmaDevice
from orchestrator.model.facts import Unknown
from orchestrator.model.machine import Devices, Kernel, Load, MdevType, PciDevice, Processor, Shutdown
from orchestrator.model.services import DaemonSettings, Owner
from orchestrator.model.topic import OF_SHELL, Topic
from orchestrator.survey import root
from orchestrator.survey.root import REFUSED
from orchestrator.survey.topics.registry import SECTIONS
from tests.unit.survey import recorded


def read(topic: Topic, text: str) -> Any:
    return SECTIONS[topic].read(text.splitlines())


def test_every_topic_of_the_shell_has_a_section() -> None:
    assert set(SECTIONS) == OF_SHELL - {Topic.CLOCK}


def test_kernel() -> None:
    text = "release 6.1.0-28-amd64\nword 64\npage 4096\ncgroup 2\nsysctl 0\ndevice yes\n"
    assert read(Topic.KERNEL, text) == Kernel(
        release="6.1.0-28-amd64",
        word_bits=64,
        page_bytes=4096,
        cgroup_version=2,
        unprivileged_userfaultfd=False,
        userfaultfd_device=True,
    )
    older = read(Topic.KERNEL, "release 4.18.0\nword 64\npage 65536\ncgroup 1\n")
    assert older.unprivileged_userfaultfd is None and not older.userfaultfd_device and older.page_bytes == 65536


def test_processor() -> None:
    assert read(Topic.PROCESSOR, recorded.PROCESSOR) == Processor(
        vendor="GenuineIntel",
        model_name="Intel(R) Xeon(R) Gold 6140 CPU @ 2.30GHz",
        family="6",
        model="85",
        stepping="4",
        microcode="0x2007006",
        threads=72,
        flags=frozenset({"fpu", "vme", "avx512f", "vmx"}),
        vulnerabilities={"meltdown": "Mitigation: PTI", "spec_store_bypass": "Vulnerable"},
        nested=True,
        tsc_khz=2294608,
        clocksource="tsc",
    )


def test_a_processor_of_another_architecture_is_still_one() -> None:
    arm = read(
        Topic.PROCESSOR, "cpu processor\t: 0\ncpu Features\t: fp asimd\ncpu CPU implementer\t: 0x41\nthreads 4\n"
    )
    assert (arm.vendor, arm.flags, arm.nested, arm.tsc_khz) == ("0x41", {"fp", "asimd"}, None, None)


def test_interfaces() -> None:
    assert {one.name: one for one in read(Topic.INTERFACES, recorded.INTERFACES)} == {
        "eno1": Interface(
            name="eno1", kind="physical", up=True, mtu=9000, speed_mbit=25000, duplex="full", queues=16, master="bond0"
        ),
        "bond0": Interface(
            name="bond0", kind="bond", up=True, mtu=9000, addresses=("10.77.2.11", "fd77:2::11"),
            speed_mbit=50000, duplex="full", queues=16, bond_mode="802.3ad", bond_hash="layer3+4",
        ),
        "eno2": Interface(
            name="eno2", kind="physical", up=False, mtu=1500, queues=1, master="br-guest",
            vlans=frozenset({1, 20, 21, 22}),
        ),
        "br-guest": Interface(
            name="br-guest", kind="bridge", up=True, mtu=1400, queues=1, vlan_filtering=True,
            vlans=frozenset({1, 20, 21, 22}),
        ),
        "vnet0": Interface(
            name="vnet0", kind="tap", up=True, mtu=1400, queues=1, master="br-guest", vlans=frozenset({99})
        ),
        "ovs0": Interface(name="ovs0", kind="ovs-bridge", up=True, mtu=1500, queues=1),
    }  # fmt: skip


def test_a_vlan_names_the_interface_it_is_set_upon() -> None:
    text = """[ {"ifname": "bond0.5", "link": "bond0", "flags": [ "UP","LOWER_UP" ], "mtu": 9000, "link_type": "ether",
        "linkinfo": {"info_kind": "vlan", "info_data": {"id": 5}}},
        {"ifname": "veth0", "link": "veth1", "flags": [ "UP","LOWER_UP" ], "mtu": 1500, "link_type": "ether",
        "linkinfo": {"info_kind": "veth"}},
        {"ifname": "eth0.7", "link_index": 4, "flags": [ "UP","LOWER_UP" ], "mtu": 1500, "link_type": "ether",
        "linkinfo": {"info_kind": "vlan", "info_data": {"id": 7}}} ]"""
    found = read(Topic.INTERFACES, "\n".join(f"ip {line}" for line in text.splitlines()))
    # The other end of a veth pair is nothing below it, and a parent in another namespace has no name here.
    assert [(one.name, one.lower) for one in found] == [("bond0.5", "bond0"), ("veth0", None), ("eth0.7", None)]


def test_what_is_read_of_an_interface_is_left_in_the_answer(tmp_path: Path) -> None:
    program = tmp_path / "ip"
    program.write_text("#!/bin/sh\ncat <<'END'\n" + _PRETTY + "\nEND\n")
    program.chmod(0o755)
    script = f"PATH={tmp_path}:$PATH\n" + root.SHELL + SECTIONS[Topic.INTERFACES].script
    done = subprocess.run(["sh", "-u"], input=script, capture_output=True, text=True, check=True, timeout=20)
    assert '"txqlen"' not in done.stdout
    (found,) = read(Topic.INTERFACES, done.stdout)
    assert (found.name, found.kind, found.lower, found.mtu) == ("bond0.5", "vlan", "bond0", 9000)


_PRETTY = """[ {
        "ifindex": 7,
        "link": "bond0",
        "ifname": "bond0.5",
        "flags": [ "BROADCAST","UP","LOWER_UP" ],
        "mtu": 9000,
        "qdisc": "noqueue",
        "txqlen": 1000,
        "link_type": "ether",
        "linkinfo": {
            "info_kind": "vlan",
            "info_data": {
                "protocol": "802.1Q",
                "id": 5
            }
        },
        "addr_info": [ ]
    } ]"""


def test_a_host_without_ip_says_so() -> None:
    found = read(Topic.INTERFACES, "net eth0 1000 full 4 yes\n")
    assert isinstance(found, Unknown) and "iproute2" in found.why


def test_daemon() -> None:
    assert read(Topic.DAEMON, recorded.DAEMON) == DaemonSettings(
        lock_manager="lockd",
        port_min=50000,
        port_max=50100,
        migration_address="10.77.2.11",
        migration_host="kvm01.lan",
        keepalive_interval=-1,
        keepalive_count=3,
        tls_force=True,
        cgroup_device_acl=("/dev/null", "/dev/infiniband/rdma_cm"),
        max_client_requests=20,
        qemu_uid=0,
        qemu_gid=64055,
        memlock_bytes=65536,
        hooks={"network": "aa11", "qemu": "aa11", "qemu.d/10-dns": "bb22"},
    )


DEFAULTS = "read yes\nuser libvirt-qemu 64055\ngroup libvirt-qemu 64055\ngroup kvm 104\nmemlock unlimited\n"


def test_a_daemon_with_nothing_configured_has_the_defaults() -> None:
    assert read(Topic.DAEMON, DEFAULTS) == DaemonSettings(qemu_uid=64055, qemu_gid=64055)


@pytest.mark.parametrize(
    ("lines", "uid"),
    [('qemu user = "+107"', 107), ('qemu user = "107"', 107), ("qemu user = '0'", 0), ('qemu user = "root"', 0)],
)
def test_who_qemu_runs_as(lines: str, uid: int) -> None:
    assert read(Topic.DAEMON, f"{DEFAULTS}user root 0\n{lines}\n").qemu_uid == uid


def test_an_account_that_nobody_knows_is_not_taken_for_root() -> None:
    assert isinstance(read(Topic.DAEMON, DEFAULTS + 'qemu user = "ghost"\n'), Unknown)
    assert isinstance(read(Topic.DAEMON, "read yes\n"), Unknown)


def test_owners() -> None:
    assert read(Topic.OWNERS, recorded.OWNERS) == (
        Owner(name="openstack", evidence="nova-compute is running"),
        Owner(
            name="pacemaker",
            evidence="pacemakerd is running",
            guests=frozenset({"vm-db", "db-01", "web-01"}),
        ),
        Owner(name="proxmox", evidence="/etc/pve/storage.cfg exists"),
    )
    assert read(Topic.OWNERS, "looked yes\n") == ()


BEFORE = "stat cpu  1000 0 500 8000 100 0 0 0 0 0\n"
PROCESSORS = "processors 4\n"


def test_load() -> None:
    found = read(
        Topic.LOAD,
        f"average 4.40 1 1 1/2 3\n{PROCESSORS}{BEFORE}stat cpu  1050 0 510 8010 120 0 0 10 0 0\n"
        "memory some avg10=1.50 avg60=0.00 avg300=0.00 total=1\nio some avg10=42.00 avg60=0 avg300=0 total=1\n",
    )
    assert found == Load(busy=0.6, steal=0.1, iowait=0.2, memory_pressure=1.5, io_pressure=42.0, cpu_pressure=None)


def test_a_peak_of_a_moment_is_not_busy() -> None:
    text = f"average 0.40 1 1 1/2 3\n{PROCESSORS}{BEFORE}stat cpu  1100 0 500 8000 100 0 0 0 0 0\n"
    assert read(Topic.LOAD, text).busy == pytest.approx(0.1)


def test_a_clock_that_stands_still_is_no_load() -> None:
    assert isinstance(read(Topic.LOAD, f"average 0.40 1 1\n{PROCESSORS}{BEFORE}{BEFORE}"), Unknown)
    assert isinstance(read(Topic.LOAD, f"average 0.40 1 1\n{PROCESSORS}{BEFORE}"), Unknown)


def test_rdma() -> None:
    text = (
        "looked yes\nfile * /dev/infiniband/rdma_cm\ndevice mlx5_0 ens1f0 Ethernet ACTIVE\n"
        "device mlx5_1 - InfiniBand DOWN\nfile mlx5_0 /dev/infiniband/uverbs0\n"
    )
    cm = "/dev/infiniband/rdma_cm"
    assert read(Topic.RDMA, text) == (
        RdmaDevice(
            name="mlx5_0",
            interface="ens1f0",
            state="ACTIVE",
            link_layer="Ethernet",
            files=(cm, "/dev/infiniband/uverbs0"),
        ),
        RdmaDevice(name="mlx5_1", interface="", state="DOWN", link_layer="InfiniBand", files=(cm,)),
    )
    assert read(Topic.RDMA, "looked yes\n") == ()


def test_devices() -> None:
    assert read(Topic.DEVICES, recorded.DEVICES) == Devices(
        pci=(
            PciDevice(address="0000:03:00.0", id="15b3:101d", driver="mlx5_core"),
            PciDevice(address="0000:03:00.2", id="15b3:101e", driver="mlx5_vfio_pci", virtual_function=True),
            PciDevice(address="0000:00:1f.0", id="8086:a1c8"),
        ),
        usb=frozenset({"1d6b:0002", "0781:5567"}),
        mdev=(MdevType(name="nvidia-35", available=5), MdevType(name="nvidia-36", available=0)),
        vhost_vsock=True,
        slirp_helper=True,
        swtpm="0.7.1",
        virtiofsd="1.10.0",
    )
    assert read(Topic.DEVICES, "vsock no\n") == Devices(slirp_helper=False)


def test_shutdown() -> None:
    text = "looked yes\nUSEC=1735689600000000\nWARN_WALL=1\nMODE=reboot\n"
    assert read(Topic.SHUTDOWN, text) == Shutdown(at=1735689600, mode="reboot")
    assert read(Topic.SHUTDOWN, "looked yes\n") == Shutdown()


def test_listening() -> None:
    assert read(Topic.LISTENING, "looked yes\nport 0016\nport C000\nport C000\n") == {22, 49152}
    assert read(Topic.LISTENING, "looked yes\n") == frozenset()


@pytest.mark.parametrize("topic", SECTIONS)
def test_what_root_alone_may_read_is_unknown_where_sudo_refuses(topic: Topic) -> None:
    assert read(topic, "read yes\nlooked yes\nrefused\n") == REFUSED


@pytest.mark.parametrize("topic", SECTIONS)
def test_silence_is_unknown(topic: Topic) -> None:
    assert isinstance(read(topic, ""), Unknown)


_KEYS = ["ip", "net", "vlan", "cpu", "qemu", "user", "hook", "stat", "average", "device", "file", "pem", "pci", "mdev",
         "driver", "cib", "process", "USEC=x", "word", "threads", "processors", "vulnerability", "looked yes",
         "read yes"]  # fmt: skip


@given(
    topic=st.sampled_from(sorted(SECTIONS)),
    lines=st.lists(st.tuples(st.sampled_from(_KEYS), st.text(max_size=30)), min_size=1, max_size=12),
)
def test_garbage_never_raises(topic: Topic, lines: list[tuple[str, str]]) -> None:
    read(topic, "\n".join(f"{key} {rest}" for key, rest in lines))


_BOTH = sorted({line for text in recorded.EVERY.values() for line in text.splitlines()})


@given(topic=st.sampled_from(sorted(SECTIONS)), lines=st.lists(st.sampled_from(_BOTH), min_size=1, max_size=40))
def test_pieces_of_real_answers_never_raise(topic: Topic, lines: list[str]) -> None:
    read(topic, "\n".join(lines))


@pytest.mark.parametrize("topic", SECTIONS)
def test_sections_run_with_a_plain_shell(topic: Topic) -> None:
    done = subprocess.run(
        ["sh", "-u"], input=root.SHELL + SECTIONS[topic].script, capture_output=True, text=True, check=False, timeout=20
    )
    assert not done.stderr
    found = read(topic, done.stdout)
    # Nobody is an account for QEMU where libvirt is not installed.
    assert not isinstance(found, Unknown) or (topic is Topic.DAEMON and "account" in found.why)
