"""Whether the persistent definition would make another guest, and what libvirt itself changes at a start."""

from dataclasses import replace

import pytest

from orchestrator.hypervisor.guest_xml import Described, describe
from orchestrator.hypervisor.next_start import differs, media
from tests.unit.hypervisor.fake_host import recorded

RICH = recorded("guest-rich.xml")
SAID = describe(RICH)


def cpu(xml: str) -> Described:
    """The rich guest with another <cpu>."""
    start, end = RICH.index("<cpu mode"), RICH.index("</cpu>") + len("</cpu>")
    return describe(RICH[:start] + xml + RICH[end:])


EXPANDED = cpu("<cpu mode='custom' match='exact' check='full'><model>EPYC</model><feature name='ss'/></cpu>")


def test_a_guest_that_was_not_touched() -> None:
    assert not differs(SAID, SAID)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<memory unit='KiB'>5242880<", "<memory unit='KiB'>6242880<"),
        (">2</vcpu>", ">4</vcpu>"),
        ("pc-q35-7.2", "pc-q35-8.0"),
        ("/srv/images/rich.qcow2", "/srv/images/other.qcow2"),
        ("52:54:00:00:00:02", "52:54:00:00:00:77"),
        ("<target dev='vde'", "<target dev='vdf'"),
        ("bus='0x41'", "bus='0x42'"),
        ("Skylake-Server", "EPYC"),
        ("<cpu mode='custom'", "<cpu mode='host-passthrough'"),
    ],
)
def test_what_makes_another_guest(old: str, new: str) -> None:
    assert old in RICH
    assert differs(SAID, describe(RICH.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<memory unit='KiB'>5242880<", "<memory unit='KiB'>5242000<"),  # rounded up at the start
        ("/srv/iso/debian.iso", "/srv/iso/other.iso"),  # a medium, not a disk
        ("cpuset='4-5'", "cpuset='0'"),  # a pin, which can be changed at any time
        ("bus='0x3b'", "bus='0x3c'"),  # a card out of a pool
    ],
)
def test_what_does_not(old: str, new: str) -> None:
    assert old in RICH
    assert not differs(SAID, describe(RICH.replace(old, new)))


def test_a_transient_disk_runs_from_a_file_of_its_own() -> None:
    disks = tuple(replace(disk, transient=True) for disk in SAID.disks)
    now = tuple(replace(disk, source=f"{disk.source}.TRANSIENT-rich") for disk in disks)
    assert not differs(replace(SAID, disks=now), replace(SAID, disks=disks))
    assert differs(replace(SAID, disks=now), SAID)


@pytest.mark.parametrize(
    ("running", "definition", "other"),
    [
        (EXPANDED, cpu("<cpu mode='host-model'/>"), False),
        (EXPANDED, cpu("<cpu mode='custom' match='minimum'><model>qemu64</model></cpu>"), False),
        (EXPANDED, cpu("<cpu mode='host-passthrough'/>"), True),
        (EXPANDED, cpu("<cpu mode='custom'><model>EPYC</model></cpu>"), False),
        (EXPANDED, cpu("<cpu mode='custom'><model>EPYC-Rome</model></cpu>"), True),
        (EXPANDED, cpu(""), False),
        (cpu("<cpu mode='custom'><model>EPYC-v1</model></cpu>"), cpu("<cpu><model>EPYC</model></cpu>"), False),
        (cpu("<cpu mode='host-passthrough'/>"), cpu("<cpu mode='host-passthrough'/>"), False),
        (cpu("<cpu mode='host-passthrough'/>"), cpu("<cpu mode='host-model'/>"), True),
        (cpu("<cpu mode='host-passthrough'/>"), cpu("<cpu mode='maximum'/>"), True),
    ],
)
def test_processors_that_are_expanded_at_the_start(running: Described, definition: Described, other: bool) -> None:
    assert differs(running, definition) is other


def test_memory_beyond_rounding() -> None:
    assert differs(SAID, replace(SAID, memory_bytes=SAID.memory_bytes - 64 * 2**20))


def in_drives(*drives: str) -> Described:
    """A guest with these drives."""
    return describe(f"<domain type='kvm'><os/><devices>{''.join(drives)}</devices></domain>")


def drive(target: str, source: str = "", device: str = "cdrom") -> str:
    image = f"<source file='{source}'/>" if source else ""
    return f"<disk type='file' device='{device}'>{image}<target dev='{target}'/></disk>"


@pytest.mark.parametrize(
    ("now", "then", "needed"),
    [
        ((drive("sda", "/a.iso"),), (drive("sda", "/a.iso"),), ()),
        ((drive("sda"),), (drive("sda", "/a.iso"),), ("/a.iso",)),
        ((drive("sda", "/b.iso"),), (drive("sda", "/a.iso"),), ("/a.iso",)),
        ((drive("sda", "/b.iso"),), (drive("sda"),), ()),
        ((), (drive("sda", "/a.iso"), drive("fda", "/f.img", "floppy"), drive("sdb", "/a.iso")), ("/a.iso", "/f.img")),
        ((), (drive("vda", "/disk.img", "disk"),), ()),
        ((drive("sdb", "/a.iso"),), (drive("sda", "/a.iso"),), ()),
    ],
)
def test_media_that_only_the_next_start_needs(now: tuple[str, ...], then: tuple[str, ...], needed: object) -> None:
    assert media(in_drives(*now), in_drives(*then)) == needed
