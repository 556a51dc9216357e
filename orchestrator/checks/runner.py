"""Run rules over a case: one that breaks becomes a finding of its own and spoils no other."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from orchestrator.checks.case import AtSource
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding, Severity

Seen = TypeVar("Seen", bound=AtSource)

_ORDER = (Severity.BLOCKER, Severity.WARNING, Severity.NOTE)


def run(rules: Sequence[Rule[Seen]], case: Seen) -> tuple[Finding, ...]:
    """Every finding of every rule: blockers first, otherwise in the order of the rules."""
    found = [finding for rule in rules for finding in _examined(rule, case)]
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def _examined(rule: Rule[Seen], case: Seen) -> Iterator[Finding]:
    try:
        yield from rule.examine(case)
    except Exception as broken:  # whatever it is: what a check could not decide must not pass as decided
        yield case.blocker(
            rule.name,
            f"This check broke off and decided nothing ({type(broken).__name__}: {broken}). That is a bug in ferry.",
            f"Report it; until then another destination may do: ferry check {case.guest.uuid}",
        )
