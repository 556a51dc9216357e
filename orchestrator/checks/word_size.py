"""The kernels of both hosts count with the same words and pages."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: OnLink) -> Iterator[Found]:
    here, there = known(case.source.kernel), known(case.destination.kernel)
    if (here.word_bits, here.page_bytes) == (there.word_bits, there.page_bytes):
        return
    yield blocker(
        f"{case.source.name} runs a kernel of {here.word_bits} bits with pages of {here.page_bytes} bytes; {case.to} "
        f"one of {there.word_bits} bits with pages of {there.page_bytes} bytes",
        f"Take another destination, or boot {case.to} with a kernel like the source's: "
        + on(case.destination_entry, "getconf", "-a"),
    )


RULE = Rule(
    name="word-size",
    title="Both hosts have the same word and page size.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.KERNEL}),
    examine=_examine,
)
