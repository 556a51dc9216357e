"""Equal processors of both hosts run the same microcode."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.machine import Processor
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.processor), known(case.destination.processor)
    if _make(here) != _make(there) or not (here.microcode and there.microcode) or here.microcode == there.microcode:
        return
    yield note(
        f"{case.source.name} and {case.to} have the same processor ({here.model_name}) with different microcode: "
        f"{here.microcode} and {there.microcode}. A microcode can take CPU features away",
        "Install the same microcode package on both and reboot the older one when it is empty: "
        + on(case.destination_entry, "grep", "-m1", "microcode", "/proc/cpuinfo"),
    )


def _make(processor: Processor) -> tuple[str, str, str, str]:
    return processor.vendor, processor.family, processor.model, processor.stepping


RULE = Rule(
    name="cpu-microcode",
    title="Equal processors run the same microcode.",
    scope=Scope.LINK,
    severity=Severity.NOTE,
    needs=frozenset({Topic.PROCESSOR}),
    examine=_examine,
)
