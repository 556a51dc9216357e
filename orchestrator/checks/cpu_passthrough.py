"""A guest that sees its host's very processor finds the same one at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.guest_cpu import passed_through
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_NAMED = 12  # another kernel may show or hide dozens of flags


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if not passed_through(case.guest):
        return
    here, there = _made_of(case.source), _made_of(case.destination)
    differing = [f"{what} {here[what]} and {there[what]}" for what in here if here[what] != there[what]]
    differing += _flags(case)
    if differing:
        yield blocker(
            f"{case.guest.name} has a CPU of mode {case.guest.hardware.cpu_mode}, which libvirt compares with nothing; "
            f"{case.source.name} and {case.to} differ: {'; '.join(differing)}",
            "Take a destination with the same processor, microcode, kernel and QEMU, or give the guest a named CPU "
            "model or host-model, from its next start on: " + virsh(case.source_entry, "edit", called(case.guest)),
        )


def _flags(case: BetweenHosts) -> Iterator[str]:
    """What firmware, kernel or hypervisor takes from one of two equal processors."""
    here, there = known(case.source.processor).flags, known(case.destination.processor).flags
    for host, only in ((case.source, here - there), (case.destination, there - here)):
        if only:
            more = f" and {len(only) - _NAMED} more" if len(only) > _NAMED else ""
            yield f"CPU flags only on {host.name}: {', '.join(sorted(only)[:_NAMED])}{more}"


def _made_of(host: HostFacts) -> dict[str, str]:
    processor, kernel = known(host.processor), known(host.kernel)
    return {
        "vendor": processor.vendor,
        "family": processor.family,
        "model": processor.model,
        "stepping": processor.stepping,
        "microcode": processor.microcode,
        "kernel": kernel.release,
        "QEMU": version(host.qemu_version),
    }


RULE = Rule(
    name="cpu-passthrough",
    title="A guest that sees its host's processor finds the same one.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PROCESSOR, Topic.KERNEL}),
    examine=_examine,
    undecided=Severity.BLOCKER,  # nothing else compares these processors
)
