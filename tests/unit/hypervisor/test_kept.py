"""What libvirt keeps beside the XML: asked of guests that answer at once, and of no others."""

from typing import Any, cast

import libvirt
import libvirt_qemu
import pytest

from orchestrator.hypervisor.guest_xml import describe
from orchestrator.hypervisor.kept import kept
from orchestrator.model.guest import Power
from orchestrator.model.hardware import Kept
from tests.unit.hypervisor.fake_host import UNSUPPORTED
from tests.unit.hypervisor.fakes import FakeDomain, error

XML = (
    "<domain type='kvm'><vcpu>2</vcpu><cpu mode='host-model'/><devices>"
    "<disk type='file' device='disk'><source file='/a'/><target dev='vda'/></disk>"
    "<disk type='file' device='disk'><source file='/b'/><target dev='vdb'/></disk>"
    "<disk type='file' device='cdrom'><source file='/c'/><target dev='sda'/></disk>"
    "<disk type='file' device='disk'><target dev='vdc'/></disk>"
    "</devices></domain>"
)
RUNNING = XML.replace("<cpu mode='host-model'/>", "<cpu mode='custom'><model>EPYC</model></cpu>")
NEEDS_THE_LOCK = {"blockJobInfo", "diskErrors"}
LOST = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
GONE = error(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
REFUSED = error(libvirt.VIR_ERR_OPERATION_INVALID, "not now")


def keeps(
    power: Power = Power.RUNNING, *, persistent: bool = True, busy: bool = False, ask_qemu: bool = False, **fields: Any
) -> tuple[Kept, set[str]]:
    domain = FakeDomain(**{"xml": XML} | fields)
    said = kept(cast(Any, domain), describe(RUNNING), power, persistent=persistent, busy=busy, ask_qemu=ask_qemu)
    return said, set(domain.asked)


def test_a_guest_with_nothing_beside_it() -> None:
    said, asked = keeps()
    assert said == Kept(cpu_mode="host-model")
    assert "diskErrors" not in asked, "QEMU holds a guest that has an error on a disk"


def test_snapshots_checkpoints_and_a_saved_state() -> None:
    said, _asked = keeps(snapshots=2, checkpoints=1, saved=True)
    assert (said.snapshots, said.checkpoints, said.managed_save) == (2, 1, True)


def test_jobs_on_disks_by_kind() -> None:
    said, _asked = keeps(disk_jobs={"vda": {"type": 2, "cur": 1, "end": 9}, "vdb": {"type": 77}, "sda": {"type": 1}})
    assert said.block_jobs == {"vda": "copy", "vdb": "unknown"}


def test_errors_of_a_paused_guest() -> None:
    said, _asked = keeps(Power.PAUSED, disk_errors={"vda": 2, "vdb": 9})
    assert said.disk_errors == {"vda": "no space", "vdb": "unspecified error"}


@pytest.mark.parametrize(
    ("power", "busy"), [(Power.RUNNING, True), (Power.PAUSED, True), (Power.INCOMING, False), (Power.SHUT_OFF, False)]
)
def test_nothing_that_would_wait_is_asked(power: Power, busy: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libvirt_qemu, "qemuMonitorCommand", lambda *_arguments: pytest.fail("the monitor was asked"))
    said, asked = keeps(power, busy=busy, ask_qemu=True, disk_jobs={"vda": {"type": 1}}, disk_errors={"vda": 1})
    assert not asked & NEEDS_THE_LOCK
    assert (said.block_jobs, said.disk_errors, said.blocked_reasons) == ({}, {}, None)


def test_a_definition_that_was_changed_meanwhile() -> None:
    changed = {libvirt.VIR_DOMAIN_XML_INACTIVE: XML.replace(">2</vcpu>", ">4</vcpu>")}
    assert keeps(xmls=changed)[0].pending_definition
    assert not keeps()[0].pending_definition
    assert not keeps(xmls=changed, persistent=False)[0].pending_definition, "it has none"
    assert keeps(persistent=False)[0].cpu_mode is None


def test_qemu_is_asked_only_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(
        [
            '{"return": {"blocked-reasons": ["VFIO device", "9p"]}, "id": "libvirt-1"}',
            '{"return": {}, "id": "libvirt-412"}',  # as QEMU 7.2 answers where nothing is in the way
        ]
    )
    commands: list[str] = []

    def answer(_domain: object, command: str, _flags: int) -> str:
        commands.append(command)
        return next(answers)

    monkeypatch.setattr(libvirt_qemu, "qemuMonitorCommand", answer)
    assert keeps()[0].blocked_reasons is None and commands == []
    assert keeps(ask_qemu=True)[0].blocked_reasons == ("VFIO device", "9p")
    assert keeps(ask_qemu=True)[0].blocked_reasons == ()
    assert commands == ['{"execute": "query-migrate"}'] * 2


@pytest.mark.parametrize("refused", [UNSUPPORTED, REFUSED])
def test_what_libvirt_refuses_to_say_it_does_not_keep(refused: libvirt.libvirtError) -> None:
    calls = ["snapshotNum", "listAllCheckpoints", "hasManagedSaveImage", "blockJobInfo", "diskErrors"]
    said, _asked = keeps(Power.PAUSED, fails=dict.fromkeys(calls, refused), snapshots=3, saved=True)
    assert said == Kept(cpu_mode="host-model")


@pytest.mark.parametrize("broken", [LOST, GONE])
@pytest.mark.parametrize("call", ["snapshotNum", "blockJobInfo"])
def test_a_lost_connection_or_guest_is_no_answer(call: str, broken: libvirt.libvirtError) -> None:
    with pytest.raises(libvirt.libvirtError):
        keeps(fails={call: broken})
