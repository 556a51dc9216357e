"""The rules about disks, what libvirt keeps of a guest, pools and paths."""

from dataclasses import replace

import pytest

from orchestrator.checks import (
    backing_chain,
    block_job,
    checkpoints,
    copy_space,
    directory_missing,
    disk_cache,
    disk_error,
    disk_format,
    image_lock,
    infrastructure_autostart,
    managed_save,
    pending_definition,
    pool_active,
    snapshots,
    transient_disk,
)
from orchestrator.checks.runner import run
from orchestrator.model.command import MakeDirectory, StartPool
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.finding import Remedy
from orchestrator.model.guest import Power
from orchestrator.model.hardware import CharDevice, Hardware, Kept
from orchestrator.model.services import DaemonSettings, Pool, VirtualNetwork
from tests.unit.checks.builders import GIB, at_host, case, disk, guest, host, pair, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm02, ssh")
SHUT = {"power": Power.SHUT_OFF, "reason": "saved"}

BASE = "/srv/shared/base.qcow2"
LAYERED = guest(disks=(disk(backing=(BASE,)),))
LUN = guest(disks=(disk("/dev/mapper/lun1", kind="block"),))
POOLED = guest(disks=(disk("images/web", kind="volume", pool="images"),))
IMAGES = Pool(name="images", kind="dir", active=True, autostart=True, target="/srv/images")
LOCKED = DaemonSettings(lock_manager="lockd")
FIRMWARE = guest(hardware=Hardware(nvram="/srv/nvram/web.fd"))
LOG = CharDevice(element="serial", kind="file", path="/var/log/guests/web.log")


def kept(moving=None, **changes):
    return case(replace(moving or guest(), kept=Kept(**changes)))


def with_disk(path="/srv/shared/web.img", **changes):
    return case(guest(disks=(disk(path, **changes),)))


def asked(moving, path, **answer):
    """One path, as the destination answered for it."""
    found = PathAnswer(**{"path": path, "exists": True, "shared": True, "filesystem": "nfs"} | answer)
    return case(moving, pair=pair(moving, paths=(found,)))


def lacking(**changes):
    """A disk that the destination does not have."""
    moving = guest(disks=(disk(**changes),))
    return asked(moving, "/srv/shared/web.img", exists=False, shared=None, free_bytes=GIB)


def below(**answer):
    return asked(LAYERED, BASE, **answer)


def pools(*there, moving=POOLED):
    return case(moving, destination=host("kvm02", pools=there))


def daemons(here, there, moving=LUN):
    return case(moving, source=host("kvm01", moving, daemon=here), destination=host("kvm02", daemon=there))


