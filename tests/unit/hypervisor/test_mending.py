"""Each repair looks once more, does what was agreed and nothing else."""

from types import SimpleNamespace
from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.documents import attribute, parse
from orchestrator.hypervisor.mending import mend
from orchestrator.model.command import EjectMedium, LibvirtRepair, StartNetwork, StartPool
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error

CDROM = "<disk type='file' device='cdrom'>{source}<target dev='sda' bus='sata'/><readonly/></disk>"
ISO = "<source file='/srv/iso/debian.iso'/>"
EJECT = EjectMedium(guest=GuestId("u-1"), drive="sda", medium="/srv/iso/debian.iso")


def with_drive(source: str = ISO, drive: str = CDROM, **fields: Any) -> FakeDomain:
    return FakeDomain(xml=f"<domain><devices>{drive.format(source=source)}</devices></domain>", **fields)


def eject(domain: FakeDomain | None, repair: LibvirtRepair = EJECT) -> Effect:
    return mend(cast(Any, FakeConnection(domain)), repair)


def test_the_medium_is_taken_out_and_the_drive_stays() -> None:
    domain = with_drive()
    assert eject(domain) == Done()
    ((call, xml, flags),) = domain.done
    drive = parse(str(xml))
    assert call == "updateDeviceFlags" and flags == libvirt.VIR_DOMAIN_AFFECT_LIVE, "the definition keeps it, no force"
    assert drive.get("device") == "cdrom" and drive.find("source") is None
    assert attribute(drive, "target", "dev") == "sda"


@pytest.mark.parametrize("source", ["", "<source startupPolicy='optional'/>"])
def test_an_empty_drive_is_left_alone(source: str) -> None:
    domain = with_drive(source)
    assert eject(domain) == Done() and domain.done == []


@pytest.mark.parametrize(
    ("source", "held"),
    [
        ("<source file='/srv/iso/other.iso'/>", "/srv/iso/other.iso"),
        ("<source protocol='https' name='debian.iso'/>", "https:debian.iso"),
    ],
)
def test_another_medium_stays(source: str, held: str) -> None:
    domain = with_drive(source)
    said = eject(domain)
    assert isinstance(said, Refused) and held in said.why and domain.done == []


def test_a_medium_from_a_network_is_taken_out_by_its_name() -> None:
    domain = with_drive("<source protocol='https' name='debian.iso'/>")
    assert eject(domain, EjectMedium(guest=GuestId("u-1"), drive="sda", medium="https:debian.iso")) == Done()
    assert len(domain.done) == 1


@pytest.mark.parametrize("drive", [CDROM.replace("cdrom", "disk"), CDROM.replace("'sda'", "'sdb'")])
def test_what_is_no_such_drive_is_never_touched(drive: str) -> None:
    domain = with_drive(drive=drive)
    said = eject(domain)
    assert isinstance(said, Refused) and "no drive" in said.why and domain.done == []


def test_a_locked_tray() -> None:
    locked = error(libvirt.VIR_ERR_OPERATION_FAILED, "operation failed: tray of disk 'sda' is locked")
    said = eject(with_drive(fails={"updateDeviceFlags": locked}))
    assert isinstance(said, Unclear) and "locked" in said.why


def test_a_guest_that_is_gone() -> None:
    assert isinstance(eject(None), Refused)


class Startable:
    """A pool or a network."""

    def __init__(self, *, active: bool, fails: libvirt.libvirtError | None = None, kind: str = "dir") -> None:
        self.active, self.fails, self.kind, self.starts = active, fails, kind, 0

    def XMLDesc(self, _flags: int) -> str:
        return f"<pool type='{self.kind}'/>"

    def isActive(self) -> int:
        return int(self.active)

    def create(self, _flags: int = 0) -> int:
        self.starts += 1
        if self.fails:
            raise self.fails
        return 0


def start(repair: LibvirtRepair, there: Startable) -> Effect:
    connection = SimpleNamespace(
        storagePoolLookupByName={"images": there}.__getitem__, networkLookupByName={"lan": there}.__getitem__
    )
    return mend(cast(Any, connection), repair)


STARTS = pytest.mark.parametrize("repair", [StartPool(pool="images"), StartNetwork(network="lan")])


@STARTS
def test_what_stands_still_is_started_once(repair: LibvirtRepair) -> None:
    there = Startable(active=False)
    assert start(repair, there) == Done() and there.starts == 1


@STARTS
def test_what_runs_is_left_alone(repair: LibvirtRepair) -> None:
    there = Startable(active=True)
    assert start(repair, there) == Done() and there.starts == 0


@STARTS
def test_what_libvirt_refuses_to_start(repair: LibvirtRepair) -> None:
    refused = error(libvirt.VIR_ERR_OPERATION_INVALID, "Requested operation is not valid: bridge name in use")
    said = start(repair, Startable(active=False, fails=refused))
    assert isinstance(said, Refused) and "bridge name in use" in said.why


@pytest.mark.parametrize("kind", ["fs", "logical", "iscsi"])
def test_a_pool_that_has_become_one_that_mounts_or_attaches_is_left_alone(kind: str) -> None:
    there = Startable(active=False, kind=kind)
    said = start(StartPool(pool="images"), there)
    assert isinstance(said, Refused) and kind in said.why and there.starts == 0
