"""Each rule on cases it passes and cases it does not: what it says, how bad it is, and the way out it offers."""

from dataclasses import replace

import pytest

from orchestrator.checks import (
    active_job,
    cpu,
    disk_shared,
    distinct_machines,
    emulated_memory,
    guest_state,
    host_device,
    identity,
    local_media,
    machine_type,
    memory,
    migration_address,
    migration_port,
    network_present,
    paused_since_arrival,
    peer,
    runs_once,
    version_direction,
    virt_type,
)
from orchestrator.checks.case import Case, OnLink
from orchestrator.checks.registry import RULES
from orchestrator.model.cabling import PortAnswer
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Identity, MachineTypes, PathAnswer, Unknown
from orchestrator.model.guest import HostDevice, Nic, Power
from orchestrator.model.host import HostName
from orchestrator.model.sight import Sight
from tests.unit.checks.builders import GIB, MIB, OTHER, SILENT, case, disk, guest, host, link, on_link, pair, settings
from tests.unit.checks.rows import Row, hold, no, ok, proven, warn

KVM01, KVM02 = HostName("kvm01"), HostName("kvm02")
ISO = disk("/iso/debian.iso", target="sda", device="cdrom", read_only=True)
WHY = Unknown(why="the script broke off", code="host.shell")


def with_path(moving, **answer) -> Case:
    """The guest's only path, as the destination answered for it."""
    path = (*(d.source for d in moving.disks), *moving.boot_files)[0]
    found = PathAnswer(**{"path": path, "exists": True, "shared": True, "filesystem": "nfs"} | answer)
    return case(moving, pair=pair(moving, paths=(found,)))


def paired(**changes) -> Case:
    return case(pair=pair(guest(), **changes))


def linked(**changes) -> OnLink:
    return on_link(link=link(**changes))


PAUSED_ON_DISK = guest(power=Power.PAUSED, disks=(disk(),), vcpu_time_ns=0)


def old_qemu(moving, **changes) -> Case:
    """The guest on a source of Debian 12."""
    made = case(replace(moving, **changes))
    return replace(made, source=replace(made.source, qemu_version=7_002_022))


SHUT = guest(power=Power.SHUT_OFF, reason="shutdown")
FILE = guest(disks=(disk(),))
LOCAL = guest(disks=(disk("/srv/local/web.img"),))
LUN = guest(disks=(disk("/dev/mapper/lun1", kind="block"),))
CDROM = guest(disks=(ISO,))
DECLARED = settings(shared_filesystems=("/srv/shared",))