ROWS = {
    "no backing files": ok(backing_chain, with_disk()),
    "the chain is shared": ok(backing_chain, below()),
    "no token, though a file system of hosts": no(
        backing_chain, below(shared=None), "could not be proven", "NFS server"
    ),
    "no token, though declared": no(
        backing_chain,
        replace(below(shared=None, filesystem="overlayfs"), settings=settings(shared_filesystems=("/srv/shared",))),
        "could not be proven",
    ),
    "an image on a network below": ok(
        backing_chain, case(guest(disks=(disk(backing=("rbd:pool/base",)),)), pair=pair(LAYERED, paths=()))
    ),
    "shared, on a file system libvirt does not look at here": ok(backing_chain, below(filesystem="overlayfs")),
    "base missing": no(backing_chain, below(exists=False, shared=None), BASE, "does not exist on kvm02", "findmnt"),
    "base is another file": no(backing_chain, below(shared=False), "another file of the same name", "ssh root@kvm02"),
    "base on a local file system": no(
        backing_chain, below(shared=None, filesystem="ext2/ext3"), "could not be proven", "root may write"
    ),
    "paths unread": undecided(
        backing_chain, case(LAYERED, pair=pair(LAYERED, paths=WHY)), "broke off", severity="blocker"
    ),
    "base not asked for": undecided(
        backing_chain, case(LAYERED, pair=pair(LAYERED, paths=())), "not asked for", severity="blocker"
    ),
    "a chain to read from": ok(
        backing_chain,
        asked(guest(disks=(disk(backing=(BASE,), read_only=True),)), BASE, shared=None, filesystem="ext2/ext3"),
    ),
    "the chain of a volume is libvirt's": ok(
        backing_chain, case(guest(disks=(disk("images/web", kind="volume", backing=(BASE,)),)))
    ),
    "paths unread, no chain": ok(backing_chain, case(pair=pair(guest(), paths=WHY))),
    "cache of QEMU's choice": ok(disk_cache, with_disk()),
    "cache none": ok(disk_cache, with_disk(cache="none")),
    "cache directsync": ok(disk_cache, with_disk(cache="directsync")),
    "cache of a network disk": ok(disk_cache, with_disk("rbd/web", kind="network", cache="writeback")),
    "cache of a medium": ok(disk_cache, with_disk(cache="unsafe", read_only=True)),
    "cache of an empty drive": ok(disk_cache, with_disk(None, cache="unsafe", device="floppy")),
    "cache writeback": noted(disk_cache, with_disk(cache="writeback"), "writeback", "virsh -c", "edit web"),
    "cache writethrough": noted(disk_cache, with_disk(cache="writethrough"), "writethrough"),
    "cache unsafe": warn(disk_cache, with_disk(cache="unsafe"), "unsafe", "vda", "cache='none'"),
    "raw": ok(disk_format, with_disk(format="raw")),
    "qcow2": ok(disk_format, with_disk(format="qcow2")),
    "format not said": ok(disk_format, with_disk()),
    "no medium, so no format": ok(disk_format, with_disk(None, device="cdrom", format="vmdk")),
    "vmdk": no(
        disk_format,
        with_disk("/srv/shared/web.vmdk", format="vmdk"),
        "The vmdk format does not support live migration",
        "blockcopy web vda --dest /srv/shared/web.vmdk.qcow2 --format qcow2 --transient-job --wait --pivot",
    ),
    "parallels": no(disk_format, with_disk(format="parallels"), "parallels"),
    "a directory as writable disk": no(
        disk_format, with_disk("/srv/files", kind="dir", format="fat"), "fat", "edit web"
    ),
    "a directory to read": ok(disk_format, with_disk("/srv/files", kind="dir", format="fat", read_only=True)),
    "lasting disk": ok(transient_disk, with_disk()),
    "transient disk": no(transient_disk, with_disk(transient=True), "vda", "/srv/shared/web.img", "edit web"),
    "no snapshots": ok(snapshots, case()),
    "one snapshot": no(snapshots, kept(snapshots=1), "1 snapshot on kvm01", "snapshot-list web --tree"),
    "three snapshots": no(snapshots, kept(snapshots=3), "3 snapshots", "snapshot-delete web NAME"),
    "no checkpoints": ok(checkpoints, case()),
    "checkpoints": warn(checkpoints, kept(checkpoints=2), "2 checkpoints on kvm01", "checkpoint-list web"),
    "nothing saved": ok(managed_save, case()),
    "saved, yet it runs": warn(managed_save, kept(managed_save=True), "managedsave-remove web"),
    "saved and off": no(managed_save, kept(guest(**SHUT), managed_save=True), "memory saved on kvm01", "start web"),
    "nothing pending": ok(pending_definition, case()),
    "a change pending": warn(pending_definition, kept(pending_definition=True), "dumpxml web --inactive"),
    "off, so nothing pends": ok(pending_definition, kept(guest(**SHUT), pending_definition=True)),
    "no block job": ok(block_job, case()),
    "block job": no(block_job, kept(block_jobs={"vda": "commit"}), "commit", "blockjob web vda --abort"),
    "no disk error": ok(disk_error, case()),
    "disk error": no(disk_error, kept(disk_errors={"vdb": "no space"}), "vdb", "no space", "domblkerror web"),
    "file without lock manager": ok(image_lock, case(guest(disks=(disk(),)))),
    "block device without lock manager": noted(
        image_lock, case(LUN), "neither kvm01 nor kvm02", "/dev/mapper/lun1", "qemu.conf"
    ),
    "block device, locked": ok(image_lock, daemons(LOCKED, LOCKED)),
    "block device, locked on one host: lock-manager's": ok(image_lock, daemons(LOCKED, DaemonSettings())),
    "block device, locked at the destination only": ok(image_lock, daemons(DaemonSettings(), LOCKED)),
    "empty drive of the host": ok(image_lock, with_disk(None, kind="block", device="floppy")),
    "block device to read": ok(image_lock, with_disk("/dev/sr0", kind="block", read_only=True)),
    "block device that is shared on purpose": ok(image_lock, with_disk("/dev/sdb", kind="block", shareable=True)),
    "daemon unread": undecided(image_lock, daemons(DaemonSettings(), WHY), "broke off"),
    "daemon unread, files only": ok(image_lock, daemons(WHY, WHY, guest(disks=(disk(),)))),
    "copied disk: not needed": ok(copy_space, asked(guest(disks=(disk(),)), "/srv/shared/web.img", free_bytes=GIB)),
    "copied disk: room": noted(
        copy_space,
        asked(guest(disks=(disk(),)), "/srv/shared/web.img", exists=False, shared=None, free_bytes=10 * GIB),
        "10240 MiB are free",
        "qemu-img info",
    ),
    "copied disk: in the way": noted(
        copy_space,
        asked(guest(disks=(disk(),)), "/srv/shared/web.img", shared=False, free_bytes=GIB),
        "exists on kvm02 already",
        "1024 MiB are free",
    ),
    "copied disk: nothing to say": ok(
        copy_space, asked(guest(disks=(disk(),)), "/srv/shared/web.img", exists=False, shared=None)
    ),
    "copied disk: a block device": ok(copy_space, lacking(kind="block")),
    "copied disk: a medium": ok(copy_space, lacking(device="cdrom")),
    "copied disk: only read": ok(copy_space, lacking(read_only=True)),
    "copied disk: an empty drive": ok(copy_space, with_disk(None)),
    "copied disk: unread is disk-shared's": ok(
        copy_space, case(guest(disks=(disk(),)), pair=pair(guest(disks=(disk(),)), paths=WHY))
    ),
    "no pool": ok(pool_active, pools(moving=guest(disks=(disk(),)))),
    "pool active": ok(pool_active, pools(IMAGES)),
    "pool inactive": no(pool_active, pools(replace(IMAGES, active=False)), "images", "pool-start images"),
    "pool missing": no(pool_active, pools(replace(IMAGES, name="default")), "kvm02 has default", "pool-define images"),
    "no pool there at all": no(pool_active, pools(), "kvm02 has no pool"),
    "pools unread": undecided(pool_active, case(POOLED, destination=host("kvm02", pools=WHY)), "broke off"),
    "pools unread, none needed": ok(pool_active, case(destination=host("kvm02", pools=WHY))),
    "all starts with the host": ok(infrastructure_autostart, at_host(host("kvm01", pools=(IMAGES,)))),
    "pool off and not to start": ok(
        infrastructure_autostart, at_host(host("kvm01", pools=(replace(IMAGES, active=False, autostart=False),)))
    ),
    "pool without autostart": noted(
        infrastructure_autostart,
        at_host(host("kvm01", pools=(replace(IMAGES, autostart=False),))),
        "storage pool images of kvm01",
        "virsh -c qemu+ssh://root@kvm01/system pool-autostart images",
    ),
    "network off and not to start": ok(
        infrastructure_autostart,
        at_host(host("kvm01", networks=(VirtualNetwork(name="a", active=False, autostart=False),))),
    ),
    "networks without autostart": noted(
        infrastructure_autostart,
        at_host(host("kvm01", networks=tuple(VirtualNetwork(name=n, active=True, autostart=False) for n in "ba"))),
        "networks a, b of kvm01 are",
        "net-autostart a;",
    ),
    "host's pools unread": undecided(infrastructure_autostart, at_host(host("kvm01", pools=WHY)), "broke off"),
    "no file to create": ok(directory_missing, case()),
    "directory there": ok(directory_missing, asked(FIRMWARE, "/srv/nvram/web.fd", exists=False, shared=None)),
    "file there already": ok(directory_missing, asked(FIRMWARE, "/srv/nvram/web.fd")),
    "directory of the firmware's variables missing": no(
        directory_missing,
        asked(FIRMWARE, "/srv/nvram/web.fd", exists=False, parent_exists=False),
        "kvm02 has no directory /srv/nvram",
        "ssh root@kvm02 'mkdir /srv/nvram'",
    ),
    "directory of a log missing": no(
        directory_missing,
        asked(
            guest(hardware=Hardware(char_devices=(LOG,))), "/var/log/guests/web.log", exists=False, parent_exists=False
        ),
        "serial output",
        "/var/log/guests",
    ),
    "a device of the host is another rule's": ok(
        directory_missing,
        case(guest(hardware=Hardware(char_devices=(CharDevice(element="serial", kind="dev", path="/dev/ttyS0"),)))),
    ),
    "a file without a path": ok(
        directory_missing,
        case(guest(hardware=Hardware(char_devices=(CharDevice(element="serial", kind="file"),)))),
    ),
    "directory unread": undecided(directory_missing, case(FIRMWARE, pair=pair(FIRMWARE, paths=WHY)), "broke off"),
}

