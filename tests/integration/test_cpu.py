"""One CPU for hosts of two QEMU versions, or of several generations, is what libvirt says; guests come to use it."""

import json
from collections.abc import Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest

from orchestrator.hypervisor.cpu_documents import described
from orchestrator.hypervisor.cpu_offers import read as read_offer
from orchestrator.hypervisor.documents import parse
from orchestrator.model.baseline import CommonCpu
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.operations.agreed_cpu import able, largest
from orchestrator.operations.doors import Doors
from orchestrator.planning.baseline import Offered
from tests.integration.moves import guest, intact, migrate, outcomes, places
from tests.lab import definition
from tests.lab.protocol import Lab, Result

pytestmark = pytest.mark.lab

NEW, SECOND, OLD = "kvm01", "kvm02", "kvm03"  # kvm03 has the older libvirt and QEMU
CPU = "<cpu mode='custom' match='exact' check='none'><model fallback='forbid'>qemu64</model></cpu>"


def answered(result: Result, code: int = 0) -> dict[str, Any]:
    """ferry's answer as JSON."""
    assert result.returncode == code, result.stdout + result.stderr
    return cast(dict[str, Any], json.loads(result.stdout))


def offered_by(lab: Lab, host: str) -> CpuOffer:
    """What virsh says that a host offers under emulation."""
    said = lab.run(host, ["virsh", "domcapabilities", "--virttype", "qemu"]).checked().stdout
    return read_offer(parse(said), None)


def virsh_cpu(lab: Lab, host: str, verb: str, cpus: Sequence[str], *more: str) -> Result:
    """Put CPUs to a host's virsh, as an operator would."""
    words = ["virsh", f"hypervisor-cpu-{verb}", "--virttype", "qemu", *more, "/dev/stdin"]
    return lab.run(host, words, stdin="\n".join(cpus))


class Imagined:
    """A host of the lab as if it had that processor: virsh answers for it, from its own map of CPUs."""

    def __init__(self, lab: Lab, host: str, processor: str) -> None:
        self._lab, self._host, self._processor = lab, host, processor

    def common_cpu(self, cpus: Sequence[str], _arch: str, _virt_type: str, *, within: float) -> CommonCpu | Unknown:
        """The baseline of these, short and expanded."""
        said = [virsh_cpu(self._lab, self._host, "baseline", cpus, "--migratable", *more) for more in ((), _EXPANDED)]
        if any(one.returncode for one in said):
            return Unknown(why=said[0].stderr, code="host.libvirt")
        return described(*(one.stdout for one in said))

    def compare(self, cpu: str, _arch: str, _virt_type: str, *, within: float) -> CpuAnswer:
        """Whether that processor has all that the CPU asks for: the map tells, the emulator has another one."""
        lacks = sorted(self._features(cpu) - self._features(self._processor))
        return CpuAnswer(offered=not lacks, missing=tuple(lacks))

    def _features(self, cpu: str) -> set[str]:
        said = described(cpu, cpu)
        taken = {name for name, policy in said.listed.items() if policy == "disable"}
        return (self._model(said.model) | set(said.features)) - taken

    def _model(self, name: str) -> set[str]:
        text = self._lab.run(self._host, ["cat", f"/usr/share/libvirt/cpu_map/x86_{name}.xml"]).checked().stdout
        model = parse(text).find("model")
        assert model is not None
        parent = model.find("model")
        inherited = set() if parent is None else self._model(parent.get("name", ""))
        return inherited | {f.get("name", "") for f in model.findall("feature") if f.get("removed") != "yes"}


_EXPANDED = ("--features",)


def imagined(cpus: Mapping[str, str]) -> Offered:
    """What hosts with these processors offer."""
    versions = {NEW: 11_003_000, OLD: 9_000_000}
    return Offered(
        arch="x86_64",
        virt_type="qemu",
        group="",
        offers={
            HostName(host): CpuOffer(
                arch="x86_64", virt_type="qemu", emulator="", machine="", host_model=cpu, vendor=""
            )
            for host, cpu in cpus.items()
        },
        facts=cast(Any, {host: SimpleNamespace(libvirt_version=versions[host]) for host in cpus}),
    )


