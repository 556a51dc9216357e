"""A guest read from the XML that a real libvirt 11.3 gave, and from the corners it did not show."""

from pathlib import Path

import pytest
from lxml import etree

from orchestrator.hypervisor.guest_xml import as_it_runs, describe
from orchestrator.model.guest import Disk, HostDevice, Nic
from tests.unit.hypervisor.fake_host import recorded

RECORDED = recorded("guest.xml")
RICH = recorded("guest-rich.xml")  # as libvirt 9.0 wrote it back; the TPM was added by hand, controllers left out


def domain(devices: str = "", rest: str = "") -> str:
    return f"<domain type='kvm'><memory unit='KiB'>1024</memory>{rest}<devices>{devices}</devices></domain>"


def test_everything_of_a_recorded_guest() -> None:
    said = describe(RECORDED)
    assert said.memory_bytes == 256 * 2**20
    assert (said.vcpus, said.virt_type, said.arch) == (1, "qemu", "x86_64")
    assert (said.machine, said.emulator) == ("pc-q35-7.2", "/usr/bin/qemu-system-x86_64")
    assert said.cpu_xml is not None and "qemu64" in said.cpu_xml and said.cpu_xml.rstrip().endswith("</cpu>")
    assert said.disks == (
        Disk(target="vda", device="disk", kind="file", source="/srv/shared/rec-01.qcow2", cache="none", format="qcow2"),
    )
    assert said.nics == (Nic(kind="bridge", source="br-guest", mac="52:54:00:6f:ef:bb"),)
    assert said.boot_files == ("/srv/shared/image/vmlinuz", "/srv/shared/image/initramfs")
    assert said.probe_address == "10.77.4.59"
    assert said.labels == (("address", "10.77.4.59"),)
    assert said.host_devices == ()


@pytest.mark.parametrize(
    ("unit", "bytes_"), [("b", 1024), ("KiB", 2**20), ("k", 2**20), ("MiB", 2**30), ("G", 2**40), ("KB", 1_024_000)]
)
def test_memory_in_every_unit(unit: str, bytes_: int) -> None:
    assert describe(f"<domain><memory unit='{unit}'>1024</memory></domain>").memory_bytes == bytes_


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", None),
        ("<source file='/a b;c.img'/>", "/a b;c.img"),
        ("<source dev='/dev/vg/lv'/>", "/dev/vg/lv"),
        ("<source pool='fast' volume='db'/>", "fast/db"),
        ("<source protocol='rbd' name='pool/img'/>", "rbd:pool/img"),
        ("<source dir='/srv/floppy'/>", "/srv/floppy"),
    ],
)
def test_disk_sources(source: str, expected: str | None) -> None:
    (disk,) = describe(domain(f"<disk type='file' device='cdrom'>{source}<target dev='sda'/><readonly/></disk>")).disks
    assert disk.source == expected
    assert disk.read_only and not disk.shareable


def test_nics_of_every_kind() -> None:
    nics = describe(
        domain(
            "<interface type='network'><source network='lan' portid='1' bridge='virbr0'/></interface>"
            "<interface type='direct'><source dev='eth0' mode='bridge'/></interface>"
            "<interface type='user'/>"
        )
    ).nics
    assert [(nic.kind, nic.source) for nic in nics] == [("network", "lan"), ("direct", "eth0"), ("user", None)]


def test_host_devices_are_named_as_libvirt_addresses_them() -> None:
    devices = describe(
        domain(
            "<hostdev mode='subsystem' type='pci'><source>"
            "<address domain='0x0000' bus='0x3b' slot='0x02' function='0x1'/></source></hostdev>"
            "<hostdev mode='subsystem' type='usb'><source>"
            "<vendor id='0x1050'/><product id='0x0407'/></source></hostdev>"
            "<hostdev mode='subsystem' type='mdev'><source><address uuid='c2177883'/></source></hostdev>"
            "<interface type='hostdev'><source>"
            "<address type='pci' domain='0' bus='4' slot='0' function='0'/></source></interface>"
        )
    ).host_devices
    assert devices == (
        HostDevice(kind="pci", address="0000:3b:02.1"),
        HostDevice(kind="usb", address="0x1050:0x0407"),
        HostDevice(kind="mdev", address="c2177883"),
        HostDevice(kind="pci", address="0000:04:00.0", interface=True),
    )


def test_the_template_of_firmware_variables_counts_among_the_boot_files() -> None:
    rest = "<os><loader>/usr/share/OVMF/CODE.fd</loader><nvram template='/usr/share/OVMF/VARS.fd'>/x</nvram></os>"
    assert describe(domain(rest=rest)).boot_files == ("/usr/share/OVMF/VARS.fd",)


