"""<cpu> documents: read, and put into a definition of which nothing else changes."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.cpu_documents import change, described, set_cpu
from orchestrator.hypervisor.guest_xml import as_it_runs, describe
from orchestrator.hypervisor.mending import mend
from orchestrator.model.command import SetCpu
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.guest import GuestId
from tests.unit.hypervisor.fakes import error

BASELINE = """\
<cpu mode='custom' match='exact'>
  <model fallback='forbid'>Nehalem</model>
  <vendor>Intel</vendor>
  <maxphysaddr mode='emulate' bits='46'/>
  <feature policy='require' name='aes'/>
  <feature policy='disable' name='vme'/>
</cpu>
"""
EXPANDED = """\
<cpu mode='custom' match='exact'>
  <model fallback='forbid'>Nehalem</model>
  <feature policy='require' name='sse2'/>
  <feature policy='require' name='aes'/>
  <feature policy='disable' name='vme'/>
</cpu>
"""
PLAIN = "<cpu mode='host-model' check='partial'/>"


def domain(cpu: str = "") -> str:
    """A definition with something on either side of its <cpu>, and a password."""
    return (
        f"<domain type='kvm'><name>web</name><os><type>hvm</type></os>{cpu}<clock offset='utc'/>"
        "<devices><graphics type='vnc' passwd='secret'/></devices></domain>"
    )


def test_a_document_is_read_with_the_features_its_model_stands_for() -> None:
    cpu = described(BASELINE, EXPANDED)
    assert (cpu.model, cpu.vendor, cpu.features) == ("Nehalem", "Intel", ("aes", "sse2"))
    assert cpu.listed == {"aes": "require", "vme": "disable"}
    assert cpu.document.splitlines()[0] == '<cpu mode="custom" match="exact">'


def test_documents_that_mean_the_same_are_the_same() -> None:
    one = described(BASELINE, EXPANDED)
    assert one.same_as(described(BASELINE.replace("\n", ""), BASELINE))
    assert not one.same_as(described(BASELINE.replace("'disable'", "'require'"), EXPANDED))


class TestChange:
    def test_the_new_cpu_is_written_whole(self) -> None:
        found = change(domain(PLAIN), BASELINE)
        assert found.before.strip() == '<cpu mode="host-model" check="partial"/>'
        assert found.after.splitlines() == [
            '<cpu mode="custom" match="exact" check="partial">',
            '  <model fallback="forbid">Nehalem</model>',
            "  <vendor>Intel</vendor>",
            '  <maxphysaddr mode="emulate" bits="46"/>',
            '  <feature policy="require" name="aes"/>',
            '  <feature policy="disable" name="vme"/>',
            "</cpu>",
        ]

    def test_a_definition_without_one(self) -> None:
        found = change(domain(), BASELINE)
        assert found.before == ""
        assert "Nehalem" in found.after

    @pytest.mark.parametrize(
        ("part", "stays"),
        [
            ("<topology sockets='1' cores='4' threads='1'/>", True),
            ("<numa><cell id='0' cpus='0-3' memory='4'/></numa>", True),
            ("<cache mode='emulate' level='3'/>", True),
            ("<cache mode='passthrough'/>", False),
            ("<feature policy='disable' name='vmx'/>", True),
            ("<feature policy='forbid' name='hle'/>", True),
            ("<feature policy='require' name='invtsc'/>", False),
            ("<feature policy='disable' name='aes'/>", False),
            ("<maxphysaddr mode='emulate' bits='39'/>", False),
            ("<model>Skylake</model>", False),
        ],
    )
    def test_what_the_guest_has_beside_a_model_stays(self, part: str, stays: bool) -> None:
        found = change(domain(f"<cpu mode='custom'>{part}</cpu>"), BASELINE)
        changed = len(found.after.splitlines()) > len(BASELINE.splitlines())
        assert changed is stays

    @pytest.mark.parametrize(("space", "stays"), [("mode='emulate' bits='39'", True), ("mode='passthrough'", False)])
    def test_the_guests_own_address_space_stays_where_the_new_cpu_says_none(self, space: str, stays: bool) -> None:
        new = "<cpu><model>Nehalem</model></cpu>"
        found = change(domain(f"<cpu><maxphysaddr {space}/></cpu>"), new)
        assert ("maxphysaddr" in found.after) is stays

    def test_parts_stand_in_libvirts_order(self) -> None:
        old = "<cpu><numa><cell id='0'/></numa><topology sockets='1'/></cpu>"
        text = change(domain(old), BASELINE).after
        order = ["<model", "<vendor", "<topology", "<maxphysaddr", "<feature", "<numa"]
        assert sorted(order, key=text.index) == order


class Host:
    """A host with one guest, whose definition can be changed."""

    def __init__(self, xml: str, *, persistent: bool = True, fails: libvirt.libvirtError | None = None) -> None:
        self.xml, self.persistent, self.fails = xml, persistent, fails
        self.flags = 0
        self.defined: list[str] = []

    def lookupByUUIDString(self, _uuid: str) -> "Host":
        return self

    def isPersistent(self) -> int:
        return int(self.persistent)

    def XMLDesc(self, flags: int) -> str:
        self.flags = flags
        return self.xml

    def defineXML(self, xml: str) -> None:
        if self.fails is not None:
            raise self.fails
        self.defined.append(xml)


def order(xml: str) -> SetCpu:
    """What `ferry cpu apply` would order for that definition."""
    wish = change(xml, BASELINE)
    return SetCpu(guest=GuestId("u-1"), cpu=wish.after, replaces=wish.before)


def mended(host: Host, wanted: SetCpu) -> Effect:
    """Through the door for repairs."""
    return mend(cast(Any, host), wanted)


class TestSetCpu:
    @pytest.mark.parametrize("old", ["", PLAIN])
    def test_nothing_but_the_cpu_is_changed(self, old: str) -> None:
        host = Host(domain(old))
        assert mended(host, order(host.xml)) == Done()
        (text,) = host.defined
        assert change(text, BASELINE).before == order(host.xml).cpu
        for part in ("<name>web</name>", "<os><type>hvm</type></os>", "passwd=", "offset="):
            assert part in text

    def test_the_definition_is_read_with_its_passwords(self) -> None:
        host = Host(domain(PLAIN))
        mended(host, order(host.xml))
        assert host.flags == libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE

    def test_a_definition_that_was_changed_meanwhile_is_left_alone(self) -> None:
        host = Host(domain("<cpu mode='maximum'/>"))
        effect = mended(host, order(domain(PLAIN)))
        assert isinstance(effect, Refused)
        assert "meanwhile" in effect.why
        assert host.defined == []

    def test_once_is_enough(self) -> None:
        wanted = order(domain(PLAIN))
        host = Host(domain(wanted.cpu))
        assert mended(host, wanted) == Done()
        assert host.defined == []

    def test_a_transient_guest_has_no_definition(self) -> None:
        host = Host(domain(PLAIN), persistent=False)
        assert isinstance(mended(host, order(host.xml)), Refused)
        assert host.defined == []

    def test_a_definition_that_libvirt_refuses_is_not_taken(self) -> None:
        refused = error(libvirt.VIR_ERR_INTERNAL_ERROR, "internal error: Unknown CPU model Nehalem")
        assert mended(Host(domain(PLAIN), fails=refused), order(domain(PLAIN))) == Refused(
            why="Unknown CPU model Nehalem"
        )

    def test_a_connection_that_breaks_leaves_it_open(self) -> None:
        broken = error(libvirt.VIR_ERR_RPC, "end of file", domain=libvirt.VIR_FROM_RPC)
        with pytest.raises(libvirt.libvirtError):
            set_cpu(cast(Any, Host(domain(PLAIN), fails=broken)), order(domain(PLAIN)))


def test_the_cpu_of_a_running_guest_is_the_one_it_runs_on() -> None:
    """libvirt 11.3 writes into the migratable form what was asked for, 9.0 what came of it."""
    running = as_it_runs(describe(domain(PLAIN)), domain(BASELINE))
    assert (running.hardware.cpu_mode, running.hardware.cpu_model) == ("custom", "Nehalem")
    assert running.hardware.cpu_features == {"aes": "require", "vme": "disable"}
    assert running.cpu_xml is not None
    assert "Nehalem" in running.cpu_xml


def test_what_an_earlier_baseline_switched_off_goes_with_it_and_what_the_operator_did_stays() -> None:
    first = change(domain(PLAIN), BASELINE).after
    by_hand = first.replace("</cpu>", "  <feature policy='disable' name='rdrand'/>\n</cpu>")
    wider = BASELINE.replace("  <feature policy='disable' name='vme'/>\n", "")
    after = change(domain(by_hand), wider, [BASELINE]).after
    assert "vme" not in after and "rdrand" in after
    assert "vme" in change(domain(by_hand), wider).after, "nobody knows of an earlier one"
    other = BASELINE.replace("Nehalem", "Westmere")
    assert "vme" in change(domain(by_hand), wider, [other]).after, "one of another model is not where it came from"
