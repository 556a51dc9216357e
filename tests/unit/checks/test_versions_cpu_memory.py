"""The rules about releases, processors and memory: what they pass, what they say, and what they cannot decide."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from orchestrator.checks import (
    cgroup_version,
    cpu,
    cpu_microcode,
    cpu_passthrough,
    cpu_pins,
    cpu_return,
    cpu_vendor,
    hugepages,
    known_bad_feature,
    known_bad_pair,
    memory,
    memory_limit,
    memory_ratio,
    mitigations,
    nested,
    numa_nodes,
    tsc,
    vcpu_count,
    word_size,
)
from orchestrator.checks.case import Case, OnLink
from orchestrator.checks.missing_numbers import written
from orchestrator.checks.registry import LINK_RULES, MOVE_RULES
from orchestrator.checks.runner import run
from orchestrator.model.cpu import CpuAnswer, TimeStampCounter
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.hardware import Hardware, HugePages
from orchestrator.model.machine import Kernel, NumaCell, Pages
from orchestrator.model.policy import Checks, Policy
from tests.unit.checks.builders import GIB, MIB, OTHER, case, guest, host, on_link, pair, processor, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm02, ssh")
PASSED_THROUGH = Hardware(cpu_mode="host-passthrough")


def made_of(hardware: Hardware | None = None, **changes: Any) -> Guest:
    return guest(hardware=hardware or Hardware(), **changes)


def to(moving: Guest | None = None, /, **of_the_destination: Any) -> Case:
    """A guest and a destination that is special in these points."""
    return case(moving, destination=host("kvm02", **of_the_destination))


def between(source: dict[str, Any], destination: dict[str, Any]) -> OnLink:
    return on_link(source=host("kvm01", **source), destination=host("kvm02", **destination))


def releases(source: int, destination: int, software: str = "qemu_version", moving: Guest | None = None) -> Case:
    made = case(moving)
    return replace(
        made,
        source=replace(made.source, **{software: source}),
        destination=replace(made.destination, **{software: destination}),
    )


def qemu(source: int, destination: int) -> OnLink:
    return between({"qemu_version": source}, {"qemu_version": destination})


def libvirt(source: int, destination: int, hardware: Hardware) -> Case:
    return releases(source, destination, "libvirt_version", made_of(hardware))


def kernel(**changes: Any) -> Kernel:
    return replace(Kernel(release="6.12.0-1", word_bits=64, page_bytes=4096, cgroup_version=2), **changes)


def cells(*free: int, size_kib: int = 2048) -> tuple[NumaCell, ...]:
    """Memory cells of eight processors each, with that many free huge pages."""
    return tuple(
        NumaCell(
            id=number,
            memory_bytes=32 * GIB,
            free_bytes=8 * GIB,
            cpus=frozenset(range(8 * number, 8 * number + 8)),
            pages=(Pages(size_kib=4, total=10_000, free=9_000), Pages(size_kib=size_kib, total=2048, free=pages)),
        )
        for number, pages in enumerate(free)
    )


def allowing(moving: Guest, **policy: Any) -> Case:
    """A move from Intel to AMD under that policy."""
    return replace(to(moving, cpu_vendor="AMD"), settings=settings(policy=Policy(name="default", **policy)))


def ratio(bound: float, **changes: Any) -> Case:
    """A destination of 8 GiB on which 4 GiB run, 1 GiB is off and 1 GiB arrives."""
    there = (
        guest("db", uuid=OTHER, memory_bytes=4 * GIB),
        guest("off", power=Power.SHUT_OFF),
        guest("new", power=Power.INCOMING),
    )
    made = case(destination=host("kvm02", *there, memory_total_bytes=8 * GIB), **changes)
    return replace(made, settings=settings(policy=Policy(name="default", memory_ratio=bound)))


def answered(moving: Guest | None = None, /, **answers: Any) -> Case:
    moving = moving or guest()
    return case(moving, pair=pair(moving, **answers))


VMX = Hardware(cpu_features={"vmx": "require"})
EPYC = Hardware(cpu_mode="custom", cpu_model="EPYC-Rome")
INVTSC = Hardware(cpu_features={"invtsc": "require"}, tsc_hz=2_400_000_000)
NEUTRAL = Hardware(cpu_mode="custom", cpu_model="qemu64")
HUGE = made_of(Hardware(hugepages=(HugePages(size_kib=2048),)))
DEFAULT_SIZE = made_of(Hardware(hugepages=(HugePages(size_kib=None),)))
TWO_SIZES = made_of(Hardware(hugepages=(HugePages(size_kib=2048), HugePages(size_kib=1048576, nodes=frozenset({1})))))
BOUND = made_of(
    Hardware(hugepages=(HugePages(size_kib=2048),), numa_nodes={"memory": frozenset({1})}, numa_strict=True)
)
PINNED = made_of(
    Hardware(
        pins={
            "vcpupin 0": frozenset({1, 8, 9}),
            "vcpupin 1": frozenset({2}),
            "emulatorpin": frozenset({12}),
            "iothreadpin 1": frozenset({9, 11}),
        }
    )
)
CELLS = made_of(
    Hardware(numa_nodes={"memory": frozenset({0, 1}), "memnode 0": frozenset({2, 3}), "memnode 1": frozenset({0})})
)
STRICT = made_of(Hardware(numa_nodes={"memory": frozenset({1})}, numa_strict=True))
STRICT_ON_BOTH = made_of(Hardware(numa_nodes={"memory": frozenset({0, 1})}, numa_strict=True))

ROWS = {
    # versions
    "same releases": ok(known_bad_pair, on_link()),
    "Debian 12 to 13": ok(known_bad_pair, qemu(7_002_022, 10_000_003)),
    "Debian 13 to 12": ok(known_bad_pair, qemu(10_000_003, 7_002_022)),
    "to QEMU 8.0": warn(known_bad_pair, qemu(7_002_022, 8_000_002), "7.2.22", "8.0.2", "Bad config data"),
    "from QEMU 8.0": warn(known_bad_pair, qemu(8_000_000, 7_002_000), "8.0.0", "7.2.0"),
    "to QEMU 8.1": ok(known_bad_pair, qemu(7_002_022, 8_001_000)),
    "multifd": noted(known_bad_pair, qemu(7_001_000, 9_002_001), "multifd", "one stream", "7.1.0", "9.2.1"),
    "multifd the other way": ok(known_bad_pair, qemu(9_002_001, 7_001_000)),
    "feature ht": noted(known_bad_pair, qemu(9_002_004, 10_001_000), "extra features: ht"),
    "vmx to libvirt 10.1": no(
        known_bad_feature, libvirt(9_000_000, 10_001_000, VMX), "vmx", "9.0.0", "10.1.0", "10.2 or later"
    ),
    "no vmx to libvirt 10.1": ok(known_bad_feature, libvirt(9_000_000, 10_001_000, Hardware())),
    "vmx to libvirt 10.2": ok(known_bad_feature, libvirt(9_000_000, 10_002_000, VMX)),
    "vmx between new ones": ok(known_bad_feature, libvirt(9_010_000, 10_001_000, VMX)),
    "vmx disabled": ok(known_bad_feature, libvirt(9_000_000, 10_001_000, Hardware(cpu_features={"vmx": "disable"}))),
    "vmx-* switched off": warn(
        known_bad_feature,
        libvirt(11_003_000, 10_004_000, Hardware(cpu_features={"vmx-apicv-vid": "disable"})),
        "vmx-*",
        "10.5 or later",
    ),
    "vmx-* switched on": ok(
        known_bad_feature, libvirt(11_003_000, 10_004_000, Hardware(cpu_features={"vmx-apicv-vid": "require"}))
    ),
    "shares, same cgroups": ok(cgroup_version, case(made_of(Hardware(shares_set=True)))),
    "no shares, other cgroups": ok(cgroup_version, to(kernel=kernel(cgroup_version=1))),
    "no shares, cgroups unknown": ok(cgroup_version, to(kernel=WHY)),
    "shares, other cgroups": warn(
        cgroup_version,
        to(made_of(Hardware(shares_set=True)), kernel=kernel(cgroup_version=1)),
        "cgroup v2",
        "v1",
        "schedinfo web",
    ),
    "shares, cgroups unknown": undecided(cgroup_version, to(made_of(Hardware(shares_set=True)), kernel=WHY)),
    "same words": ok(word_size, on_link()),
    "32 bits": no(word_size, between({}, {"kernel": kernel(word_bits=32)}), "64 bits", "32 bits"),
    "large pages": no(word_size, between({"kernel": kernel(page_bytes=65536)}, {}), "65536 bytes", "4096 bytes"),
    "words unknown": undecided(word_size, between({}, {"kernel": WHY}), "the script broke off"),
    # CPU
    "as many CPUs": ok(vcpu_count, to(guest(vcpus=8))),
    "too many CPUs": warn(vcpu_count, to(guest(vcpus=9)), "9 virtual CPUs", "8 processors", "nodeinfo"),
    "no promise about time": ok(tsc, to(tsc=None)),
    "same frequency": ok(tsc, to(made_of(INVTSC), tsc=TimeStampCounter(frequency_hz=2_400_000_000, scaling=False))),
    "250 ppm": ok(tsc, to(made_of(INVTSC), tsc=TimeStampCounter(frequency_hz=2_400_600_000, scaling=False))),
    "beyond 250 ppm": no(
        tsc,
        to(made_of(INVTSC), tsc=TimeStampCounter(frequency_hz=2_400_600_001, scaling=False)),
        "2400.000 MHz",
        "2400.600 MHz",
        "cannot scale",
    ),
    "other frequency, scaled": ok(
        tsc, to(made_of(INVTSC), tsc=TimeStampCounter(frequency_hz=3_000_000_000, scaling=True))
    ),
    "frequency unknown": undecided(tsc, to(made_of(INVTSC), tsc=None), "does not say how fast"),
    "invtsc without a frequency": no(
        tsc,
        to(made_of(replace(INVTSC, tsc_hz=None)), tsc=None),
        "does not say at which",
        "edit web",
        "unknown frequency",
    ),
    "no inner guests": ok(nested, to(processor=WHY)),
    "inner guests possible": noted(nested, case(made_of(VMX)), "vmx", "rarely tried", "edit web"),
    "inner guests, host does not say": noted(nested, to(made_of(VMX), processor=processor(nested=None))),
    "a model that has svm": no(
        nested, to(made_of(EPYC), processor=processor(nested=False)), "the CPU feature svm", "kvm_amd nested=1"
    ),
    "a model without its svm": ok(
        nested,
        to(made_of(replace(EPYC, cpu_features={"svm": "disable"})), processor=processor(nested=False)),
    ),
    "a model that has svm, which the source does not hand on": ok(
        nested,
        replace(
            to(made_of(EPYC), processor=processor(nested=False)),
            source=host("kvm01", processor=processor(nested=False)),
        ),
    ),
    "inner guests, source does not say": no(
        nested,
        replace(to(made_of(VMX), processor=processor(nested=False)), source=host("kvm01", processor=WHY)),
        "vmx",
    ),
    "inner guests impossible": no(
        nested,
        to(made_of(Hardware(cpu_features={"svm": "require"})), processor=processor(nested=False)),
        "svm",
        "kvm_amd nested=1",
        "modprobe",
    ),
    "svm disabled": ok(nested, case(made_of(Hardware(cpu_features={"svm": "disable"})))),
    "emulated svm": ok(nested, case(made_of(VMX, virt_type="qemu"))),
    "inner guests, unknown": undecided(nested, to(made_of(VMX), processor=WHY), "the script broke off"),
    "one vendor": ok(cpu_vendor, case()),
    "a vendor unknown": ok(cpu_vendor, to(cpu_vendor="")),
    "two vendors, emulated": ok(cpu_vendor, to(guest(virt_type="qemu"), cpu_vendor="AMD")),
    "two vendors": no(
        cpu_vendor,
        to(made_of(Hardware(cpu_mode="custom", cpu_model="Skylake-Server")), cpu_vendor="AMD"),
        "Skylake-Server",
        "Intel (kvm01)",
        "AMD (kvm02)",
        "qemu64",
    ),
    "neutral, not allowed": no(cpu_vendor, to(made_of(NEUTRAL), cpu_vendor="AMD"), "cross_vendor: true"),
    "neutral, allowed": warn(cpu_vendor, allowing(made_of(NEUTRAL), cross_vendor=True), "nobody promises"),
    "default CPU, allowed": warn(cpu_vendor, allowing(guest(), cross_vendor=True), "the default CPU"),
    "x86-64-v2, allowed": warn(
        cpu_vendor, allowing(made_of(replace(NEUTRAL, cpu_model="x86-64-v2")), cross_vendor=True)
    ),
    "of a vendor, allowed": no(cpu_vendor, allowing(made_of(replace(NEUTRAL, cpu_vendor="Intel")), cross_vendor=True)),
    "passed through, allowed": no(cpu_vendor, allowing(made_of(PASSED_THROUGH), cross_vendor=True)),
    "neutral with vmx, allowed": no(
        cpu_vendor, allowing(made_of(replace(NEUTRAL, cpu_features={"vmx": "require"})), cross_vendor=True)
    ),
    "neutral with a frequency": no(cpu_vendor, allowing(made_of(replace(NEUTRAL, tsc_hz=1)), cross_vendor=True)),
    "neutral with invtsc": no(
        cpu_vendor, allowing(made_of(replace(NEUTRAL, cpu_features={"invtsc": "require"})), cross_vendor=True)
    ),
    "passed through to the same": ok(cpu_passthrough, case(made_of(PASSED_THROUGH))),
    "passed through to another": no(
        cpu_passthrough,
        to(
            made_of(PASSED_THROUGH),
            processor=processor(stepping="7", microcode="0x5003604"),
            kernel=kernel(release="6.1.0-38"),
            qemu_version=7_002_022,
        ),
        "stepping 4 and 7",
        "microcode 0x2007006 and 0x5003604",
        "kernel 6.12.0-1 and 6.1.0-38",
        "QEMU 10.0.3 and 7.2.22",
    ),
    "maximum to another model": no(
        cpu_passthrough,
        to(made_of(Hardware(cpu_mode="maximum")), processor=processor(model="106")),
        "mode maximum",
        "model 85 and 106",
    ),
    "maximum, emulated": ok(
        cpu_passthrough,
        to(made_of(Hardware(cpu_mode="maximum"), virt_type="qemu"), processor=processor(model="106")),
    ),
    "not passed through": ok(cpu_passthrough, to(processor=WHY, kernel=WHY)),
    "passed through, unknown": undecided(
        cpu_passthrough, to(made_of(PASSED_THROUGH), processor=WHY), severity="blocker"
    ),
    "passed through, kernel unknown": undecided(
        cpu_passthrough, to(made_of(PASSED_THROUGH), kernel=WHY), severity="blocker"
    ),
    "passed through, the processor here unknown": undecided(
        cpu_passthrough,
        replace(case(made_of(PASSED_THROUGH)), source=host("kvm01", processor=WHY)),
        severity="blocker",
    ),
    "passed through, other flags": no(
        cpu_passthrough,
        to(made_of(PASSED_THROUGH), processor=processor(flags=frozenset({"sse2", "avx", "pku"}))),
        "differ: CPU flags only on kvm01: avx2; CPU flags only on kvm02: pku",
    ),
    "passed through, many flags missing": no(
        cpu_passthrough,
        replace(
            case(made_of(PASSED_THROUGH)),
            source=host("kvm01", processor=processor(flags=frozenset(f"flag{n:02}" for n in range(14)))),
            destination=host("kvm02", processor=processor(flags=frozenset())),
        ),
        "only on kvm01: flag00,",
        "flag11 and 2 more",
    ),
    "same microcode": ok(cpu_microcode, on_link()),
    "other microcode": noted(
        cpu_microcode, between({}, {"processor": processor(microcode="0x2006e05")}), "0x2007006 and 0x2006e05"
    ),
    "other processor": ok(cpu_microcode, between({}, {"processor": processor(microcode="0x1", model="79")})),
    "microcode not told": ok(cpu_microcode, between({}, {"processor": processor(microcode="")})),
    "microcode unknown": undecided(cpu_microcode, between({}, {"processor": WHY})),
    "as protected": ok(mitigations, on_link()),
    "open there": warn(
        mitigations,
        between(
            {
                "processor": processor(
                    vulnerabilities={"meltdown": "Not affected", "mds": "Mitigation: Clear CPU buffers"}
                )
            },
            {"processor": processor(vulnerabilities={"meltdown": "Vulnerable", "mds": "Vulnerable: no microcode"})},
        ),
        "mds (Mitigation: Clear CPU buffers on kvm01, Vulnerable: no microcode on kvm02)",
        "meltdown (Not affected on kvm01",
        "mitigations=off",
    ),
    "open at both": ok(
        mitigations,
        between(
            {"processor": processor(vulnerabilities={"mds": "Vulnerable"})},
            {"processor": processor(vulnerabilities={"mds": "Vulnerable; SMT vulnerable"})},
        ),
    ),
    "otherwise mitigated": ok(
        mitigations,
        between({}, {"processor": processor(vulnerabilities={"meltdown": "Mitigation: other", "new": "Vulnerable"})}),
    ),
    "mitigations unknown": undecided(mitigations, between({}, {"processor": WHY})),
    "CPU lacks features": no(
        cpu,
        answered(cpu=CpuAnswer(offered=False, detail="long text", missing=("avx512f", "vaes"))),
        "lacks avx512f, vaes",
    ),
    "CPU offered": ok(cpu, answered()),
    "passed through: not this rule's": ok(
        cpu, answered(made_of(PASSED_THROUGH), cpu=CpuAnswer(offered=True, compared=False, detail="host-passthrough"))
    ),
    "maximum, emulated: nothing to compare": warn(
        cpu,
        answered(
            made_of(Hardware(cpu_mode="maximum"), virt_type="qemu"),
            cpu=CpuAnswer(offered=True, compared=False, detail="mode maximum"),
        ),
        "mode maximum",
    ),
    "CPU unknown, and that is a blocker": no(
        cpu,
        replace(
            answered(cpu=WHY),
            settings=settings(policy=Policy(name="default", checks=Checks(unknown=Severity.BLOCKER))),
        ),
        "could not be decided",
    ),
    "could come back": ok(cpu_return, case()),
    "could not come back": warn(
        cpu_return,
        answered(cpu_back=CpuAnswer(offered=False, missing=("vaes",))),
        "After its next start on kvm02",
        "kvm01 (Skylake-Server) does not offer: vaes",
        "ferry cpu baseline",
    ),
    "coming back, features not named": warn(cpu_return, answered(cpu_back=CpuAnswer(offered=False, detail="vendor"))),
    "coming back, nothing compared": warn(
        cpu_return,
        answered(cpu_back=CpuAnswer(offered=True, compared=False, detail="no host-model CPU")),
        "Nothing proves that kvm01 (Skylake-Server)",
        "start on kvm02",
        "no host-model CPU",
        "edit web",
    ),
    "coming back, passed through": ok(
        cpu_return, answered(made_of(PASSED_THROUGH), cpu_back=CpuAnswer(offered=True, compared=False))
    ),
    "coming back unknown": undecided(cpu_return, answered(cpu_back=WHY)),
    # memory
    "no huge pages": ok(hugepages, to(numa=WHY)),
    "enough huge pages": ok(hugepages, to(HUGE, numa=cells(256, 256))),
    "one huge page short": no(
        hugepages,
        to(HUGE, numa=cells(256, 255)),
        "1024 MiB",
        "1022 MiB free in pages of 2048 KiB",
        "--pagesize 2048KiB --pagecount 1 --cellno 0 --add",
    ),
    "no page of that size": no(hugepages, to(HUGE, numa=cells(1, size_kib=1048576)), "0 MiB free in pages of 2048 KiB"),
    "default size": ok(hugepages, to(DEFAULT_SIZE, numa=cells(512))),
    "default size, too few": no(hugepages, to(DEFAULT_SIZE, numa=cells(511)), "the default size"),
    "bound to a cell with enough": ok(hugepages, to(BOUND, numa=cells(0, 512))),
    "bound to a cell with too little": no(
        hugepages, to(BOUND, numa=cells(2048, 511)), "the cells it is bound to (1)", "1022 MiB", "--cellno 1"
    ),
    "bound to a cell that is not there": no(hugepages, to(BOUND, numa=cells(2048)), "none of which is there"),
    "a cell preferred only": ok(
        hugepages, to(replace(BOUND, hardware=replace(BOUND.hardware, numa_strict=False)), numa=cells(512, 0))
    ),
    "strict about no cell": ok(
        hugepages, to(replace(BOUND, hardware=replace(BOUND.hardware, numa_nodes={})), numa=cells(512))
    ),
    "default size and another": no(
        hugepages,
        to(made_of(Hardware(hugepages=(HugePages(size_kib=2048), HugePages(size_kib=None)))), numa=cells(1)),
        "the default size, 2 MiB free in pages of 2048 KiB",
    ),
    "two sizes, one missing": no(hugepages, to(TWO_SIZES, numa=cells(2048)), "0 MiB free in pages of 1048576 KiB"),
    "some cells in huge pages, perhaps too few": warn(
        hugepages,
        to(made_of(Hardware(hugepages=(HugePages(size_kib=2048, nodes=frozenset({0})),))), numa=cells(256)),
        "how much of it lies in them is not known",
    ),
    "ordinary pages by name": ok(
        hugepages, to(made_of(Hardware(hugepages=(HugePages(size_kib=4, nodes=frozenset({0})),))), numa=cells(0))
    ),
    "huge pages unknown": undecided(hugepages, to(HUGE, numa=WHY)),
    "huge pages are not free memory": ok(memory, to(HUGE, memory_free_bytes=2 * GIB)),
    "partly in huge pages": no(
        memory,
        to(
            made_of(Hardware(hugepages=(HugePages(size_kib=2048, nodes=frozenset({0})),))),
            memory_free_bytes=2 * GIB,
        ),
        "needs 1156 MiB",
    ),
    "huge pages need their overhead": no(
        memory,
        to(HUGE, memory_free_bytes=GIB + 131 * MIB),
        "needs 132 MiB",
        "(0 MiB and an assumed overhead of 132 MiB)",
    ),
    "not bound": ok(numa_nodes, to(numa=WHY)),
    "cells there": ok(numa_nodes, to(CELLS, numa=cells(0, 0, 0, 0))),
    "cells missing": no(
        numa_nodes, to(CELLS, numa=cells(0)), "memory to 1; memnode 0 to 2-3;", "has the cells 0,", "edit web"
    ),
    "strictly bound, room": ok(numa_nodes, to(STRICT, numa=cells(0, 0))),
    "strictly bound, just no room": warn(
        numa_nodes,
        to(replace(STRICT, memory_bytes=8 * GIB), numa=cells(0, 0)),
        "needs 8352 MiB",
        "the memory cells 1, of which kvm02 has 8192 MiB free",
        "freecell --all",
    ),
    "strictly bound to both": ok(numa_nodes, to(replace(STRICT_ON_BOTH, memory_bytes=8 * GIB), numa=cells(0, 0))),
    "strictly bound, memory in huge pages": ok(
        numa_nodes,
        to(
            replace(STRICT, memory_bytes=8 * GIB, hardware=replace(STRICT.hardware, hugepages=HUGE.hardware.hugepages)),
            numa=cells(0, 0),
        ),
    ),
    "cells preferred, no room": ok(
        numa_nodes,
        to(
            replace(STRICT, memory_bytes=8 * GIB, hardware=replace(STRICT.hardware, numa_strict=False)),
            numa=cells(0, 0),
        ),
    ),
    "single cells bound, no room": ok(
        numa_nodes,
        to(
            made_of(Hardware(numa_nodes={"memnode 0": frozenset({1})}, numa_strict=True), memory_bytes=8 * GIB),
            numa=cells(0, 0),
        ),
    ),
    "strictly bound to what is not there": no(numa_nodes, to(STRICT, numa=cells(0)), "memory to 1;"),
    "cells unknown": undecided(numa_nodes, to(CELLS, numa=WHY)),
    "not pinned": ok(cpu_pins, to(numa=WHY)),
    "processors there": ok(cpu_pins, to(PINNED, numa=cells(0, 0))),
    "processors missing": no(
        cpu_pins,
        to(PINNED, numa=cells(0)),
        "vcpupin 0 to 8-9; emulatorpin to 12; iothreadpin 1 to 9,11;",
        "has 0-7",
        "vcpupin web",
    ),
    "processors unknown": undecided(cpu_pins, to(PINNED, numa=WHY)),
    "no ratio": ok(memory_ratio, to(memory_total_bytes=1)),
    "within the ratio": ok(memory_ratio, ratio(0.75, incoming_bytes=GIB)),
    "beyond the ratio": no(
        memory_ratio,
        ratio(0.75, incoming_bytes=GIB + 1),
        "would have 6144 MiB",
        "4096 MiB run there, 1024 MiB are on their way",
        "0.75 times the 8192 MiB",
    ),
    "no limit": ok(memory_limit, case()),
    "limit with room": ok(memory_limit, case(made_of(Hardware(hard_limit_bytes=GIB + 128 * MIB, locked=True)))),
    "limit without room": warn(
        memory_limit,
        case(made_of(Hardware(hard_limit_bytes=GIB + 128 * MIB - 1))),
        "1151 MiB for 1024 MiB",
        f"memtune web --hard-limit {2 * (1024 + 128) * 1024}",
    ),
    "locked without a limit": warn(memory_limit, case(made_of(Hardware(locked=True))), "locked", "memtune web"),
}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_every_rule_is_shown_to_pass_to_fail_and_to_be_undecided() -> None:
    shown = proven(ROWS.values())
    for row in ROWS.values():
        wanted = {"pass", "fail"} | ({"unknown"} if row.rule.needs and row.rule is not cpu.RULE else set())
        assert wanted <= shown[row.rule.name], row.rule.name


@pytest.mark.parametrize("older_first", [True, False])
def test_a_mixed_pair_of_healthy_hosts_is_left_in_peace(older_first: bool) -> None:
    old = {"libvirt_version": 9_000_000, "qemu_version": 7_002_022, "kernel": kernel(release="6.1.0-38")}
    ends: tuple[dict[str, Any], dict[str, Any]] = (old, {}) if older_first else ({}, old)
    link = between(*ends)
    moving = made_of(Hardware(cpu_mode="custom", cpu_model="qemu64"), virt_type="qemu")
    move = replace(case(moving), source=link.source, destination=link.destination)
    found = (*run(LINK_RULES, link), *run(MOVE_RULES, move))
    assert {finding.check for finding in found} <= {"version-direction"}


def test_numbers_are_written_as_libvirt_writes_them() -> None:
    assert written(frozenset({0, 1, 2, 5, 7, 8})) == "0-2,5,7-8"
    assert written(frozenset()) == "none"


def test_commands_to_paste_are_whole() -> None:
    finding = run((nested.RULE,), to(made_of(VMX), processor=processor(nested=False)))[0]
    assert shlex.split(finding.fix.rsplit(": ", 1)[1]) == [
        "ssh",
        "root@kvm02",
        "modprobe -r kvm_intel && modprobe kvm_intel",
    ]