ROWS = {
    "running": ok(guest_state, case()),
    "paused by its operator": ok(guest_state, case(guest(power=Power.PAUSED, reason="user"))),
    "shut off": no(guest_state, case(SHUT), "shut off", "virsh -c qemu+ssh://root@kvm01/system start web"),
    "shut off here, a host is silent": no(
        guest_state, case(SHUT, silent=(HostName("kvm03"),)), "kvm03", "make sure that it does not run on kvm03"
    ),
    "only a stale definition here": no(guest_state, case(SHUT, lives_on=(KVM02,)), "lives on kvm02", "kvm02/web"),
    "crashed": no(guest_state, case(replace(SHUT, reason="crashed")), "crashed"),
    "still incoming": no(guest_state, case(guest(power=Power.INCOMING)), "ferry status"),
    "paused by an I/O error": no(
        guest_state, case(guest(power=Power.PAUSED, reason="i/o error")), "I/O error", "domstate web --reason"
    ),
    "on its way down": no(guest_state, case(guest(reason="shutting down")), "shutting down"),
    "once": ok(runs_once, case()),
    "nowhere": ok(runs_once, case(SHUT)),
    "twice": no(
        runs_once,
        case(lives_on=(KVM01, KVM02)),
        "runs twice",
        "kvm01 and on kvm02",
        "Nothing was touched",
        "virsh -c qemu+ssh://root@kvm02/system domstate",
        exit_code=7,
    ),
    "no job": ok(active_job, case()),
    "a job": no(active_job, case(guest(active_job="snapshot")), "snapshot", "domjobinfo web", "domjobabort web"),
    "no device": ok(host_device, case()),
    "a device": no(
        host_device,
        case(guest(host_devices=(HostDevice(kind="storage", address="/dev/sg3"),))),
        "/dev/sg3",
        "detach-device web",
    ),
    "known to be two": ok(distinct_machines, on_link()),
    "machine id unread": warn(
        distinct_machines,
        on_link(destination=host("kvm02", identity=Identity(host_uuid="b", machine_id=WHY, boot_id=WHY))),
        "the script broke off",
        "ssh root@kvm02 'cat /etc/machine-id'",
    ),
    "boot id unread": warn(
        distinct_machines,
        on_link(source=host("kvm01", identity=Identity(host_uuid="a", machine_id="a", boot_id=WHY))),
        "boot id of kvm01",
    ),
    "unknown there": ok(identity, case(there=[guest("db", uuid=OTHER)])),
    "stale definition": warn(
        identity, case(there=[SHUT]), "same UUID, shut off", "will be replaced", "dumpxml --inactive"
    ),
    "stale definition that starts with the host": warn(
        identity, case(there=[replace(SHUT, autostart=True)]), "marked to start with the host"
    ),
    "stale definition, transient guest": warn(
        identity, case(guest(persistent=False), there=[SHUT]), "transient", "keeps that definition"
    ),
    "same UUID, other name": no(identity, case(there=[replace(SHUT, name="old")]), "another name, old", "domrename"),
    "same name, other UUID, off": no(identity, case(there=[replace(SHUT, uuid=OTHER)]), OTHER, "domrename"),
    "same name, other UUID, running": no(identity, case(there=[guest(uuid=OTHER)]), OTHER, "ferry check kvm01/web"),
    "a copy nobody sends": no(
        identity, case(there=[guest(power=Power.INCOMING)]), "ALARM", "Nothing was touched", exit_code=7
    ),
    "already on its way": no(
        identity, case(guest(active_job="migration"), there=[guest(power=Power.INCOMING)]), "already on its way"
    ),
    "runs there: the alarm is runs-once's": ok(identity, case(there=[guest()])),
    "kvm here and there": ok(virt_type, case()),
    "no kvm there": no(
        virt_type,
        case(
            destination=host("kvm02", machine_types=(MachineTypes(arch="x86_64", virt_type="qemu", names=frozenset()),))
        ),
        "x86_64/kvm",
        "x86_64/qemu",
        "/dev/kvm",
    ),
    "other architecture": no(virt_type, case(guest(arch="aarch64")), "aarch64/kvm", "x86_64/kvm", "capabilities"),
    "machine type there": ok(machine_type, case()),
    "machine type not there": no(
        machine_type, case(guest(machine="pc-q35-11.1")), "pc-q35-11.1", "pc-q35-10.0", "QEMU 10.0.3", "edit web"
    ),
    "no machine type at all is virt-type's": ok(machine_type, case(guest(arch="aarch64"))),
    "room": ok(memory, case()),
    "no room": no(
        memory,
        case(destination=host("kvm02", memory_free_bytes=2 * GIB)),
        "needs 1156 MiB",
        "1024 MiB and an assumed overhead of 132 MiB",
        "can give 1024 MiB: 2048 MiB free, less 1024 MiB reserve",
    ),
    "room that is promised": no(memory, case(incoming_bytes=15 * GIB), "15360 MiB for guests on their way"),
    "exactly enough": ok(memory, case(destination=host("kvm02", memory_free_bytes=2 * GIB + 132 * MIB))),
    "one byte short": no(memory, case(destination=host("kvm02", memory_free_bytes=2 * GIB + 132 * MIB - 1))),
    "no network card": ok(network_present, case()),
    "bridge and network there": ok(
        network_present,
        case(guest(nics=(Nic(kind="bridge", source="br0"), Nic(kind="network", source="default")))),
    ),
    "bridge missing": no(
        network_present,
        case(guest(nics=(Nic(kind="bridge", source="br-guest"),))),
        "br-guest",
        "kvm02 has br0",
        "ip link add name br-guest type bridge",
    ),
    "network missing": no(
        network_present, case(guest(nics=(Nic(kind="network", source="lan"),))), "net-start lan", "kvm02 has default"
    ),
    "bridges unknown": warn(
        network_present,
        case(guest(nics=(Nic(kind="bridge", source="br0"),)), destination=host("kvm02", bridges=WHY)),
        "could not be decided",
        "the script broke off",
    ),
    "card of another kind": warn(
        network_present, case(guest(nics=(Nic(kind="direct", source=None),))), "kind direct", "could not be decided"
    ),
    "card inside QEMU": ok(network_present, case(guest(nics=(Nic(kind="user", source=None),)))),
    "same versions": ok(version_direction, on_link()),
    "newer destination": ok(version_direction, on_link(destination=host("kvm02", libvirt_version=12_000_000))),
    "older in the last digits": ok(version_direction, on_link(destination=host("kvm02", qemu_version=10_000_000))),
    "older destination": warn(
        version_direction,
        on_link(destination=host("kvm02", libvirt_version=9_000_000, qemu_version=7_002_022)),
        "back: from libvirt 11.3.0 to 9.0.0 and from QEMU 10.0.3 to 7.2.22. ",
        "install libvirt 11.3.0 and QEMU 10.0.3 or newer on kvm02",
    ),
    "older destination in one of both": warn(
        version_direction,
        on_link(destination=host("kvm02", qemu_version=7_002_022)),
        "back: from QEMU 10.0.3 to 7.2.22. ",
        "install QEMU 10.0.3 or newer on kvm02",
    ),
    "an address": ok(migration_address, on_link()),
    "no address": no(migration_address, on_link(network="fast"), "no address", "fast", "ferry.yaml"),
    "the right peer": ok(peer, on_link()),
    "no peer": no(
        peer, linked(peer=SILENT), "no answer within 10 s", "qemu+tls://kvm02.lan/system", "ssh root@kvm01 'virsh -c"
    ),
    "a wrong peer": no(peer, linked(peer="uuid-kvm09"), "leads elsewhere", "uuid-kvm09", "peer_uri"),
    "the source as peer": no(peer, linked(peer="UUID-kvm01"), "back to the source itself"),
    "peer in capitals": ok(peer, linked(peer="UUID-KVM02")),
    "port unused": ok(migration_port, on_link()),
    "port in use": ok(migration_port, linked(ports=(PortAnswer(address="10.0.2.2", port=49152, result="open"),))),
    "port filtered": no(
        migration_port,
        linked(ports=(PortAnswer(address="10.0.2.2", port=49152, result="filtered"),)),
        "10.0.2.2 port 49152",
        "49152-49215",
        "nft list ruleset",
    ),
    "no route": no(
        migration_port,
        linked(ports=(PortAnswer(address="10.0.2.2", port=49152, result="unroutable", detail="no route to host"),)),
        "no route to host",
        "ip route get 10.0.2.2",
    ),
    "ports not tried": warn(migration_port, linked(ports=WHY), "could not be decided", "the script broke off"),
    "no port tried": warn(migration_port, linked(ports=()), "no port was tried"),
    "CPU there": ok(cpu, case()),
    "CPU not there": no(
        cpu, paired(cpu=CpuAnswer(offered=False, detail="avx512f")), "avx512f", "hypervisor-cpu-compare --error"
    ),
    "CPU not compared": warn(cpu, paired(cpu=WHY), "could not be decided"),
    "CPU with nothing to compare": warn(
        cpu, paired(cpu=CpuAnswer(offered=True, compared=False, detail="mode host-passthrough")), "host-passthrough"
    ),
    "paused, has run here": ok(paused_since_arrival, old_qemu(PAUSED_ON_DISK, vcpu_time_ns=5)),
    "paused since it arrived": no(
        paused_since_arrival, old_qemu(PAUSED_ON_DISK, vcpu_time_ns=0), "has not run since", "resume", "suspend"
    ),
    "paused since it arrived, without a disk": ok(paused_since_arrival, old_qemu(PAUSED_ON_DISK, disks=())),
    "paused since it arrived, newer QEMU": ok(paused_since_arrival, case(replace(PAUSED_ON_DISK, vcpu_time_ns=0))),
    "running, old QEMU": ok(paused_since_arrival, old_qemu(PAUSED_ON_DISK, power=Power.RUNNING)),
    "without KVM, old QEMU": no(
        emulated_memory, old_qemu(guest(virt_type="qemu")), "without KVM", "QEMU 7.2.22 of kvm01", "--mode pause"
    ),
    "without KVM, newer QEMU": ok(emulated_memory, case(guest(virt_type="qemu"))),
    "without KVM, old QEMU, paused": ok(emulated_memory, old_qemu(guest(virt_type="qemu", power=Power.PAUSED))),
    "with KVM, old QEMU": ok(emulated_memory, old_qemu(guest())),
    "no disk": ok(disk_shared, case()),
    "shared disk": ok(disk_shared, case(FILE)),
    "disk paths unread": no(disk_shared, case(FILE, pair=pair(FILE, paths=WHY)), "the script broke off"),
    "disk not asked for": no(disk_shared, case(FILE, pair=pair(FILE, paths=())), "not asked for"),
    "disk missing": no(disk_shared, with_path(FILE, exists=False, shared=None), "does not exist on kvm02", "findmnt"),
    "local disk of the same name": no(
        disk_shared, with_path(LOCAL, shared=False, filesystem="ext2/ext3"), "local disk of the same name"
    ),
    "sharing not tried": no(disk_shared, with_path(FILE, shared=None), "could not be proven"),
    "shared, but libvirt does not know it": no(
        disk_shared,
        with_path(FILE, filesystem="overlayfs"),
        "overlayfs",
        "shared_filesystems: [/srv/shared]",
        "NFS",
    ),
    "a link in a shared directory": no(
        disk_shared,
        with_path(FILE, here=Sight(inode=1, link=True), there=Sight(inode=2)),
        "symbolic link",
        "readlink -f /srv/shared/web.img",
    ),
    "shared and declared": ok(disk_shared, replace(with_path(FILE, filesystem="overlayfs"), settings=DECLARED)),
    "declared, but not shared": no(
        disk_shared, replace(with_path(FILE, shared=False, filesystem="overlayfs"), settings=DECLARED), "local disk"
    ),
    "read-only disk there": ok(
        disk_shared, with_path(guest(disks=(disk(read_only=True),)), shared=None, filesystem="ext2/ext3")
    ),
    "read-only disk not there": no(
        disk_shared, with_path(guest(disks=(disk(read_only=True),)), exists=False), "does not exist"
    ),
    "block device missing": no(disk_shared, with_path(LUN, exists=False), "does not exist"),
    "network disk": ok(disk_shared, case(guest(disks=(disk("rbd/web", kind="network"),)))),
    "disk of a kind without a path": warn(disk_shared, case(guest(disks=(disk("/srv/d", kind="dir"),))), "kind dir"),
    "NVMe of the host": no(disk_shared, case(guest(disks=(disk("0000:04:00.0", kind="nvme"),))), "hardware of kvm01"),
    "empty drive": ok(disk_shared, case(guest(disks=(replace(ISO, source=None),)))),
    "an ISO is local-media's": ok(disk_shared, with_path(CDROM, exists=False)),
    "written floppy": no(disk_shared, with_path(guest(disks=(disk(device="floppy"),)), shared=False), "local disk"),
    "ISO there": ok(local_media, case(CDROM)),
    "ISO missing": no(
        local_media,
        with_path(CDROM, exists=False),
        "/iso/debian.iso",
        "virsh -c qemu+ssh://root@kvm01/system change-media web sda --eject --live",
    ),
    "kernel missing": no(
        local_media, with_path(guest(boot_files=("/boot/vmlinuz",)), exists=False), "/boot/vmlinuz", "booted from"
    ),
    "kernel there": ok(local_media, case(guest(boot_files=("/boot/vmlinuz",)))),
    "media unread": warn(local_media, case(CDROM, pair=pair(CDROM, paths=WHY)), "could not be decided"),
    "media not asked for": warn(local_media, case(CDROM, pair=pair(CDROM, paths=())), "not asked for"),
    "empty drive has no medium": ok(local_media, case(guest(disks=(replace(ISO, source=None),)))),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_here_has_a_case_it_passes_and_one_it_does_not() -> None:
    lacking = {name: seen for name, seen in proven(ROWS.values()).items() if not {"pass", "fail"} <= seen}
    assert lacking == {}


def test_names_are_spelled_alike_and_unique() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(name == name.lower() and " " not in name and "_" not in name for name in names)
    assert all(rule.title.endswith(".") for rule in RULES)
