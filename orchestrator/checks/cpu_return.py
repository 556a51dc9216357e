"""The guest could come home even after it has been started anew at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.guest_cpu import passed_through
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: Case) -> Iterator[Found]:
    answer = known(case.pair.cpu_back)
    if answer.offered and not answer.compared:
        yield from _unproven(case, answer.detail)
    if answer.offered:
        return
    lacks = ", ".join(answer.missing) or answer.detail or "which of its features could not be said"
    yield warning(
        f"After its next start on {case.to} ({case.destination.cpu_model}) {case.guest.name} would have a CPU that "
        f"{case.source.name} ({case.source.cpu_model}) does not offer: {lacks}. It could not come back then",
        _other_cpu(case),
    )


def _unproven(case: Case, why: str) -> Iterator[Found]:
    if passed_through(case.guest):  # that is cpu-passthrough's, which compares both processors
        return
    yield warning(
        f"Nothing proves that {case.source.name} ({case.source.cpu_model}) offers the CPU that {case.guest.name} would "
        f"have after its next start on {case.to} ({case.destination.cpu_model}): {why}",
        _other_cpu(case),
    )


def _other_cpu(case: Case) -> str:
    return "Give it a CPU that both hosts offer, from its next start on (ferry cpu baseline computes one): " + virsh(
        case.source_entry, "edit", called(case.guest)
    )


RULE = Rule(
    name="cpu-return",
    title="The source offers the CPU that the guest would have after a start at the destination.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    needs=frozenset({Topic.CPU_BACK, Topic.CPU_OFFERS}),  # the way back is asked with what the destination offers
    examine=_examine,
)
