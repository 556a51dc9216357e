"""Which exit code wins."""

import pytest

from orchestrator.model.finding import Finding, Severity
from orchestrator.model.plan import Plan
from orchestrator.planning.verdict import exit_code


def a_plan(*asked: tuple[Severity, int]) -> Plan:
    findings = tuple(
        Finding(check="c", severity=s, guest="g", source=None, destination=None, saw="", fix="", exit_code=code)
        for s, code in asked
    )
    return Plan(moves=(), findings=findings)


B, W = Severity.BLOCKER, Severity.WARNING


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ((), 0),
        (((W, 4), (W, 7)), 0),
        (((B, 4), (W, 7)), 4),
        (((B, 4), (B, 5)), 5),
        (((B, 4), (B, 6), (B, 5)), 6),
        (((B, 6), (B, 7), (B, 4)), 7),
        (((B, 99),), 4),
    ],
)
def test_precedence(asked, code: int) -> None:
    assert exit_code(a_plan(*asked)) == code
