"""The screens of `ferry cpu`: baseline, matrix and a change of a definition, in text and as documents."""

import json
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.cli import consent, processors
from orchestrator.errors import OrchestratorError
from orchestrator.model.baseline import Baseline, CommonCpu, CpuChange, Fingerprint, Member
from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.guest import Power
from orchestrator.operations.cpu_apply import CpuProposal
from orchestrator.planning.baseline_changes import BaselineReport, Before, Drift, Gain, Misfit
from orchestrator.planning.cpu_matrix import Cell, Fit, Matrix
from tests.screens import world
from tests.screens.world import BEGIN, KVM01, KVM02, KVM03

CPU = CommonCpu(
    document='<cpu mode="custom" match="exact">\n  <model fallback="forbid">EPYC</model>\n</cpu>\n',
    model="EPYC",
    vendor="AMD",
    listed={"erms": "require", "clwb": "require", "vme": "disable"},
    features=("avx", "avx2", "clwb", "erms"),
)
PRINT = Fingerprint(libvirt_version=11_003_000, qemu_version=10_000_002, kernel="6.12", microcode="0x1", host_model="d")
MANY = tuple(f"feature{n:02}" for n in range(1, 16))


def member(name: Any, *lost: str) -> Member:
    """A host that gives these up."""
    return Member(host=name, fingerprint=PRINT, features=tuple(sorted((*CPU.features, *lost))), lost=lost)


BASELINE = Baseline(
    arch="x86_64",
    virt_type="kvm",
    group="rack1",
    cpu=CPU,
    members=(member(KVM01, "rdpid", "vaes"), member(KVM02), member(KVM03, *MANY)),
    made_at=BEGIN,
)
REPORT = BaselineReport(baseline=BASELINE)
CHANGED = BaselineReport(
    baseline=BASELINE,
    before=Before(
        name="rack1",
        baseline=replace(BASELINE, made_at=BEGIN),
        broken={KVM02: CpuAnswer(offered=False, missing=("vaes",))},
    ),
    drifts=(
        Drift(host=KVM03, kind="joined"),
        Drift(host=KVM02, kind="changed", what=("QEMU 10.0.2 -> 10.0.3", "microcode 0x1 -> 0x2", "loses vaes")),
    ),
    gained=("erms",),
    lost=("rdpid", "vaes"),
    misfits=(
        Misfit(guest="old-01", host=KVM02, refused_by=KVM01, missing=(), detail="no such vendor"),
        Misfit(guest="web-01", host=KVM01, refused_by=KVM03, missing=("rdpid", "vaes"), new=True),
        Misfit(guest="web-02", host=KVM01, refused_by=KVM03, missing=("rdpid", "vaes"), new=True),
    ),
    gains=(Gain(guest="mail-01", host=KVM02, features=("erms",)),),
    saved="rack1",
)


def cell(name: str, number: int, to: Any, fit: Fit, **more: Any) -> Cell:
    """A guest on kvm01 and a host."""
    return Cell(guest=world.uuid(number), name=name, source=KVM01, destination=to, fit=fit, **more)


MATRIX = Matrix(
    hosts=(KVM02, KVM03),
    cells=(
        cell("web-01", 1, KVM02, Fit.FITS, returns=True),
        cell("web-01", 1, KVM03, Fit.FITS, returns=False, missing_back=("pcommit",)),
        cell("db-01", 2, KVM02, Fit.RESTART, missing=("avx2",), why="give it a CPU: ferry cpu apply db-01"),
        cell("db-01", 2, KVM03, Fit.NEVER, missing=("avx2",), why="the guest is transient"),
        cell("db-02", 3, KVM03, Fit.NEVER, missing=("avx2",), why="the guest is transient"),
        cell("raw-01", 4, KVM02, Fit.UNPROVEN, why="libvirt compares nothing where the CPU's mode is maximum"),
        cell("raw-01", 4, KVM03, Fit.UNKNOWN, why="kvm03 does not answer: no answer within 10 s"),
    ),
    left_out=(("old", "it is shut off on kvm01"),),
)
PROPOSAL = CpuProposal(
    guest=world.GUESTS[0],
    host=KVM01,
    cpu="EPYC",
    because="baseline rack1, the newest one that is about its host",
    change=CpuChange(before='<cpu mode="host-model" check="partial"/>\n', after=CPU.document),
    refusing={KVM03: CpuAnswer(offered=False, missing=("rdpid",))},
)


@pytest.fixture
def says(given, monkeypatch):
    """What the operations answer instead of hosts."""

    def answer(name, value):
        def call(*_arguments, **_named):
            if isinstance(value, BaseException):
                raise value
            return value

        monkeypatch.setattr(processors, name, call)

    return answer


@pytest.mark.parametrize("verb", ["", "baseline", "matrix", "apply"])
def test_help_of_cpu(ferry, screen, verb):
    assert str(ferry("cpu", *verb.split(), "--help")) == screen


def test_cpu_baseline(ferry, screen, says):
    says("cpu_baseline", REPORT)
    assert str(ferry("cpu", "baseline")) == screen


def test_cpu_baseline_in_full(ferry, screen, says):
    says("cpu_baseline", REPORT)
    assert str(ferry("cpu", "baseline", "-v")) == screen


def test_cpu_baseline_changed(ferry, screen, says):
    says("cpu_baseline", CHANGED)
    assert str(ferry("cpu", "baseline", "--save", "rack1")) == screen


def test_cpu_baseline_unchanged(ferry, screen, says):
    before = Before(name="rack1", baseline=BASELINE, broken={})
    says("cpu_baseline", replace(REPORT, before=before))
    assert str(ferry("cpu", "baseline")) == screen


