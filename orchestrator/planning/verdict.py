"""The exit code that a plan's findings ask for."""

from collections.abc import Iterable

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.plan import Plan

# A guest that needs a person is said before a silent host, and that before what is merely refused.
_PRECEDENCE = (7, 6, 5, 4)


def exit_code(plan: Plan) -> int:
    """0 when nothing blocks any guest of the plan."""
    return code_of(plan.findings)


def code_of(findings: Iterable[Finding]) -> int:
    """0 when there is no blocker among them."""
    asked = {finding.exit_code for finding in findings if finding.severity is Severity.BLOCKER}
    return next((code for code in _PRECEDENCE if code in asked), 4 if asked else 0)
