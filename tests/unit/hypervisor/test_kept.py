"""What libvirt keeps beside the XML: asked of those that have it, and Unknown where it is refused."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.guest_xml import describe
from orchestrator.hypervisor.kept import kept, marks
from orchestrator.model.facts import Unknown
from orchestrator.model.hardware import Kept
from tests.unit.hypervisor.fake_host import KVM01, UNSUPPORTED, FakeHost
from tests.unit.hypervisor.fakes import FakeDomain, error

XML = (
    "<domain type='kvm'><vcpu>2</vcpu><cpu mode='host-model'/><devices>"
    "<disk type='file' device='cdrom'><source file='/c'/><target dev='sda'/></disk>"
    "</devices></domain>"
)
RUNNING = XML.replace("<cpu mode='host-model'/>", "<cpu mode='custom'><model>EPYC</model></cpu>")
LOST = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
GONE = error(libvirt.VIR_ERR_NO_DOMAIN, "Domain not found")
REFUSED = error(libvirt.VIR_ERR_ACCESS_DENIED, "access denied")
TIMED_OUT = error(libvirt.VIR_ERR_RPC, "the daemon behind this one is masked", libvirt.VIR_FROM_RPC)
MANAGED_SAVE = f"listAllDomains {libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE}"
HAS_SNAPSHOT = f"listAllDomains {libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT}"
HAS_CHECKPOINT = f"listAllDomains {libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT}"


def of(domain: FakeDomain, *, running: str | None = RUNNING, alive: bool = True, **host: Any) -> Kept:
    connection = cast(Any, FakeHost(domain, alive=alive, **host))
    live = None if running is None else describe(running)
    return kept(connection, KVM01, cast(Any, domain), live, marks(connection, KVM01))


def keeps(**fields: Any) -> Kept:
    return of(FakeDomain(**{"xml": XML} | fields))


def test_a_guest_with_nothing_beside_it() -> None:
    domain = FakeDomain(xml=XML)
    assert of(domain) == Kept(cpu_mode="host-model")
    assert domain.asked == ["XMLDesc"], "the host has said that it has none"


def test_snapshots_checkpoints_and_a_saved_state() -> None:
    said = keeps(snapshots=2, checkpoints=1, saved=True)
    assert (said.snapshots, said.checkpoints, said.managed_save) == (2, 1, True)


def test_a_guest_that_is_shut_off_has_no_other_form_than_its_definition() -> None:
    domain = FakeDomain(xml=XML, snapshots=1)
    assert of(domain, running=None) == Kept(snapshots=1)
    assert "XMLDesc" not in domain.asked


def test_a_definition_that_was_changed_meanwhile() -> None:
    changed = {libvirt.VIR_DOMAIN_XML_INACTIVE: XML.replace(">2</vcpu>", ">4</vcpu>")}
    assert keeps(xmls=changed).pending_definition
    assert not keeps().pending_definition
    assert not keeps(xmls=changed, persistent=False).pending_definition, "it has none"
    assert keeps(persistent=False).cpu_mode is None


def test_media_of_the_definition_that_the_running_guest_does_not_have() -> None:
    other = {libvirt.VIR_DOMAIN_XML_INACTIVE: XML.replace("/c", "/d")}
    assert keeps(xmls=other).next_start_media == ("/d",)
    assert keeps().next_start_media == ()


def test_a_libvirt_without_the_question_keeps_nothing_of_the_kind() -> None:
    without = dict.fromkeys((MANAGED_SAVE, HAS_SNAPSHOT, HAS_CHECKPOINT), UNSUPPORTED)
    domain = FakeDomain(xml=XML, snapshots=3, saved=True)
    assert of(domain, fails=without) == Kept(cpu_mode="host-model")


@pytest.mark.parametrize("refused", [REFUSED, TIMED_OUT])
def test_what_libvirt_refuses_to_say_is_unknown(refused: libvirt.libvirtError) -> None:
    lists = dict.fromkeys((MANAGED_SAVE, HAS_SNAPSHOT, HAS_CHECKPOINT), refused)
    said = of(FakeDomain(xml=XML, fails={"XMLDesc": refused}), fails=lists)
    unknown = (said.snapshots, said.checkpoints, said.managed_save, said.pending_definition)
    assert {type(one) for one in unknown} == {Unknown}
    assert isinstance(said.snapshots, Unknown) and said.snapshots.code == "host.libvirt"
    assert str(refused) in said.snapshots.why and "kvm01" in said.snapshots.leg
    counted = keeps(snapshots=1, checkpoints=1, fails={"snapshotNum": refused, "listAllCheckpoints": refused})
    assert isinstance(counted.snapshots, Unknown) and isinstance(counted.checkpoints, Unknown)


@pytest.mark.parametrize("broken", [LOST, GONE])
def test_a_lost_connection_or_guest_is_no_answer(broken: libvirt.libvirtError) -> None:
    with pytest.raises(libvirt.libvirtError):
        of(FakeDomain(xml=XML, snapshots=1, fails={"snapshotNum": broken}), alive=False)
