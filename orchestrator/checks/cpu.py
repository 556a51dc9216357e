"""The destination can offer the guest the CPU it is running on."""

from collections.abc import Iterator

from orchestrator.checks.asked_path import ask_again
from orchestrator.checks.case import Case
from orchestrator.checks.guest_cpu import passed_through
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    answer, name = case.pair.cpu, f"{case.guest.uuid}.xml"
    compare = (
        f"{virsh(case.source_entry, 'dumpxml', called(case.guest))} > {name}; "
        f"{virsh(case.destination_entry, 'hypervisor-cpu-compare', '--error', name)}"
    )
    if isinstance(answer, Unknown):
        # libvirt compares again before the first page travels, and refuses then.
        yield Found(
            saw=f"Whether {case.to} offers the CPU of {case.guest.name} could not be decided: {answer.why}",
            fix=ask_again(case, answer, compare),
            severity=case.policy.checks.unknown,
        )
    elif answer.offered and not answer.compared and not passed_through(case.guest):  # that is cpu-passthrough's
        yield warning(
            f"Nothing proves that {case.to} offers the CPU of {case.guest.name}: {answer.detail}",
            f"Move it only to a host with the same processor, kernel and QEMU. To see its CPU: {compare}",
        )
    elif not answer.offered:
        reason = f"it lacks {', '.join(answer.missing)}" if answer.missing else answer.detail
        yield blocker(
            f"{case.to} ({case.destination.cpu_model}) does not offer the CPU that {case.guest.name} runs on"
            f"{': ' if reason else ''}{reason}",
            f"Take another destination, or give the guest a CPU model that both have, from its next start on. "
            f"To see what is missing: {compare}",
        )


RULE = Rule(
    name="cpu",
    title="The destination offers the guest's CPU.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.CPU}),
    examine=_examine,
)
