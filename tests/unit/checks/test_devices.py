"""Devices that keep a guest where it is: each rule with what it passes, refuses and cannot decide."""

from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.checks import (
    agent_channel,
    confidential,
    firmware,
    host_chardev,
    host_device,
    hyperv_passthrough,
    mdev_device,
    memory_devices,
    pci_device,
    scsi_device,
    scsi_reservation,
    shared_directory,
    shared_memory,
    slirp,
    sriov,
    sriov_place,
    tpm,
    tpm_state,
    unmigratable_device,
    usb_device,
    vhost_user,
    vsock,
)
from orchestrator.checks.case import Case
from orchestrator.checks.runner import run
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.guest import HostDevice, Nic, Power
from orchestrator.model.hardware import ODDITIES, CharDevice, Dimm, Filesystem, Hardware, SharedMemory, Tpm
from orchestrator.model.machine import Devices, MdevType, PciDevice
from tests.unit.checks.builders import OTHER, case, disk, guest, host, pair
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided, warn

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "checks" / "unmigratable-device.md"
WHY = Unknown(why="the script broke off", code="host.shell")
SECRET = "33333333-3333-4333-8333-333333333333"
LOADER = "/usr/share/OVMF/OVMF_CODE_4M.fd"
CARD = "0000:03:00.1"
OLD_QEMU, JUST_ENOUGH = {"qemu_version": 7_002_022}, {"qemu_version": 8_002_000}


def made_of(*oddities: str, **hardware) -> Case:
    """A move of a guest with this hardware."""
    return case(guest(hardware=Hardware(oddities=oddities, **hardware)))


def holding(kind: str, address: str = "1", *, nics=(), **device) -> Case:
    """A move of a guest with one device of its host."""
    return case(guest(host_devices=(HostDevice(kind=kind, address=address, **device),), nics=nics))


def at(moving: Case, *, here=None, there=None, source=None, destination=None) -> Case:
    """The same move, with other devices or other versions on its hosts."""
    source = {} if source is None else source
    destination = {} if destination is None else destination
    return replace(
        moving,
        source=replace(moving.source, **source, **({} if here is None else {"devices": here})),
        destination=replace(moving.destination, **destination, **({} if there is None else {"devices": there})),
    )


def pci(driver: str, make: str = "15b3:101e", *, address: str = CARD, virtual_function: bool = False) -> Devices:
    card = PciDevice(address=address, id=make, driver=driver, virtual_function=virtual_function)
    return Devices(pci=(PciDevice(address="0000:00:1f.0", id="8086:1"), card))


def vf(make: str = "15b3:101e", address: str = CARD) -> Devices:
    return pci("vfio-pci", make, address=address, virtual_function=True)


def gpus(available: int, name: str = "nvidia-474") -> Devices:
    return Devices(mdev=(MdevType(name=name, available=available),))


VF = holding("pci", CARD)
PCI_ELEMENTS = """--xpath '//hostdev[@type="pci"] | //interface[@type="hostdev"]' > device.xml"""
SCSI_ELEMENTS = """--xpath '//hostdev[@type="scsi"]' > device.xml"""
GPU = holding("mdev", mdev_type="nvidia-474")
TWIN = (Nic(kind="network", source="default", teaming="persistent"),)
LENT = holding("pci", CARD, interface=True, teaming="transient", nics=TWIN)
HOLDER = guest("db", uuid=OTHER, host_devices=(HostDevice(kind="pci", address=CARD),))
HOLDER_OF_ANOTHER = replace(HOLDER, host_devices=(HostDevice(kind="pci", address="0000:03:00.2"),))
VIRTIOFS = made_of(filesystems=(Filesystem(driver="virtiofs", source="/srv/data", target="data"),))
SERVED = made_of(filesystems=(Filesystem(driver="virtiofs", source="", target="data", socket="/run/v.sock"),))
PLAN9 = made_of(filesystems=(Filesystem(driver="path", source="/srv/data", target="data"),))
NEW, NEWER = Devices(virtiofsd="1.11"), Devices(virtiofsd="virtiofsd 1.13.2")
EMULATED = made_of(tpm=Tpm(backend="emulator", version="2.0"))
ENCRYPTED = made_of(tpm=Tpm(backend="emulator", version="2.0", secret=SECRET), secrets=frozenset({SECRET}))
PLAIN_TPM = guest(hardware=Hardware(tpm=Tpm(backend="emulator")))
SWTPM = Devices(swtpm="0.7.1")
SOCKET = made_of(vsock=True)
OVMF = guest(hardware=Hardware(loader=LOADER))
USER = case(guest(nics=(Nic(kind="user", source=None),)))


