"""What libvirt says to processors: texts as 9.0 and 11.3 gave them."""

from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor import cpu_answers
from orchestrator.hypervisor.documents import parse
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from tests.unit.hypervisor.fake_host import FakeHost
from tests.unit.hypervisor.fakes import error

INCOMPATIBLE = "the CPU is incompatible with host CPU: Host CPU does not provide required features: erms, fsrm"
CUSTOM = "<cpu mode='custom'><model>EPYC</model></cpu>"
HOST_MODEL = (
    "<cpu mode='custom' match='exact'><model fallback='forbid'>EPYC</model><vendor>AMD</vendor>"
    "<feature policy='require' name='invtsc'/><feature policy='require' name='vaes'/>"
    "<feature policy='require' name='erms'/></cpu>"
)


def refusal(text: str, code: int = libvirt.VIR_ERR_CPU_INCOMPATIBLE) -> libvirt.libvirtError:
    return error(code, text, libvirt.VIR_FROM_CPU)


def compare(host: FakeHost, cpu: str = CUSTOM) -> CpuAnswer:
    return cpu_answers.compare(cast(Any, host), cpu, "x86_64", "kvm")


def offer(**changes: Any) -> CpuOffer:
    said: dict[str, Any] = {
        "arch": "x86_64",
        "virt_type": "kvm",
        "emulator": "q",
        "machine": "pc",
        "host_model": HOST_MODEL,
    }
    return CpuOffer(**said | changes)


def restarted(cpu: str, *there: CpuOffer, host: FakeHost | None = None) -> CpuAnswer:
    definition = f"<domain type='kvm'>{cpu}</domain>"
    return cpu_answers.after_restart(cast(Any, host or FakeHost()), definition, "x86_64", "kvm", there)


@pytest.mark.parametrize(
    ("said", "names"),
    [
        (INCOMPATIBLE, ("erms", "fsrm")),
        ("the CPU is incompatible with host CPU: Host CPU does not provide required features: sse4.1", ("sse4.1",)),
        (
            "operation failed: guest CPU doesn't match specification: missing features: vmx-ept,amd-ssbd",
            ("vmx-ept", "amd-ssbd"),
        ),
        ("the CPU is incompatible with host CPU: host CPU vendor does not match required CPU vendor Intel", ()),
        ("the CPU is incompatible with host CPU: Host CPU provides forbidden features: x2apic", ()),
        ("internal error: Unknown CPU model Foo", ()),
        ("no colon", ()),
    ],
)
def test_features_named_by_a_refusal(said: str, names: tuple[str, ...]) -> None:
    assert cpu_answers.missing(said) == names


def test_a_refusal_is_an_answer_with_the_features_it_names() -> None:
    said = compare(FakeHost(compares=refusal(INCOMPATIBLE)))
    assert said == CpuAnswer(offered=False, detail=INCOMPATIBLE, missing=("erms", "fsrm"))


@pytest.mark.parametrize(("number", "offered"), [(0, False), (1, True), (2, True)])
def test_identical_and_superset_fit(number: int, offered: bool) -> None:
    assert compare(FakeHost(compares=number)).offered is offered


@pytest.mark.parametrize("code", [libvirt.VIR_ERR_INTERNAL_ERROR, libvirt.VIR_ERR_CONFIG_UNSUPPORTED])
def test_a_model_or_emulator_that_is_unknown_there_is_not_offered(code: int) -> None:
    said = compare(FakeHost(compares=refusal("internal error: Unknown CPU model Foo", code)))
    assert not said.offered and said.detail == "Unknown CPU model Foo"


def test_what_was_forced_on_a_running_guest_is_demanded() -> None:
    live = "<cpu><feature policy='force' name='rdpid'/><feature policy='disable' name='avx'/></cpu>"
    policies = {f.get("name"): f.get("policy") for f in parse(cpu_answers.demanded(live)).iter("feature")}
    assert policies == {"rdpid": "require", "avx": "disable"}


def test_a_cut_connection_is_no_answer() -> None:
    cut = error(libvirt.VIR_ERR_INTERNAL_ERROR, "client socket is closed", libvirt.VIR_FROM_RPC)
    with pytest.raises(libvirt.libvirtError):
        compare(FakeHost(compares=cut))


@pytest.mark.parametrize("mode", ["host-passthrough", "maximum", "host-model"])
def test_modes_that_libvirt_never_compares(mode: str) -> None:
    host = FakeHost()
    said = compare(host, f"<cpu mode='{mode}'/>")
    assert said.offered and not said.compared and mode in said.detail
    assert host.asked == []


def test_a_host_model_guest_comes_back_with_the_cpu_of_the_other_host() -> None:
    host = FakeHost(compares=refusal(INCOMPATIBLE))
    said = restarted("<cpu mode='host-model'><feature policy='disable' name='vaes'/></cpu>", offer(), host=host)
    assert not said.offered and said.missing == ("erms", "fsrm")
    ((_call, _emulator, arch, _machine, virt, cpu, _flags),) = host.asked
    assert (arch, virt) == ("x86_64", "kvm")
    features = {one.get("name"): one.get("policy") for one in parse(str(cpu)).iterfind("feature")}
    assert features == {"vaes": "disable", "erms": "require"}, "the guest's own word counts, invtsc is never given"


@pytest.mark.parametrize(
    "cpu", ["", "<cpu mode='custom' match='exact'><model>EPYC</model></cpu>", "<cpu><model>EPYC</model></cpu>"]
)
def test_a_named_cpu_stays_the_same(cpu: str) -> None:
    host = FakeHost(compares=refusal(INCOMPATIBLE))
    said = restarted(cpu, offer(), host=host)
    assert said.offered and said.compared and host.asked == []


@pytest.mark.parametrize(
    ("cpu", "there"),
    [
        ("<cpu mode='host-passthrough'/>", (offer(),)),
        ("<cpu mode='maximum'/>", (offer(),)),
        ("<cpu mode='custom' match='minimum'><model>EPYC</model></cpu>", (offer(),)),
        ("<cpu mode='host-model'/>", ()),
        ("<cpu mode='host-model'/>", (offer(virt_type="qemu"),)),
        ("<cpu mode='host-model'/>", (offer(host_model=None),)),
    ],
)
def test_what_cannot_be_known_before_the_start_is_not_compared(cpu: str, there: tuple[CpuOffer, ...]) -> None:
    said = restarted(cpu, *there, host=FakeHost(compares=refusal(INCOMPATIBLE)))
    assert said.offered and not said.compared and said.detail


@pytest.mark.parametrize(("expand", "flags"), [(False, 2), (True, 3)])
def test_a_baseline_is_one_that_can_be_migrated(expand: bool, flags: int) -> None:
    host = FakeHost()
    assert cpu_answers.baseline(cast(Any, host), [CUSTOM], "x86_64", "", expand=expand) == host.expanded
    assert host.asked == [("baselineHypervisorCPU", None, "x86_64", None, None, [CUSTOM], flags)]