NEEDY = {row.rule.name for row in ROWS.values() if row.rule.needs} - {"copy-space"}  # silent about what it lacks


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_passes_fails_and_lacks_a_fact() -> None:
    for rule, outcomes in proven(ROWS.values()).items():
        assert outcomes == ({"pass", "fail", "unknown"} if rule in NEEDY else {"pass", "fail"}), rule


def test_one_directory_for_two_files_is_said_once() -> None:
    paths = ("/srv/own/web.fd", "/srv/own/web.log")
    moving = guest(
        hardware=Hardware(nvram=paths[0], char_devices=(CharDevice(element="serial", kind="file", path=paths[1]),))
    )
    answers = tuple(PathAnswer(path=path, exists=False, parent_exists=False) for path in paths)
    (finding,) = run((directory_missing.RULE,), case(moving, pair=pair(moving, paths=answers)))
    assert finding.remedy == Remedy(host="kvm02", repair=MakeDirectory(path="/srv/own"))


def test_an_inactive_pool_can_be_started_a_missing_one_not() -> None:
    (inactive,) = run((pool_active.RULE,), pools(replace(IMAGES, active=False)))
    (missing,) = run((pool_active.RULE,), pools())
    assert inactive.remedy == Remedy(host="kvm02", repair=StartPool(pool="images"))
    assert missing.remedy is None