def from_the_map(model: str) -> str:
    """A <cpu> document of a generation, as libvirt's map names it."""
    return f"<cpu mode='custom' match='exact'><model fallback='forbid'>{model}</model></cpu>"


def test_the_baseline_of_two_versions_is_libvirts(lab: Lab) -> None:
    report = answered(lab.ferry("-o", "json", "cpu", "baseline"))["report"]
    ours = report["baseline"]["cpu"]
    models = [offered_by(lab, host).host_model or "" for host in (NEW, OLD)]
    said = virsh_cpu(lab, NEW, "baseline", models, "--migratable").checked().stdout
    theirs = described(said, said)
    assert (ours["model"], ours["vendor"], ours["listed"]) == (theirs.model, theirs.vendor, dict(theirs.listed))
    again = virsh_cpu(lab, OLD, "baseline", [models[1], ours["document"]], "--migratable").checked().stdout
    assert described(again, again).listed == ours["listed"]
    for host in lab.hosts():
        virsh_cpu(lab, host, "compare", [ours["document"]], "--error").checked()
    lost = {member["host"]: set(member["lost"]) for member in report["baseline"]["members"]}
    assert "rdpid" in lost[NEW]
    assert "pcommit" in lost[OLD]


GENERATIONS = [
    ("Nehalem", "Westmere"),
    ("SandyBridge", "Skylake-Server-noTSX-IBRS"),
    ("Haswell-noTSX", "Cascadelake-Server-noTSX"),
    ("Opteron_G3", "EPYC"),
    ("EPYC-Rome", "EPYC-Milan"),
    ("Icelake-Server-noTSX", "Penryn"),
]


@pytest.mark.parametrize(("one", "other"), GENERATIONS, ids=["+".join(pair) for pair in GENERATIONS])
def test_the_baseline_of_generations_is_libvirts(lab: Lab, one: str, other: str) -> None:
    cpus = {NEW: from_the_map(one), OLD: from_the_map(other)}
    doors = cast(Doors, SimpleNamespace(inventory=lambda host: Imagined(lab, host, cpus[host])))
    given = imagined(cpus)
    ours = largest(doors, given, able(doors, given))
    whole = [
        virsh_cpu(lab, host, "baseline", list(cpus.values()), "--migratable", *_EXPANDED).checked().stdout
        for host in (NEW, OLD)
    ]
    here, there = (set(described(text, text).features) for text in whole)
    # Each host leaves out what its own QEMU and map do not know, so the common CPU is what both leave in.
    assert _core(ours.features) == _core(here & there)


def _core(features: Sequence[str] | set[str]) -> set[str]:
    """Without the details of nested virtualisation that only the newer map has names for."""
    return {name for name in features if not name.startswith("vmx-")}


def start_with(lab: Lab, name: str, cpu: str, **more: Any) -> None:
    """A guest on kvm01 with that <cpu>."""
    made = guest(name, NEW, disk="shared", **more)
    text = definition.xml(made, lab.topology.networks["guest"])
    assert CPU in text
    lab.start_guest(made, definition=text.replace(CPU, cpu))
    lab.wait_for_guest(name)


def test_a_smaller_host_lowers_the_baseline_and_names_the_guests(lab: Lab) -> None:
    start_with(lab, "model", "<cpu mode='host-model'/>")
    start_with(lab, "plain", CPU)
    big = answered(lab.ferry("-o", "json", "cpu", "baseline", "--hosts", f"{NEW},{SECOND}", "--save", "rack"))["report"]
    assert big["saved"] == "rack"
    assert not big["misfits"]
    hosts = f"{NEW},{SECOND},{OLD}"
    small = answered(lab.ferry("-o", "json", "cpu", "baseline", "--hosts", hosts))["report"]
    assert [(d["host"], d["kind"]) for d in small["drifts"]] == [(OLD, "joined")]
    assert "rdpid" in small["lost"]
    assert not small["gained"]
    assert not small["before"]["broken"]
    assert [(m["guest"], m["refused_by"], m["new"]) for m in small["misfits"]] == [("model", OLD, True)]
    assert "rdpid" in small["misfits"][0]["missing"]
    lab.ferry("cpu", "baseline", "--hosts", hosts, "--save", "rack").checked()
    back = answered(lab.ferry("-o", "json", "cpu", "baseline", "--hosts", f"{NEW},{SECOND}", "--save", "rack"))[
        "report"
    ]
    assert [(d["host"], d["kind"]) for d in back["drifts"]] == [(OLD, "left")]
    assert "rdpid" in back["gained"]
    assert {g["guest"] for g in back["gains"]} == {"plain"}


