"""The destination has the processors that the guest's threads are pinned to."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.missing_numbers import missing, written
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    pins = case.guest.hardware.pins
    if not pins:
        return
    there = frozenset(cpu for cell in known(case.destination.numa) for cpu in cell.cpus)
    lacking = missing(pins, there)
    if lacking:
        word = called(case.guest)
        yield blocker(
            f"{case.guest.name} is pinned to processors that {case.to} does not have: {lacking}; {case.to} has "
            f"{written(there)}, and ferry does not rewrite pins",
            f"Take a destination with these processors, or pin it to others before the move: "
            f"{virsh(case.source_entry, 'vcpupin', word)}; {virsh(case.source_entry, 'emulatorpin', word)}; "
            f"{virsh(case.source_entry, 'iothreadinfo', word)}",
        )


RULE = Rule(
    name="cpu-pins",
    title="The destination has the processors that the guest is pinned to.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.NUMA}),
    examine=_examine,
)
