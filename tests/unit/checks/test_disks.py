"""The rules about what a guest's disks and media are on both hosts, and what is kept of it at the destination."""

from dataclasses import replace

import pytest

from orchestrator.checks import backing_chain, copy_space, disk_shared, identity, local_media
from orchestrator.checks.runner import run
from orchestrator.model.facts import PathAnswer, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.hardware import Kept
from orchestrator.model.services import Pool
from orchestrator.model.sight import Sight
from tests.unit.checks.builders import GIB, case, disk, guest, host, pair, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm02, ssh")
IMAGE, BASE, ISO = "/srv/shared/web.img", "/srv/shared/base.qcow2", "/srv/images/a.iso"
IMAGES = Pool(name="images", kind="dir", active=True, autostart=True, target="/srv/images")
ON_NAS = Sight(size_bytes=GIB, modified=1, inode=7, exports=frozenset({"nas:/export"}))
ELSEWHERE = replace(ON_NAS, exports=frozenset({"other:/export"}))
NAMELESS = Sight(block=True, size_bytes=GIB, names=frozenset({"backup"}))
LUN = Sight(block=True, size_bytes=GIB, names=frozenset({"naa.1"}), unique=True)
OTHER = replace(LUN, names=frozenset({"naa.2"}))
NEXT_ISO = guest(kept=Kept(next_start_media=("/iso/next.iso",)))


def asked(moving, path, **answer):
    """One path, as both hosts answered for it."""
    found = PathAnswer(**{"path": path, "exists": True, "shared": True, "filesystem": "nfs"} | answer)
    return case(moving, pair=pair(moving, paths=(found,)))


def image(**answer):
    """A guest on an image."""
    return asked(guest(disks=(disk(),)), IMAGE, **answer)


def to_read(**answer):
    """A guest with an image that it only reads."""
    return asked(guest(disks=(disk(read_only=True),)), IMAGE, **answer)


def device(here, there, *, path="/dev/mapper/lun1", declared=(), read_only=False):
    """A guest on a block device, as both hosts see it."""
    moving = guest(disks=(disk(path, kind="block", read_only=read_only),))
    made = asked(moving, path, shared=None, filesystem="devtmpfs", here=here, there=there)
    return replace(made, settings=settings(shared_filesystems=declared))


def below(here, there, *, path=BASE, declared=(), read_only=False, **answer):
    """A guest on an image that is based on another."""
    moving = guest(disks=(disk(backing=(path,), read_only=read_only),))
    made = asked(moving, path, **{"shared": None, "here": here, "there": there} | answer)
    return replace(made, settings=settings(shared_filesystems=declared))


def volume(*, pools=(IMAGES,), pools_there=(IMAGES,), path="/srv/images/web", **answer):
    """A guest on a volume of a pool."""
    moving = guest(disks=(disk("images/web", kind="volume", pool="images", path=path),))
    made = case(moving) if path is None else asked(moving, path, **answer)
    return replace(made, source=host("kvm01", moving, pools=pools), destination=host("kvm02", pools=pools_there))


def medium(path=ISO, **answer):
    """A guest with a medium of a pool in its drive."""
    drive = disk("images/a.iso", target="sda", device="cdrom", read_only=True, kind="volume", pool="images", path=path)
    return case(guest(disks=(drive,))) if path is None else asked(guest(disks=(drive,)), path, **answer)


def stale(**kept):
    """A definition of the guest that an earlier move left at the destination."""
    return case(there=(guest(power=Power.SHUT_OFF, reason="migrated", kept=Kept(**kept)),))


