"""Memory, processors, firmware and rare devices of a guest, from a definition that libvirt 9.0 wrote back."""

import pytest

from orchestrator.hypervisor.guest_xml import describe
from orchestrator.model.hardware import (
    ODDITIES,
    CharDevice,
    Dimm,
    Display,
    Filesystem,
    Hardware,
    HugePages,
    SharedMemory,
    Tpm,
)
from tests.unit.hypervisor.fake_host import recorded

RICH = describe(recorded("guest-rich.xml")).hardware
GIB = 2**30


def of(inside: str = "", devices: str = "") -> Hardware:
    return describe(f"<domain type='kvm'>{inside}<devices>{devices}</devices></domain>").hardware


def test_an_ordinary_guest_has_nothing_special() -> None:
    ordinary = describe(recorded("guest.xml")).hardware
    assert ordinary == Hardware(
        cpu_mode="custom",
        cpu_model="qemu64",
        char_devices=(CharDevice(element="serial", kind="file", path="/srv/shared/console/rec-01.log"),),
    )


def test_the_processor() -> None:
    assert (RICH.cpu_mode, RICH.cpu_model, RICH.cpu_vendor) == ("custom", "Skylake-Server", "Intel")
    assert RICH.cpu_features == {"invtsc": "require", "vmx": "disable"}
    assert RICH.tsc_hz == 2_400_000_000
    assert RICH.hyperv_passthrough and not of("<features><hyperv mode='custom'/></features>").hyperv_passthrough
    assert of("<cpu mode='host-passthrough'/>").cpu_mode == "host-passthrough"
    assert of().cpu_mode == ""


def test_memory() -> None:
    assert RICH.hugepages == (HugePages(size_kib=2048, nodes=frozenset({0})),)
    assert of("<memoryBacking><hugepages/></memoryBacking>").hugepages == (HugePages(size_kib=None),)
    assert (RICH.locked, RICH.hard_limit_bytes) == (True, 6 * GIB)
    assert (of().locked, of().hard_limit_bytes) == (False, None)


def test_pins_and_cells() -> None:
    assert RICH.pins == {
        "vcpu": {0, 1, 3},
        "vcpupin 0": {0, 1},
        "vcpupin 1": {3},
        "emulatorpin": {4, 5},
        "iothreadpin 1": {6},
    }
    assert RICH.numa_nodes == {"memory": {0, 1}, "memnode 0": {1}}
    assert RICH.numa_strict and RICH.shares_set


@pytest.mark.parametrize(("mode", "strict"), [("mode='preferred'", False), ("mode='strict'", True), ("", True)])
def test_only_a_strict_cell_must_be_there(mode: str, strict: bool) -> None:
    assert of(f"<numatune><memory {mode} nodeset='1'/></numatune>").numa_strict is strict


def test_cells_chosen_by_libvirt_bind_to_nothing() -> None:
    said = of("<numatune><memory mode='strict' placement='auto'/></numatune>")
    assert said.numa_nodes == {} and not said.numa_strict


def test_firmware_and_tpm() -> None:
    assert RICH.loader == "/usr/share/OVMF/OVMF_CODE_4M.fd"
    assert RICH.nvram == "/var/lib/libvirt/qemu/nvram/rich_VARS.fd"
    assert of("<os><nvram type='file'><source file='/nv.fd'/></nvram></os>").nvram == "/nv.fd"
    assert RICH.tpm == Tpm(backend="emulator", version="2.0", secret="66666666-2222-4333-8444-555555555555")
    bare = of(devices="<tpm><backend type='passthrough'><device path='/dev/tpm0'/></backend></tpm>").tpm
    assert bare == Tpm(backend="passthrough")


@pytest.mark.parametrize(
    ("memory", "migratable"),
    [
        ("<memory model='dimm'><address type='dimm' slot='0' base='0x100000000'/></memory>", True),
        ("<memory model='dimm'><address type='dimm' slot='0'/></memory>", False),
        ("<memory model='nvdimm'/>", False),
        ("<memory model='virtio-mem'/>", True),
    ],
)
def test_memory_devices_need_their_place(memory: str, migratable: bool) -> None:
    assert [dimm.migratable for dimm in of(devices=memory).dimms] == [migratable]


