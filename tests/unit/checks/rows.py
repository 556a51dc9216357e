"""A row of a table of rules: a rule, what it looks at, and what it must say of it."""

from typing import NamedTuple

from orchestrator.checks.case import Looking
from orchestrator.checks.rule import Rule
from orchestrator.checks.runner import run


class Row(NamedTuple):
    """severity None: the rule is content. words: all of them appear in what was seen or in the fix."""

    rule: Rule
    case: Looking
    severity: str | None
    words: tuple[str, ...] = ()
    exit_code: int = 4
    undecided: bool = False


def ok(rule, given) -> Row:
    """The rule finds nothing."""
    return Row(rule.RULE, given, None)


def no(rule, given, *words, exit_code=4) -> Row:
    """The rule refuses."""
    return Row(rule.RULE, given, "blocker", words, exit_code)


def warn(rule, given, *words) -> Row:
    """The rule warns."""
    return Row(rule.RULE, given, "warning", words)


def noted(rule, given, *words) -> Row:
    """The rule has something worth knowing."""
    return Row(rule.RULE, given, "note", words)


def undecided(rule, given, *words, severity="warning") -> Row:
    """The rule lacks a fact."""
    return Row(rule.RULE, given, severity, words, undecided=True)


def hold(row: Row) -> None:
    """Run the rule and compare: one finding of that severity, or none."""
    found = run((row.rule,), row.case)
    assert [f.severity.value for f in found] == ([] if row.severity is None else [row.severity]), found
    for finding in found:
        assert finding.check == row.rule.name
        assert (finding.guest, finding.source, finding.destination) == row.case.subject
        assert finding.fix
        assert (finding.undecided is not None) is row.undecided, finding
        if row.severity == "blocker":
            assert finding.exit_code == row.exit_code
        said = " ".join((finding.saw, finding.fix, *finding.detail))
        assert [word for word in row.words if word not in said] == [], said


def proven(rows) -> dict[str, set[str]]:
    """Which outcomes the rows show of each rule: pass, fail, unknown."""
    seen: dict[str, set[str]] = {}
    for row in rows:
        kind = "unknown" if row.undecided else "pass" if row.severity is None else "fail"
        seen.setdefault(row.rule.name, set()).add(kind)
    return seen