def test_the_matrix_says_what_libvirt_would(lab: Lab) -> None:
    start_with(lab, "model", "<cpu mode='host-model'/>")
    start_with(lab, "fleeting", "<cpu mode='host-model'/>", persistent=False)
    start_with(lab, "plain", CPU)
    cells = answered(lab.ferry("-o", "json", "cpu", "matrix"))["matrix"]["cells"]
    fits = {(cell["name"], cell["destination"]): cell for cell in cells}
    assert {place: cell["fit"] for place, cell in fits.items() if place[1] in (SECOND, OLD)} == {
        ("model", SECOND): "fits",
        ("model", OLD): "restart",
        ("fleeting", SECOND): "fits",
        ("fleeting", OLD): "never",
        ("plain", SECOND): "fits",
        ("plain", OLD): "fits",
    }
    assert "rdpid" in fits["model", OLD]["missing"]
    assert fits["model", SECOND]["returns"] is True
    assert fits["model", OLD]["returns"] is False
    assert fits["model", OLD]["missing_back"] == ["pcommit"]


def test_a_guest_is_given_the_baseline_and_then_goes_where_it_could_not(lab: Lab) -> None:
    start_with(lab, "model", "<cpu mode='host-model'/>")
    before = lab.run(NEW, ["virsh", "dumpxml", "--inactive", "model"]).checked().stdout
    refused = lab.ferry("migrate", "model", "--to", OLD, "--yes")
    assert refused.returncode == 4, refused.stdout + refused.stderr
    lab.ferry("cpu", "baseline", "--save", "all").checked()
    lab.ferry("cpu", "apply", "model", "--dry-run").checked()
    assert lab.run(NEW, ["virsh", "dumpxml", "--inactive", "model"]).checked().stdout == before
    applied = answered(lab.ferry("-o", "json", "cpu", "apply", "model", "--baseline", "all", "--yes"))
    assert applied["effect"] == {"kind": "done"}
    assert "next cold start" in applied["takes_effect"]
    after = lab.run(NEW, ["virsh", "dumpxml", "--inactive", "model"]).checked().stdout
    assert _without_cpu(after) == _without_cpu(before)
    assert "EPYC" in after
    intact(lab, "model")
    again = lab.ferry("cpu", "apply", "model", "--yes").checked()
    assert "already" in again.stdout
    for verb in ("destroy", "start"):
        lab.run(NEW, ["virsh", verb, "model"]).checked()
    lab.wait_for_guest("model")
    moved = migrate(lab, "model", "--to", OLD)
    assert outcomes(moved)["model"]["state"] == "migrated", moved.stdout + moved.stderr
    assert places(lab, "model") == {OLD: "running"}
    intact(lab, "model")


def _without_cpu(text: str) -> list[str]:
    document = parse(text)
    cpu = document.find("cpu")
    assert cpu is not None
    document.remove(cpu)
    return [line.strip() for line in cast(str, _as_text(document)).splitlines()]


def _as_text(document: Any) -> str:
    from orchestrator.hypervisor.documents import lines  # noqa: PLC0415

    return lines(document)


def test_a_level_of_the_architecture_is_proven_on_all_hosts(lab: Lab) -> None:
    level = answered(lab.ferry("-o", "json", "cpu", "baseline", "--model", "x86-64-v2"))["report"]["baseline"]
    assert (level["cpu"]["model"], level["named"]) == ("x86-64-v2", True)
    assert {"ssse3", "sse4.2", "popcnt"} <= set(level["cpu"]["features"])
    too_much = lab.ferry("cpu", "baseline", "--model", "x86-64-v4")
    assert too_much.returncode == 5, too_much.stdout + too_much.stderr
    assert "avx512f" in too_much.stderr
    assert "kvm03" in too_much.stderr