def test_devices_with_fields_of_their_own() -> None:
    assert RICH.dimms == (Dimm(model="dimm", node=0, migratable=False),)
    assert RICH.vsock and not of().vsock
    assert RICH.filesystems == (Filesystem(driver="path", source="/srv/export", target="export"),)
    assert RICH.shared_memory == (SharedMemory(name="ring", model="ivshmem-plain", role="peer"),)
    external = "<filesystem><driver type='virtiofs'/><source socket='/run/fs.sock'/><target dir='t'/></filesystem>"
    assert of(devices=external).filesystems == (
        Filesystem(driver="virtiofs", source="", target="t", socket="/run/fs.sock"),
    )
    assert of("<launchSecurity type='sev'/>").launch_security == "sev" and RICH.launch_security is None


def test_character_devices_once_each() -> None:
    assert RICH.char_devices == (
        CharDevice(element="serial", kind="file", path="/var/log/rich.log"),
        CharDevice(element="serial", kind="dev", path="/dev/ttyS1"),
        CharDevice(element="parallel", kind="pty"),
        CharDevice(element="channel", kind="unix"),
        CharDevice(element="channel", kind="qemu-vdagent"),
    )
    other = of(devices="<console type='pty'><source path='/dev/pts/3'/><target type='virtio'/></console>")
    assert other.char_devices == (CharDevice(element="console", kind="pty", path=None),)


def test_secrets_of_disks_and_tpm_in_small_letters() -> None:
    assert RICH.secrets == {
        "11111111-2222-4333-8444-555555555555",
        "aaaaaaaa-2222-4333-8444-555555555555",
        "66666666-2222-4333-8444-555555555555",
    }
    shouted = "<disk><source><auth><secret uuid='ABC'/></auth></source></disk>"
    assert of(devices=shouted).secrets == {"abc"}


def test_labels_that_libvirt_did_not_choose() -> None:
    assert RICH.security_models == {"dac"}
    assert of("<seclabel type='dynamic' model='selinux'/>").security_models == frozenset()


def test_namespaces_of_other_managers() -> None:
    assert RICH.namespaces == {
        "http://libosinfo.org/xmlns/libvirt/domain/1.0",
        "http://openstack.org/xmlns/libvirt/nova/1.1",
    }


def test_devices_provided_by_another_process() -> None:
    said = of(
        devices="<interface type='vhostuser'><mac address='52:54:00:00:00:09'/></interface>"
        "<disk type='vhostuser'><target dev='vdx'/></disk><video><driver name='vhostuser'/></video>"
    )
    assert said.vhost_user == ("interface 52:54:00:00:00:09", "disk vdx", "video")
    assert RICH.vhost_user == ()


def test_oddities_of_the_rich_guest() -> None:
    assert RICH.oddities == (
        "input passthrough",
        "smartcard host",
        "usb audio",
        "usb mtp",
        "vdpa",
        "video accel3d",
    )


@pytest.mark.parametrize(
    ("device", "word"),
    [
        ("<iommu model='amd'/>", "amd-iommu"),
        ("<hostdev mode='capabilities' type='misc'/>", "capabilities device"),
        ("<crypto model='virtio'/>", "crypto"),
        ("<input type='passthrough'/>", "input passthrough"),
        ("<controller type='nvme'/>", "nvme emulated"),
        ("<smartcard mode='host-certificates'/>", "smartcard host"),
        ("<sound model='virtio'/>", "sound virtio"),
        ("<interface type='bridge'><model type='usb-net'/></interface>", "usb net"),
        ("<serial type='pty'><target type='usb-serial'/></serial>", "usb serial"),
        ("<disk type='vhostvdpa'/>", "vhostvdpa disk"),
        ("<video><model blob='on'/></video>", "video blob"),
    ],
)
def test_every_oddity_has_its_word(device: str, word: str) -> None:
    said = of(devices=device)
    assert said.oddities == (word,) and word in ODDITIES


