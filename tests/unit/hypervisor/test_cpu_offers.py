"""Domain capabilities as libvirt 9.0 with QEMU 7.2 and 11.3 with 10.0 gave them on one machine (models left out)."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor.cpu_offers import offers, read
from orchestrator.hypervisor.documents import parse
from orchestrator.model.cpu import CpuOffer
from tests.unit.hypervisor.fake_host import UNSUPPORTED, FakeHost, recorded
from tests.unit.hypervisor.fakes import error

KVM = frozenset({("x86_64", "kvm")})


def of(name: str, bits: int | None = None) -> CpuOffer:
    return read(parse(recorded(name)), bits)


def test_the_older_host() -> None:
    said = of("domain-capabilities-9.0.xml", 46)
    assert (said.arch, said.virt_type, said.machine) == ("x86_64", "kvm", "pc-i440fx-7.2")
    assert said.emulator == "/usr/bin/qemu-system-x86_64"
    assert said.passthrough and said.maximum and said.vendor == "AMD"
    assert said.usable == {"pentium2", "pentium3", "486"}
    assert said.physical_address_bits == 46, "libvirt 9.0 says it of the host only"


def test_the_newer_host_names_its_address_bits() -> None:
    said = of("domain-capabilities-11.3.xml", 52)
    assert said.physical_address_bits == 48
    assert said.usable == {"pentium2", "pentium3", "486"}, "models without those that libvirt says are in the way"


def test_the_host_model_is_a_document_that_can_be_compared() -> None:
    host_model = of("domain-capabilities-9.0.xml").host_model
    assert host_model is not None
    cpu = parse(host_model)
    assert (cpu.tag, dict(cpu.attrib)) == ("cpu", {"mode": "custom", "match": "exact"})
    assert [child.tag for child in cpu][:3] == ["model", "vendor", "feature"]
    assert cpu.find("model").get("fallback") == "forbid"  # type: ignore[union-attr]
    assert cpu.find("feature[@name='pni']").get("policy") == "disable"  # type: ignore[union-attr]


def test_an_emulator_that_passes_nothing_through() -> None:
    said = read(
        parse("<domainCapabilities><cpu><mode name='host-model' supported='no'/></cpu></domainCapabilities>"), None
    )
    assert (said.host_model, said.passthrough, said.maximum, said.usable) == (None, False, False, frozenset())


def test_features_are_written_out_by_the_host_itself() -> None:
    host = FakeHost()
    (said,) = offers(cast(Any, host), KVM, 48)
    assert said.features == {"pge"}, "what the CPU asks to be without is no feature of it"
    assert host.asked[0] == ("getDomainCapabilities", None, "x86_64", None, "kvm")
    assert host.asked[1][0] == "baselineHypervisorCPU" and host.asked[1][5:] == ([said.host_model], 1)


def test_each_pair_is_asked_once_in_order() -> None:
    host = FakeHost()
    said = offers(cast(Any, host), KVM | {("x86_64", "qemu")}, 48)
    assert [one.virt_type for one in said] == ["kvm", "qemu"]


def test_the_bits_of_the_host_say_nothing_of_an_emulated_processor() -> None:
    host = FakeHost(domain_capabilities=recorded("domain-capabilities-9.0.xml"))
    said = offers(cast(Any, host), KVM | {("x86_64", "qemu")}, 48)
    assert [one.physical_address_bits for one in said] == [48, None]


def test_a_host_without_baselines_keeps_its_offer() -> None:
    (said,) = offers(cast(Any, FakeHost(fails={"baselineHypervisorCPU": UNSUPPORTED})), KVM, None)
    assert said.host_model is not None and said.features == frozenset()


def test_a_cut_connection_is_not_an_empty_list() -> None:
    cut = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
    with pytest.raises(libvirt.libvirtError):
        offers(cast(Any, FakeHost(fails={"baselineHypervisorCPU": cut})), KVM, None)