ROWS = {
    "one LUN": ok(disk_shared, device(LUN, LUN)),
    "another LUN of the same name": no(
        disk_shared, device(LUN, OTHER), "another device of the same name", "naa.1", "naa.2", "lsblk -so NAME,TYPE,WWN"
    ),
    "a device of another size": no(
        disk_shared, device(NAMELESS, replace(NAMELESS, size_bytes=1)), "another device", "1 bytes"
    ),
    "a device here, a file there": no(disk_shared, device(LUN, ON_NAS), "no block device"),
    "equal names that others may bear": no(
        disk_shared, device(NAMELESS, NAMELESS), "could not be proven to be the same device", "shared_filesystems"
    ),
    "a device without any name": no(
        disk_shared, device(replace(LUN, names=frozenset()), LUN), "could not be proven to be the same device"
    ),
    "a device that nobody saw": no(disk_shared, device(None, None), "could not be proven", "not been able to look"),
    "a device that one host saw": no(disk_shared, device(LUN, None), "could not be proven", "not been able to look"),
    "a device that the operator declares": ok(
        disk_shared, device(NAMELESS, NAMELESS, path="/dev/drbd0", declared=("/dev/drbd0",))
    ),
    "a device outside /dev that is declared": no(
        disk_shared,
        device(NAMELESS, NAMELESS, path="/srv/shared/lun", declared=("/srv/shared",)),
        "could not be proven",
    ),
    "declared, yet another": no(disk_shared, device(LUN, OTHER, declared=("/dev/mapper",)), "another device"),
    "one LUN to read": ok(disk_shared, device(LUN, LUN, read_only=True)),
    "another LUN to read": warn(disk_shared, device(LUN, OTHER, read_only=True), "only read"),
    "a device below a token's directory": no(disk_shared, image(here=NAMELESS, there=NAMELESS, shared=True), "proven"),
    "root_squash": ok(disk_shared, image(shared=None, here=ON_NAS, there=ON_NAS)),
    "root_squash, and the image has grown": ok(
        disk_shared, image(shared=None, here=ON_NAS, there=replace(ON_NAS, size_bytes=2 * GIB))
    ),
    "equal numbers on two servers": no(disk_shared, image(shared=None, here=ON_NAS, there=ELSEWHERE), "NFS server"),
    "another file of one server": no(
        disk_shared, image(shared=None, here=ON_NAS, there=replace(ON_NAS, inode=8)), "is another file on kvm02"
    ),
    "a token that was not seen outweighs equal numbers": no(
        disk_shared, image(shared=False, here=ON_NAS, there=ON_NAS), "local disk of the same name"
    ),
    "a volume on shared storage": ok(disk_shared, volume()),
    "a volume whose pool lacks there is pool-active's": ok(disk_shared, volume(pools_there=())),
    "a volume on a local disk": no(disk_shared, volume(shared=False), "local disk of the same name", "/srv/images/web"),
    "a volume of a group of the same name": no(
        disk_shared,
        volume(path="/dev/vg0/web", shared=None, here=LUN, there=OTHER),
        "the block device /dev/vg0/web",
        "another device",
    ),
    "a volume that libvirt would not take as shared": no(disk_shared, volume(filesystem="ext2/ext3"), "declare it"),
    "a pool that lies elsewhere there": no(
        disk_shared,
        volume(pools_there=(replace(IMAGES, target="/mnt"),)),
        "not at the same place",
        "pool-dumpxml images",
    ),
    "a volume without a path": no(disk_shared, volume(path=None), "names no path", "vol-path web --pool images"),
    "a volume in the network": warn(disk_shared, volume(path="rbd/web"), "rbd/web", "pool-list"),
    "a volume, pools unread": undecided(disk_shared, volume(pools_there=WHY), "broke off", severity="blocker"),
    "an image in a file, pools unread": ok(
        disk_shared, replace(image(), destination=host("kvm02", pools=WHY), source=host("kvm01", pools=WHY))
    ),
    "a copy to read": ok(disk_shared, to_read(shared=None, here=ON_NAS, there=replace(ELSEWHERE, inode=9))),
    "another file to read": warn(
        disk_shared, to_read(shared=None, here=ON_NAS, there=replace(ELSEWHERE, modified=2)), "neither shared nor"
    ),
    "a local file to read, unseen": warn(disk_shared, to_read(shared=False), "only read", "kvm02"),
    "a base on one server": ok(backing_chain, below(ON_NAS, ON_NAS)),
    "a base on two servers": no(backing_chain, below(ON_NAS, ELSEWHERE), "could not be proven", "NFS server"),
    "one LUN below": ok(backing_chain, below(LUN, LUN, path="/dev/vg/base")),
    "another LUN below": no(backing_chain, below(LUN, OTHER, path="/dev/vg/base"), "another device", "naa.2"),
    "a device without a name below": no(
        backing_chain,
        below(NAMELESS, NAMELESS, path="/dev/vg/base"),
        "could not be proven to be the same device",
        "shared_filesystems: [/dev/vg/base]",
    ),
    "a declared device below": ok(backing_chain, below(NAMELESS, NAMELESS, path="/dev/vg/base", declared=("/dev/vg",))),
    "a base to read, copied": ok(backing_chain, below(ON_NAS, replace(ELSEWHERE, inode=9), read_only=True)),
    "a base to read, another file": warn(backing_chain, below(None, None, read_only=True, shared=False), "only read"),
    "below a volume": no(
        backing_chain,
        asked(
            guest(disks=(disk("images/web", kind="volume", pool="images", path="/srv/images/web", backing=(BASE,)),)),
            BASE,
            shared=False,
        ),
        "another file of the same name",
    ),
    "a base that nobody was asked for": undecided(
        backing_chain, replace(below(LUN, LUN), pair=pair(guest(), paths=WHY)), "broke off", severity="blocker"
    ),
    "a medium in a pool": ok(local_media, medium()),
    "a medium in a pool, missing": no(
        local_media, medium(exists=False), "images/a.iso", "change-media web sda --eject --live"
    ),
    "a medium in a pool without a path": warn(
        local_media, medium(path=None), "could not be decided", "images/a.iso", "change-media web sda --eject --live"
    ),
    "a medium in a pool, unread": warn(
        local_media, replace(medium(), pair=pair(guest(), paths=WHY)), "could not be decided", "broke off"
    ),
    "the next start's medium": ok(local_media, asked(NEXT_ISO, "/iso/next.iso")),
    "the next start's medium, missing": warn(
        local_media,
        asked(NEXT_ISO, "/iso/next.iso", exists=False),
        "its next start there would miss it",
        "change-media web /iso/next.iso --eject --config",
    ),
    "the next start's medium, unread": warn(
        local_media, case(NEXT_ISO, pair=pair(NEXT_ISO, paths=WHY)), "could not be decided", "broke off"
    ),
    "a volume that would be copied": noted(copy_space, volume(shared=False, free_bytes=GIB), "/srv/images/web exists"),
    "a stale definition with nothing beside it": warn(identity, stale(), "same UUID"),
    "what is kept beside a stale definition is unread": undecided(
        identity, stale(managed_save=WHY), "broke off", severity="blocker"
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_a_missing_medium_of_a_pool_is_ejected_by_the_name_that_libvirt_knows_it_by() -> None:
    (finding,) = run((local_media.RULE,), medium(exists=False))
    assert finding.remedy.repair.medium == "images/a.iso"


def test_a_memory_or_snapshots_kept_at_the_destination_refuse_the_move() -> None:
    saved, known = run((identity.RULE,), stale(managed_save=True))
    assert (saved.severity.value, known.severity.value) == ("blocker", "warning")
    assert "next start would go on from that old memory" in saved.saw
    assert "managedsave-remove" in saved.fix and "qemu+ssh://root@kvm02/system" in saved.fix
    one, _ = run((identity.RULE,), stale(snapshots=1))
    three, _ = run((identity.RULE,), stale(snapshots=3))
    assert "1 snapshot of web" in one.saw and "3 snapshots of web" in three.saw
    assert three.severity.value == "blocker" and "NAME --metadata" in three.fix