@pytest.mark.parametrize(
    "device",
    [
        "<iommu model='intel'/>",
        "<sound model='ich9'/>",
        "<smartcard mode='passthrough'/>",
        "<controller type='usb'/>",
        "<video><model type='virtio'><acceleration accel3d='no'/></model></video>",
        "<interface type='user'/>",
        "<input type='tablet' bus='usb'/>",
    ],
)
def test_ordinary_devices_are_not_odd(device: str) -> None:
    assert of(devices=device).oddities == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (("-device", "nvme,serial=1"), ("nvme emulated",)),
        (("-device", '{"driver": "virtio-sound-pci", "audiodev": "a"}'), ("sound virtio",)),
        (("-device", "{broken"), ()),
        (("-device", "driver=ufs,id=u"), ("ufs",)),
        (("-device", "virtio-net-pci"), ()),
        (("-name", "nvme"), ()),
        (("-device",), ()),
    ],
)
def test_devices_given_past_libvirt(given: tuple[str, ...], words: tuple[str, ...]) -> None:
    space = "http://libvirt.org/schemas/domain/qemu/1.0"
    inside = "".join(f"<q:arg value='{value}'/>" for value in given)
    said = of(f"<q:commandline xmlns:q='{space}'>{inside}</q:commandline>")
    assert said.oddities == words and set(words) <= set(ODDITIES)


def test_secrets_named_by_their_use() -> None:
    said = of(
        devices="<disk><source><auth><secret type='ceph' usage='client.admin'/></auth></source></disk>"
        "<disk><source><encryption><secret type='passphrase' usage='/srv/web.img'/></encryption></source></disk>"
        "<disk><source><auth><secret type='iscsi' uuid='ABC' usage='both'/></auth></source></disk>"
    )
    assert said.secrets == {"ceph client.admin", "volume /srv/web.img", "abc"}


def test_what_a_device_writes_is_logged_in_a_file() -> None:
    said = of(devices="<serial type='pty'><log file='/var/log/web.log' append='off'/></serial>").char_devices
    assert said == (
        CharDevice(element="serial", kind="pty"),
        CharDevice(element="serial log", kind="file", path="/var/log/web.log"),
    )


@pytest.mark.parametrize(
    ("device", "word"),
    [
        ("vhost-user-vsock-pci,chardev=c", "vsock-pci (given to QEMU past libvirt)"),
        ('{"driver": "vhost-user-fs-pci"}', "fs-pci (given to QEMU past libvirt)"),
        ("vhost-vsock-pci", None),
    ],
)
def test_devices_of_other_processes_given_past_libvirt(device: str, word: str | None) -> None:
    space = "http://libvirt.org/schemas/domain/qemu/1.0"
    inside = f"<q:arg value='-device'/><q:arg value='{device}'/>"
    said = of(f"<q:commandline xmlns:q='{space}'>{inside}</q:commandline>")
    assert said.vhost_user == (() if word is None else (word,))


@pytest.mark.parametrize(
    ("inside", "shared"),
    [
        ("<memoryBacking><source type='memfd'/><access mode='shared'/></memoryBacking>", True),
        ("<memoryBacking><source type='memfd'/></memoryBacking>", True),
        ("<memoryBacking><source type='anonymous'/></memoryBacking>", False),
        ("<memoryBacking><access mode='private'/></memoryBacking>", False),
        ("<cpu><numa><cell id='0' memAccess='shared'/></numa></cpu>", True),
        ("<cpu><numa><cell id='0'/></numa></cpu>", False),
    ],
)
def test_memory_that_is_shared(inside: str, shared: bool) -> None:
    assert of(inside).memory_shared is shared


@pytest.mark.parametrize(
    ("graphics", "display"),
    [
        (
            "<graphics type='vnc' port='5901' autoport='no' listen='10.0.1.5'>"
            "<listen type='address' address='10.0.1.5'/></graphics>",
            Display(kind="vnc", address="10.0.1.5", port=5901, bound=5901),
        ),
        (
            "<graphics type='spice' port='5900' autoport='yes'><listen type='address' address='0.0.0.0'/></graphics>",
            Display(kind="spice", address="0.0.0.0", bound=5900),
        ),
        (
            "<graphics type='vnc' port='-1' autoport='yes'><listen type='network' network='lan'/></graphics>",
            Display(kind="vnc"),
        ),
        ("<graphics type='sdl'/>", Display(kind="sdl")),
    ],
)
def test_where_a_display_listens(graphics: str, display: Display) -> None:
    assert of(devices=graphics).displays == (display,)
