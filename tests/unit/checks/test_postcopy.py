"""Post-copy, where the policy allows it: each rule with what it passes, refuses and cannot decide."""

from dataclasses import replace

import pytest

from orchestrator.checks import postcopy_device, postcopy_recovery, postcopy_userfaultfd, postcopy_version
from orchestrator.checks.case import Case
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import HostDevice
from orchestrator.model.inheritance import Layer, Override, Setting
from orchestrator.model.machine import Kernel
from orchestrator.model.policy import Policy
from orchestrator.model.services import DaemonSettings
from tests.unit.checks.builders import case, guest, host, settings
from tests.unit.checks.rows import Row, hold, no, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell")
ALLOWED = settings(policy=Policy(name="fast", postcopy=True))
ACCEPTED = settings(policy=Policy(name="fast", postcopy=True, postcopy_without_recovery="accept"))
ASKING = Setting(path=("postcopy",), value=True)
FOR_WEB = settings(overrides=(Override(layer=Layer.GUESTS, name="we*", settings=(ASKING,)),))
FOR_OTHERS = settings(overrides=(Override(layer=Layer.GUESTS, name="db*", settings=(ASKING,)),))
OPEN = Kernel(release="6.12", word_bits=64, page_bytes=4096, cgroup_version=2, unprivileged_userfaultfd=True)
CLOSED = replace(OPEN, unprivileged_userfaultfd=False)
DEVICE = replace(CLOSED, userfaultfd_device=True)
ANYBODY = DaemonSettings(qemu_uid=64055, qemu_gid=64055)


def way(*, here=None, there=None, given=ALLOWED) -> Case:
    """A move between two hosts with good versions, and what is different about either."""
    good = {"libvirt_version": 11_006_000, "daemon": ANYBODY, "kernel": OPEN}
    return case(
        settings=given,
        source=host("kvm01", **(good | (here or {}))),
        destination=host("kvm02", **(good | (there or {}))),
    )


def holding(*devices: HostDevice, given=ALLOWED) -> Case:
    return case(guest(host_devices=devices), settings=given)


PCI = HostDevice(kind="pci", address="0000:03:00.1")
CLOSED_THERE = {"kernel": CLOSED}

ROWS = {
    "userfaultfd for everybody": ok(postcopy_userfaultfd, way()),
    "a kernel without the switch": ok(
        postcopy_userfaultfd, way(there={"kernel": replace(OPEN, unprivileged_userfaultfd=None)})
    ),
    "closed there": no(
        postcopy_userfaultfd,
        way(there=CLOSED_THERE),
        "On kvm02",
        "user 64055",
        "ssh root@kvm02 'sysctl -w vm.unprivileged_userfaultfd=1'",
    ),
    "closed there, QEMU is root": ok(postcopy_userfaultfd, way(there=CLOSED_THERE | {"daemon": DaemonSettings()})),
    "the device, libvirt opens it": ok(postcopy_userfaultfd, way(there={"kernel": DEVICE})),
    "the device, libvirt does not know it": no(
        postcopy_userfaultfd, way(there={"kernel": DEVICE, "libvirt_version": 10_000_000}), "10.0.0 with /dev/userfault"
    ),
    "the device, first libvirt that opens it": ok(
        postcopy_userfaultfd, way(there={"kernel": DEVICE, "libvirt_version": 10_001_000})
    ),
    "closed here": warn(postcopy_userfaultfd, way(here={"kernel": CLOSED}), "On kvm01", "come back"),
    "closed, and this guest's policy asks": no(
        postcopy_userfaultfd, way(there=CLOSED_THERE, given=FOR_WEB), "On kvm02"
    ),
    "closed, and another guest's policy asks": ok(postcopy_userfaultfd, way(there=CLOSED_THERE, given=FOR_OTHERS)),
    "closed, but nobody asks": ok(postcopy_userfaultfd, way(there=CLOSED_THERE, given=settings())),
    "kernel unread": undecided(postcopy_userfaultfd, way(there={"kernel": WHY}), "the script broke off"),
    "kernel unread, but nobody asks": ok(postcopy_userfaultfd, way(there={"kernel": WHY}, given=settings())),
    "closed, daemon unread": undecided(postcopy_userfaultfd, way(there=CLOSED_THERE | {"daemon": WHY}), "broke off"),
    "open, daemon unread": ok(postcopy_userfaultfd, way(there={"daemon": WHY})),
    "no device": ok(postcopy_device, holding()),
    "a PCI device": no(postcopy_device, holding(PCI), "0000:03:00.1", "policy fast", "detach-device web"),
    "a mediated device": no(postcopy_device, holding(HostDevice(kind="mdev", address="1")), "mdev 1"),
    "unplugged before": ok(postcopy_device, holding(replace(PCI, teaming="transient"))),
    "a USB device": ok(postcopy_device, holding(HostDevice(kind="usb", address="1"))),
    "a PCI device, but nobody asks": ok(postcopy_device, holding(PCI, given=settings())),
    "recovers": ok(postcopy_recovery, way()),
    "before the crash came in": ok(postcopy_recovery, way(there={"libvirt_version": 11_001_000})),
    "crashes first": no(postcopy_recovery, way(there={"libvirt_version": 11_002_000}), "11.2.0"),
    "crashes": no(
        postcopy_recovery, way(there={"libvirt_version": 11_003_009}), "11.3.9 on kvm02", "crashes", "11.4 or newer"
    ),
    "crashes, and this guest's policy asks": no(
        postcopy_recovery, way(there={"libvirt_version": 11_002_000}, given=FOR_WEB), "11.2.0"
    ),
    "crashes no more": ok(postcopy_recovery, way(there={"libvirt_version": 11_004_000})),
    "crashes, accepted": warn(
        postcopy_recovery, way(there={"libvirt_version": 11_003_000}, given=ACCEPTED), "The policy accepts that"
    ),
    "crashes, but nobody asks": ok(postcopy_recovery, way(there={"libvirt_version": 11_003_000}, given=settings())),
    "the source crashes nothing": ok(postcopy_recovery, way(here={"libvirt_version": 11_003_000})),
    "knows recovery": ok(postcopy_version, way(here={"libvirt_version": 8_005_000})),
    "does not know recovery": no(
        postcopy_version, way(here={"libvirt_version": 8_004_000}), "8.5 on both", "kvm01 has 8.4.0"
    ),
    "does not know recovery, and this guest's policy asks": no(
        postcopy_version, way(there={"libvirt_version": 8_000_000}, given=FOR_WEB), "kvm02 has 8.0.0"
    ),
    "does not know recovery there": no(postcopy_version, way(there={"libvirt_version": 8_000_000}), "kvm02 has 8.0.0"),
    "does not know recovery, accepted": warn(
        postcopy_version, way(here={"libvirt_version": 8_000_000}, given=ACCEPTED), "The policy accepts that"
    ),
    "does not know recovery, but nobody asks": ok(
        postcopy_version, way(here={"libvirt_version": 8_000_000}, given=settings())
    ),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_has_a_case_it_passes_one_it_does_not_and_one_it_cannot_decide() -> None:
    wanted = {row.rule.name: {"pass", "fail"} | ({"unknown"} if row.rule.needs else set()) for row in ROWS.values()}
    assert proven(ROWS.values()) == wanted