def with_loader(*, exists: bool) -> Case:
    return case(OVMF, pair=pair(OVMF, paths=(PathAnswer(path=LOADER, exists=exists),)))


def with_state(*, shared: bool | None = True) -> Case:
    """The directory of the TPM's state, as the destination sees it."""
    path = PLAIN_TPM.tpm_state
    assert path is not None
    return case(PLAIN_TPM, pair=pair(PLAIN_TPM, paths=(PathAnswer(path=path, exists=True, shared=shared),)))


def chars(*devices: tuple[str, str, str | None]) -> Case:
    return made_of(char_devices=tuple(CharDevice(element=e, kind=k, path=p) for e, k, p in devices))


def shares(model: str, role: str) -> Case:
    return made_of(shared_memory=(SharedMemory(name="ring", model=model, role=role),))


def plugged(model: str, *, migratable: bool = True) -> Case:
    return made_of(dimms=(Dimm(model=model, node=0, migratable=migratable),))


ROWS = {
    "no device": ok(host_device, case()),
    "a device of an unusual kind": no(
        host_device, holding("vfio-ccw", "0.0.2b09"), "vfio-ccw device 0.0.2b09", "stays on kvm01", "detach-device web"
    ),
    **{f"{kind} is judged elsewhere": ok(host_device, holding(kind)) for kind in ("pci", "usb", "mdev", "scsi_host")},
    "no PCI device, nothing known": ok(pci_device, at(case(), here=WHY, there=WHY)),
    "plain PCI device": no(pci_device, at(VF, here=pci("vfio-pci")), CARD, "driver vfio-pci", PCI_ELEMENTS),
    "PCI device that sysfs does not show": no(pci_device, at(VF, here=Devices()), CARD, "stays on kvm01"),
    "PCI device with a driver that carries its state": warn(
        pci_device, at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci")), "mlx5_vfio_pci", "equal device"
    ),
    "PCI state, first QEMU that is enough": warn(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci"), source=JUST_ENOUGH, destination=JUST_ENOUGH),
    ),
    "driver written with dashes": warn(
        pci_device, at(VF, here=pci("hisi-acc-vfio-pci"), there=pci("hisi-acc-vfio-pci"))
    ),
    "another PCI device at its address": no(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci", "15b3:9")),
        "15b3:101e",
        "kvm02 has a device of another make at that address, 15b3:9",
        "lspci",
    ),
    "equal PCI device there, plain driver": no(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_core")),
        "15b3:101e",
        "it with the driver mlx5_core",
    ),
    "equal PCI device there, no driver": no(
        pci_device, at(VF, here=pci("mlx5_vfio_pci"), there=pci("")), "it without a driver"
    ),
    "equal PCI device at another address": no(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci", address="0000:04:00.1")),
        "no device at that address",
    ),
    "equal PCI device in other hands": no(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci"), destination={"guests": (HOLDER,)}),
        "that device in the hands of its guest db",
    ),
    "equal PCI device of a guest that is off": warn(
        pci_device,
        at(
            VF,
            here=pci("mlx5_vfio_pci"),
            there=pci("mlx5_vfio_pci"),
            destination={"guests": (replace(HOLDER, power=Power.SHUT_OFF),)},
        ),
        "equal device at the same address",
    ),
    "PCI state needs a newer QEMU": no(
        pci_device,
        at(VF, here=pci("mlx5_vfio_pci"), there=pci("mlx5_vfio_pci"), destination=OLD_QEMU),
        "QEMU 8.2",
        "kvm02 has 7.2.22",
    ),
    "PCI devices here unread": undecided(pci_device, at(VF, here=WHY), "the script broke off", severity="blocker"),
    "PCI devices there unread": undecided(
        pci_device, at(VF, here=pci("mlx5_vfio_pci"), there=WHY), "the script broke off", severity="blocker"
    ),
    "plain PCI device, other side unread": no(pci_device, at(VF, here=pci("vfio-pci"), there=WHY), "vfio-pci"),
    "network card of the host is sriov's": ok(pci_device, holding("pci", CARD, interface=True)),
    "unplugged by QEMU is sriov's": ok(pci_device, holding("pci", CARD, teaming="transient")),
    "no network card of the host": ok(sriov, case()),
    "plain PCI device is pci-device's": ok(sriov, VF),
    "card without teaming": no(sriov, holding("pci", CARD, interface=True), CARD, "without a partner", "detach-device"),
    "card without teaming beside a partner": no(sriov, holding("pci", CARD, interface=True, nics=TWIN), CARD),
    "card without its partner": no(
        sriov, holding("pci", CARD, interface=True, teaming="transient"), "persistent", "edit web"
    ),
    "card with its partner": warn(
        sriov, holding("pci", CARD, interface=True, teaming="transient", nics=TWIN), CARD, "net_failover"
    ),
    "device with its partner": warn(sriov, holding("pci", CARD, teaming="transient", nics=TWIN), "net_failover"),
    "no network device to find again, nothing known": ok(sriov_place, at(VF, here=WHY, there=WHY)),
    "network device there again": ok(sriov_place, at(LENT, here=vf(), there=vf())),
    "network device that is no virtual one, never was": ok(
        sriov_place,
        at(holding("pci", CARD, teaming="transient", nics=TWIN), here=pci("vfio-pci"), there=pci("mlx5_core")),
    ),
    "network device out of a pool": ok(
        sriov_place,
        at(holding("pci", CARD, interface=True, teaming="transient", pooled=True, nics=TWIN), here=WHY, there=WHY),
    ),
    "network device not let go of is sriov's": ok(
        sriov_place, at(holding("pci", CARD, interface=True), here=WHY, there=WHY)
    ),
    "no network device there": no(
        sriov_place,
        at(LENT, here=vf(), there=Devices()),
        f"{CARD} of the make 15b3:101e",
        "kvm02 has no device at that address",
        "lspci -Dnnk",
        "edit web",
    ),
    "network device at another address": no(
        sriov_place, at(LENT, here=vf(), there=vf(address="0000:04:00.1")), "no device at that address"
    ),
    "network device of another make": no(
        sriov_place, at(LENT, here=vf(), there=vf("8086:154c")), "another make at that address, 8086:154c"
    ),
    "network device that is a whole card": no(
        sriov_place, at(LENT, here=vf(), there=pci("mlx5_core")), "that is no virtual function"
    ),
    "network device in other hands": no(
        sriov_place,
        at(LENT, here=vf(), there=vf(), destination={"guests": (HOLDER,)}),
        "in the hands of its guest db",
    ),
    "another network device in other hands": ok(
        sriov_place, at(LENT, here=vf(), there=vf(), destination={"guests": (HOLDER_OF_ANOTHER,)})
    ),
    "network device that the source does not show": ok(sriov_place, at(LENT, here=Devices(), there=vf())),
    "network devices there unread": undecided(sriov_place, at(LENT, here=vf(), there=WHY), "the script broke off"),
    "network devices here unread": undecided(sriov_place, at(LENT, here=WHY, there=vf()), "the script broke off"),
    "no USB device": ok(usb_device, VF),
    "USB device": no(usb_device, holding("usb", "1050:0407"), "1050:0407", "on purpose", "waiver of usb-device"),
    "no mediated device, nothing known": ok(mdev_device, at(case(), there=WHY)),
    "room for a mediated device": warn(mdev_device, at(GPU, there=gpus(2)), "nvidia-474", "can make 2 more"),
    "just room for a mediated device, QEMU just enough": warn(
        mdev_device, at(GPU, there=gpus(1), source=JUST_ENOUGH), "can make 1 more"
    ),
    "type of mediated device not there": no(
        mdev_device, at(GPU, there=gpus(2, "nvidia-9")), "nvidia-474", "offers nvidia-9", "nodedev-list mdev_types"
    ),
    "no type at all there": no(mdev_device, at(GPU, there=Devices()), "no type at all"),
    "all mediated devices taken": no(mdev_device, at(GPU, there=gpus(0)), "can make 0 more"),
    "mediated device on old QEMU": no(
        mdev_device, at(GPU, there=gpus(2), source=OLD_QEMU), "QEMU 8.2", "kvm01 has 7.2.22"
    ),
    "mediated devices there unread": undecided(mdev_device, at(GPU, there=WHY), "broke off", severity="blocker"),
    "type of mediated device unsaid": undecided(mdev_device, holding("mdev"), "does not say", severity="blocker"),
    "no SCSI device": ok(scsi_device, VF),
    "SCSI device": no(scsi_device, holding("scsi", "0:0:1"), "SCSI device 0:0:1", "given as a disk", SCSI_ELEMENTS),
    "SCSI controller": no(scsi_device, holding("scsi_host", "naa.5"), "vhost-scsi", "naa.5"),
    "no reservation": ok(scsi_reservation, case(guest(disks=(disk(),)))),
    "a reservation": warn(
        scsi_reservation,
        case(guest(disks=(disk(), disk("/dev/mapper/a", target="sda", reservations=True)))),
        "sda (/dev/mapper/a)",
        "qemu-pr-helper",
        "ssh root@kvm01 'sg_persist --in --read-full-status /dev/mapper/a'",
    ),
    "no directory, nothing known": ok(shared_directory, at(case(), here=WHY, there=WHY)),
    "directory that can follow": warn(
        shared_directory, at(VIRTIOFS, here=NEW, there=NEWER), "directory /srv/data", "'ls -ld /srv/data'", "not proven"
    ),
    "directory that can just follow": warn(
        shared_directory,
        at(VIRTIOFS, here=NEW, there=NEW, source={"libvirt_version": 10_006_000}, destination=JUST_ENOUGH),
    ),
    "old virtiofsd there": no(
        shared_directory, at(VIRTIOFS, here=NEW, there=Devices(virtiofsd="1.10.1")), "kvm02 has virtiofsd 1.10.1"
    ),
    "no virtiofsd there": no(shared_directory, at(VIRTIOFS, here=NEW, there=Devices()), "kvm02 has virtiofsd none"),
    "old libvirt here": no(
        shared_directory,
        at(VIRTIOFS, here=NEW, there=NEW, source={"libvirt_version": 9_000_000}),
        "kvm01 has libvirt 9.0.0",
        "umount",
        "//filesystem",
    ),
    "old QEMU there": no(
        shared_directory, at(VIRTIOFS, here=NEW, there=NEW, destination=OLD_QEMU), "kvm02 has QEMU 7.2.22"
    ),
    "virtiofsd unread": undecided(shared_directory, at(VIRTIOFS, here=NEW, there=WHY), "the script broke off"),
    "virtiofsd of no version": undecided(
        shared_directory, at(VIRTIOFS, here=NEW, there=Devices(virtiofsd="x")), "not understood: x"
    ),
    "virtiofsd of a bare number": undecided(
        shared_directory, at(VIRTIOFS, here=Devices(virtiofsd="1"), there=NEW), "not understood: 1"
    ),
    "virtiofsd outside libvirt": warn(
        shared_directory, at(SERVED, here=WHY, there=WHY), "outside libvirt at /run/v.sock", "'ls -ld /run/v.sock'"
    ),
    "9p": warn(shared_directory, at(PLAN9, here=WHY), "9p", "umount", "ssh root@kvm02 'ls -ld /srv/data'"),
    "no shared memory": ok(shared_memory, case()),
    "shared memory of the master": warn(shared_memory, shares("ivshmem-plain", "master"), "ring", "cut off"),
    "shared memory of a peer": no(shared_memory, shares("ivshmem-plain", "peer"), "role peer", "detach-device"),
    "shared memory of nobody": no(shared_memory, shares("ivshmem-plain", ""), "no role"),
    "shared memory of old": no(shared_memory, shares("ivshmem", "master"), "of the model ivshmem"),
    "no vhost-user": ok(vhost_user, case()),
    "vhost-user card": warn(vhost_user, made_of(vhost_user=("interface 52:54:00:00:00:01",)), "interface 52:54"),
    "vhost-user that is stuck": no(vhost_user, made_of(vhost_user=("rng /run/rng",)), "rng /run/rng", "cannot migrate"),
    "pseudo terminal": ok(host_chardev, chars(("serial", "pty", "/dev/pts/3"))),
    "serial port of the host": no(
        host_chardev, chars(("serial", "dev", "/dev/ttyS0")), "serial device", "/dev/ttyS0 of kvm01"
    ),
    "serial port listed twice": no(
        host_chardev, chars(("serial", "dev", "/dev/ttyS0"), ("console", "dev", "/dev/ttyS0")), "The serial device"
    ),
    "guest agent": ok(agent_channel, chars(("channel", "unix", "/run/agent"))),
    "vdagent": no(agent_channel, chars(("channel", "qemu-vdagent", None)), "qemu-vdagent", "detach-device web"),
    "no TPM, nothing known": ok(tpm, at(case(), there=WHY)),
    "TPM": ok(tpm, at(EMULATED, there=SWTPM)),
    "TPM without an emulator there": no(tpm, at(EMULATED, there=Devices()), "no swtpm", "swtpm-tools"),
    "TPM chip of the host": no(tpm, made_of(tpm=Tpm(backend="passthrough")), "TPM of kvm01 itself", "edit web"),
    "TPM outside libvirt": warn(tpm, made_of(tpm=Tpm(backend="external")), "external"),
    "TPM with its secret": ok(tpm, at(ENCRYPTED, there=SWTPM, destination={"secrets": frozenset({SECRET})})),
    "TPM without its secret": no(tpm, at(ENCRYPTED, there=SWTPM), SECRET, "secret-define", "secret-set-value"),
    "emulator of TPM unread": undecided(tpm, at(EMULATED, there=WHY), "the script broke off"),
    "secrets for TPM unread": undecided(tpm, at(ENCRYPTED, there=SWTPM, destination={"secrets": WHY}), "broke off"),
    "no firmware of its own": ok(firmware, case(pair=pair(guest(), paths=WHY))),
    "firmware there": ok(firmware, with_loader(exists=True)),
    "firmware missing": no(firmware, with_loader(exists=False), LOADER, "does not exist on kvm02", "ovmf"),
    "firmware unread": undecided(firmware, case(OVMF, pair=pair(OVMF, paths=WHY)), "the script broke off"),
    "firmware not asked for": undecided(firmware, case(OVMF, pair=pair(OVMF, paths=())), "not asked for"),
    "TPM, its state apart": ok(tpm_state, with_state(shared=False)),
    "no TPM, no state": ok(tpm_state, case(pair=pair(guest(), paths=WHY))),
    "TPM, its state shared": warn(tpm_state, with_state(), "same directory on kvm01 and kvm02", "8.10"),
    "TPM, its state shared with an old libvirt": no(
        tpm_state, replace(with_state(), destination=host("kvm02", libvirt_version=8_009_000)), "kvm02 has 8.9.0"
    ),
    "TPM, its state apart, an old libvirt": ok(
        tpm_state, replace(with_state(shared=False), destination=host("kvm02", libvirt_version=8_009_000))
    ),
    "TPM, sharing of its state not tried": noted(
        tpm_state, with_state(shared=None), "no file could be written", "knows how to share", "findmnt"
    ),
    "TPM, paths unread": noted(tpm_state, case(PLAIN_TPM, pair=pair(PLAIN_TPM, paths=WHY)), "the script broke off"),
    "TPM, sharing of its state not tried, an old libvirt": undecided(
        tpm_state,
        replace(with_state(shared=None), destination=host("kvm02", libvirt_version=8_009_000)),
        "no file could be written",
        severity="blocker",
    ),
    "TPM, paths unread, an old libvirt here": undecided(
        tpm_state,
        replace(
            case(PLAIN_TPM, pair=pair(PLAIN_TPM, paths=WHY)),
            source=host("kvm01", PLAIN_TPM, libvirt_version=8_009_000),
        ),
        "the script broke off",
        severity="blocker",
    ),
    "no vsock, nothing known": ok(vsock, at(case(), there=WHY)),
    "vsock there": ok(vsock, at(SOCKET, there=Devices(vhost_vsock=True))),
    "vsock missing": no(
        vsock, at(SOCKET, there=Devices()), "/dev/vhost-vsock", "ssh root@kvm02 'modprobe vhost_vsock'"
    ),
    "vsock unread": undecided(vsock, at(SOCKET, there=WHY), "the script broke off"),
    "ordinary memory": ok(confidential, case()),
    "encrypted memory": no(confidential, made_of(launch_security="sev-snp"), "sev-snp", "launchSecurity"),
    "memory module": ok(memory_devices, plugged("dimm")),
    "memory that grows": ok(memory_devices, plugged("virtio-mem", migratable=False)),
    "memory module without a place": no(memory_devices, plugged("dimm", migratable=False), "no slot"),
    "memory that lasts": no(memory_devices, plugged("nvdimm"), "nvdimm", "stays on kvm01"),
    "nothing odd": ok(unmigratable_device, case()),
    "a sound card": no(unmigratable_device, made_of("sound virtio"), "sound virtio", ODDITIES["sound virtio"]),
    "two sound cards are one reason": no(unmigratable_device, made_of("sound virtio", "sound virtio")),
    "named Hyper-V features": ok(hyperv_passthrough, case()),
    "Hyper-V features of the host": no(hyperv_passthrough, made_of(hyperv_passthrough=True), "passthrough", "edit web"),
    "no user network, nothing known": ok(slirp, at(case(), here=WHY)),
    "user network inside QEMU": ok(slirp, at(USER, here=Devices(slirp_helper=False))),
    "user network, nobody looked": ok(slirp, at(USER, here=Devices())),
    "user network outside QEMU": warn(slirp, at(USER, here=Devices(slirp_helper=True)), "slirp-helper"),
    "user network, devices unread": undecided(slirp, at(USER, here=WHY), "the script broke off"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_has_a_case_it_passes_one_it_does_not_and_one_it_cannot_decide() -> None:
    wanted = {row.rule.name: {"pass", "fail"} | ({"unknown"} if row.rule.needs else set()) for row in ROWS.values()}
    assert proven(ROWS.values()) == wanted


@pytest.mark.parametrize("kind", ODDITIES)
def test_every_kind_that_cannot_move_is_refused_and_on_the_page(kind: str) -> None:
    (finding,) = run((unmigratable_device.RULE,), made_of(kind))
    assert kind in finding.saw
    assert f"| `{kind}` | {ODDITIES[kind]} |" in PAGE.read_text()


def test_each_device_is_a_finding_of_its_own() -> None:
    held = tuple(HostDevice(kind="usb", address=address) for address in ("1:2", "3:4"))
    assert len(run((usb_device.RULE,), case(guest(host_devices=held)))) == len(held)


def test_two_mediated_devices_need_room_for_two() -> None:
    held = (HostDevice(kind="mdev", address="a", mdev_type="nvidia-474"),) * 2
    (finding,) = run((mdev_device.RULE,), at(case(guest(host_devices=held)), there=gpus(1)))
    assert "2 mediated device(s)" in finding.saw
    assert finding.severity.value == "blocker"


def test_a_tpm_that_lacks_both_says_both() -> None:
    assert len(run((tpm.RULE,), at(ENCRYPTED, there=Devices()))) == len(("swtpm", "secret"))


def test_nothing_is_said_of_an_ordinary_guest_where_the_shell_was_silent() -> None:
    silent = at(case(), here=WHY, there=WHY)
    for row in ROWS.values():
        assert run((row.rule,), silent) == ()
