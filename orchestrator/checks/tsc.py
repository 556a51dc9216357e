"""The guest's time stamp counter goes on at the same speed."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.guest_cpu import has_invariant_tsc
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.cpu import TimeStampCounter
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity

_TOLERANCE = 250e-6  # what libvirt itself accepts: clocks of one make differ by less


def _examine(case: BetweenHosts) -> Iterator[Found]:
    wanted = case.guest.hardware.tsc_hz
    if wanted is not None:
        yield from _speed(case, wanted)
    elif has_invariant_tsc(case.guest.hardware):
        yield blocker(
            f"{case.guest.name} has the CPU feature invtsc, but its definition does not say at which frequency; "
            f"libvirt refuses to move it ({case.source.name} runs at {_said(case.source.tsc)}, {case.to} at "
            f"{_said(case.destination.tsc)})",
            "Give it <timer name='tsc' frequency='…'/> below <clock>, or take invtsc away, from its next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )


def _speed(case: BetweenHosts, wanted: int) -> Iterator[Found]:
    there = known(case.destination.tsc or _silent(case))
    if there.scaling or abs(there.frequency_hz - wanted) <= wanted * _TOLERANCE:
        return
    yield blocker(
        f"{case.guest.name} counts time at {_megahertz(wanted)}; {case.to} runs at {_megahertz(there.frequency_hz)} "
        f"and cannot scale it ({case.source.name} runs at {_said(case.source.tsc)})",
        f"Take a destination of the same frequency or with TSC scaling: {virsh(case.destination_entry, 'capabilities')}"
        f"   or take the frequency out of <timer name='tsc'>, from its next start on: "
        + virsh(case.source_entry, "edit", called(case.guest)),
    )


def _silent(case: BetweenHosts) -> Unknown:
    return Unknown(why=f"libvirt of {case.to} does not say how fast its time stamp counter runs")


def _said(counter: TimeStampCounter | None) -> str:
    return _megahertz(counter.frequency_hz) if counter else "an unknown frequency"


def _megahertz(hertz: int) -> str:
    return f"{hertz / 1e6:.3f} MHz"


RULE = Rule(
    name="tsc",
    title="The guest's time stamp counter goes on at the same speed.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