def test_two_disks_in_one_pool_are_one_finding() -> None:
    one = disk("images/web", kind="volume", pool="images")
    assert len(run((pool_active.RULE,), pools(moving=guest(disks=(one, replace(one, target="vdb")))))) == 1


@pytest.mark.parametrize("kind", ["dir", "netfs", "rbd", "gluster"])
def test_pools_that_harm_no_other_host_can_be_started(kind: str) -> None:
    (finding,) = run((pool_active.RULE,), pools(replace(IMAGES, active=False, kind=kind)))
    assert finding.remedy == Remedy(host="kvm02", repair=StartPool(pool="images"))


@pytest.mark.parametrize(
    ("kind", "danger"), [("fs", "only one host may have mounted"), ("logical", "attaches storage")]
)
def test_pools_that_mount_or_attach_are_left_to_the_operator(kind: str, danger: str) -> None:
    (finding,) = run((pool_active.RULE,), pools(replace(IMAGES, active=False, kind=kind)))
    assert finding.remedy is None and danger in finding.saw and "pool-start images" in finding.fix


def test_no_directory_is_made_whose_path_takes_a_way_back() -> None:
    moving = guest(hardware=Hardware(nvram="/srv/../etc/x/web.fd"))
    (finding,) = run(
        (directory_missing.RULE,), asked(moving, "/srv/../etc/x/web.fd", exists=False, parent_exists=False)
    )
    assert finding.remedy is None