@pytest.mark.parametrize(
    ("backend", "files"),
    [
        ("<backend model='random'>/dev/hwrng</backend>", ("/dev/hwrng",)),
        ("<backend model='random'>/dev/urandom</backend>", ()),
        ("<backend model='random'/>", ()),
        ("<backend model='builtin'/>", ()),
    ],
)
def test_a_source_of_randomness_that_not_every_host_has(backend: str, files: tuple[str, ...]) -> None:
    assert describe(domain(f"<rng model='virtio'>{backend}</rng>")).boot_files == files


def test_the_portgroup_of_a_card() -> None:
    said = describe(domain("<interface type='network'><source network='lan' portgroup='red'/></interface>"))
    assert [(nic.source, nic.portgroup) for nic in said.nics] == [("lan", "red")]


def test_a_guest_without_cpu_and_address() -> None:
    said = describe(domain())
    assert said.cpu_xml is None and said.probe_address is None


def test_a_hostile_document_is_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    hostile = (
        f"<!DOCTYPE domain [<!ENTITY x SYSTEM 'file://{secret}'>]>"
        "<domain><memory>1</memory><os><kernel>&x;</kernel></os></domain>"
    )
    assert describe(hostile).boot_files == ()


def test_disks_of_every_kind() -> None:
    disks = {disk.target: disk for disk in describe(RICH).disks}
    assert {target: (disk.kind, disk.source) for target, disk in disks.items()} == {
        "vda": ("file", "/srv/images/rich.qcow2"),
        "vdb": ("network", "rbd:pool/rich"),
        "vdc": ("volume", "fast/scratch"),
        "vdd": ("nvme", None),
        "vde": ("file", "/srv/images/throwaway.qcow2"),
        "sda": ("block", "/dev/mapper/shared"),
        "sdb": ("file", "/srv/iso/debian.iso"),
    }
    assert (disks["vda"].format, disks["vdb"].format) == ("qcow2", "raw")
    assert {target for target, disk in disks.items() if disk.pool} == {"vdc"} and disks["vdc"].pool == "fast"
    assert {target for target, disk in disks.items() if disk.transient} == {"vde"}
    assert {target for target, disk in disks.items() if disk.reservations} == {"sda"}
    assert {target for target, disk in disks.items() if disk.shareable} == {"sda"}


def test_cards_with_everything_a_bridge_must_offer() -> None:
    switched, direct, pooled, function, _vdpa = describe(RICH).nics
    assert switched == Nic(
        kind="bridge",
        source="ovsbr0",
        mac="52:54:00:00:00:01",
        mtu=9000,
        switch="openvswitch",
        filter="clean-traffic",
        vlans=frozenset({42, 47}),
    )
    assert (direct.mode, direct.source) == ("bridge", "eth1")
    assert (pooled.teaming, function.teaming) == ("persistent", "transient")


def test_host_devices_say_whether_they_are_cards_and_may_be_unplugged() -> None:
    assert describe(RICH).host_devices == (
        HostDevice(kind="pci", address="0000:41:00.0"),
        HostDevice(kind="usb", address="0x1050:0x0407"),
        HostDevice(kind="mdev", address="c2177883-f1bb-47f0-914d-32a22e3a8804"),
        HostDevice(kind="scsi_host", address="vhost naa.5123456789abcde0"),
        HostDevice(kind="pci", address="0000:3b:02.1", teaming="transient", interface=True),
    )


def test_a_running_guest_names_its_chain_of_images_and_the_card_from_a_pool() -> None:
    chain = (
        "<disk type='file'><source file='/top.qcow2' index='2'/><backingStore type='file'><format type='qcow2'/>"
        "<source file='/middle.qcow2'/><backingStore type='block'><source dev='/dev/base'/><backingStore/>"
        "</backingStore></backingStore><target dev='vda'/></disk>"
    )
    card = (
        "<interface type='hostdev'><source><address type='pci' domain='0' bus='4' slot='0' function='1'/></source>"
        "</interface>"
    )
    said = describe(
        domain(
            "<disk type='file'><source file='/top.qcow2'/><target dev='vda'/></disk>"
            "<interface type='network'><source network='pool'/></interface>"
        )
    )
    assert said.disks[0].backing == () and said.host_devices == ()
    running = as_it_runs(said, domain(chain + card))
    assert running.disks[0].backing == ("/middle.qcow2", "/dev/base")
    assert running.host_devices == (HostDevice(kind="pci", address="0000:04:00.1", interface=True, pooled=True),)
    usb = "<hostdev type='usb'><source><address bus='1' device='3'/></source></hostdev>"
    assert not as_it_runs(said, domain(usb)).host_devices[0].pooled, "only network cards come out of a pool"
    assert not as_it_runs(describe(domain(card)), domain(card)).host_devices[0].pooled, "its own definition names it"
    assert running.nics == said.nics, "what the destination must have is a network of that name"


def test_broken_xml_raises() -> None:
    with pytest.raises(etree.XMLSyntaxError):
        describe("<domain>")