def test_cpu_baseline_of_a_named_model(ferry, screen, says):
    level = replace(BASELINE, named=True, cpu=replace(CPU, model="x86-64-v2"), group="")
    says("cpu_baseline", BaselineReport(baseline=level))
    assert str(ferry("cpu", "baseline", "--model", "x86-64-v2")) == screen


def test_cpu_baseline_that_there_is_not(ferry, screen, says):
    saw = "The hosts have processors of different makers: kvm01 Intel, kvm02 AMD"
    fix = "Choose hosts of one maker with --hosts, or insist: --model x86-64-v2 --cross-vendor"
    says("cpu_baseline", OrchestratorError.of("host.no-common-cpu", saw, fix=fix))
    shown = ferry("cpu", "baseline")
    assert shown.code == 5
    assert str(shown) == screen


@pytest.mark.parametrize(("arguments", "code"), [((), 5), (("--save", "rack1"), 0)])
def test_a_stored_baseline_that_is_broken_is_told_by_the_exit_code_unless_it_is_replaced(ferry, says, arguments, code):
    says("cpu_baseline", CHANGED)
    assert ferry("cpu", "baseline", *arguments).code == code


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("baseline", "--cross-vendor"), "--cross-vendor needs --model"),
        (("baseline", "--hosts", ","), "name at least one host"),
        (("baseline", "--save", " "), "--save needs a name"),
        (("apply", "web-01", "--model", "x", "--baseline", "y", "--yes"), "exclude each other"),
    ],
)
def test_what_does_not_go_together(ferry, arguments, words):
    shown = ferry("cpu", *arguments)
    assert shown.code == 2
    assert words in shown.err


def test_cpu_matrix(ferry, screen, says):
    says("cpu_matrix", MATRIX)
    assert str(ferry("cpu", "matrix")) == screen


def test_cpu_matrix_ascii(ferry, screen, says):
    says("cpu_matrix", MATRIX)
    assert str(ferry("cpu", "matrix", encoding="ascii")) == screen


def test_cpu_matrix_of_nothing(ferry, screen, says):
    says("cpu_matrix", Matrix(hosts=(), cells=()))
    assert str(ferry("cpu", "matrix")) == screen


def test_cpu_matrix_hostile_name(ferry, screen, says):
    says("cpu_matrix", Matrix(hosts=(KVM02,), cells=(cell(world.HOSTILE, 1, KVM02, Fit.NEVER, why=world.HOSTILE),)))
    assert str(ferry("cpu", "matrix")) == screen


def test_a_matrix_of_silent_hosts_asks_for_another_try(ferry, says):
    says("cpu_matrix", Matrix(hosts=(KVM03,), cells=(cell("web-01", 1, KVM03, Fit.UNKNOWN, why="silent"),)))
    assert ferry("cpu", "matrix").code == 6


def test_cpu_apply_dry_run(ferry, screen, says):
    says("propose", PROPOSAL)
    says("carry_out", AssertionError("a dry run changes nothing"))
    assert str(ferry("cpu", "apply", "web-01", "--dry-run")) == screen


@pytest.mark.parametrize(
    "effect",
    [Done(), Refused(why="the <cpu> of the definition has been changed meanwhile"), Unclear(why="no answer")],
    ids=["done", "refused", "unclear"],
)
def test_cpu_apply(ferry, screen, says, effect):
    says("propose", PROPOSAL)
    says("carry_out", effect)
    assert str(ferry("cpu", "apply", "web-01", "--yes")) == screen


def test_cpu_apply_nothing_to_do(ferry, screen, says):
    says("propose", replace(PROPOSAL, change=CpuChange(before=CPU.document, after=CPU.document)))
    says("carry_out", AssertionError("there is nothing to change"))
    assert str(ferry("cpu", "apply", "web-01", "--yes")) == screen


def test_cpu_apply_to_a_guest_that_does_not_run(ferry, screen, says):
    says("propose", replace(PROPOSAL, guest=replace(world.GUESTS[0], power=Power.SHUT_OFF), refusing={}))
    assert str(ferry("cpu", "apply", "web-01", "--dry-run")) == screen


def test_without_a_yes_nothing_is_changed(ferry, says, monkeypatch):
    assert ferry("cpu", "apply", "web-01").code == 2
    monkeypatch.setattr(consent, "demand", lambda **_options: None)
    monkeypatch.setattr(consent, "ask", lambda _question, _screen: False)
    says("propose", PROPOSAL)
    says("carry_out", AssertionError("nobody agreed"))
    shown = ferry("cpu", "apply", "web-01")
    assert shown.code == 1
    assert shown.err.endswith("Nothing was changed.\n")
    assert "+<cpu" in shown.err, "the change is shown before anybody is asked"


@pytest.mark.parametrize(
    ("arguments", "schema", "key"),
    [
        (("baseline",), "ferry.cpu-baseline/1", "report"),
        (("matrix",), "ferry.cpu-matrix/1", "matrix"),
        (("apply", "web-01", "--yes"), "ferry.cpu-apply/1", "effect"),
        (("apply", "web-01", "--dry-run"), "ferry.cpu-apply/1", "effect"),
    ],
)
def test_every_answer_is_one_document(ferry, says, arguments, schema, key):
    says("cpu_baseline", REPORT)
    says("cpu_matrix", MATRIX)
    says("propose", PROPOSAL)
    says("carry_out", Done())
    shown = ferry("-o", "json", "cpu", *arguments)
    assert shown.code == 0
    document = json.loads(shown.out)
    assert document["schema"] == schema
    assert (document[key] is None) is ("--dry-run" in arguments)
