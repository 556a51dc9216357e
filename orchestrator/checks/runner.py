"""Run rules over a case: one that breaks or lacks a fact becomes a finding of its own and spoils no other."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from orchestrator.catalogue import CATALOGUE
from orchestrator.checks.case import Looking
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, UndecidedError, blocker
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding, Severity, Waived
from orchestrator.model.settings import Settings

Seen = TypeVar("Seen", bound=Looking)

_ORDER = (Severity.BLOCKER, Severity.WARNING, Severity.NOTE)


def run(rules: Sequence[Rule[Seen]], case: Seen) -> tuple[Finding, ...]:
    """Every finding of every rule: blockers first, otherwise in the order of the rules."""
    found = [_counted(rule, finding, case) for rule in rules for finding in _examined(rule, case)]
    return worst_first(found)


def worst_first(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Blockers before warnings before notes, otherwise as they came."""
    return tuple(sorted(findings, key=lambda finding: _ORDER.index(finding.severity)))


def finding(rule: Rule[Seen], found: Found, case: Seen) -> Finding:
    """A finding of that rule about what the case is about."""
    guest, source, destination = case.subject
    return Finding(
        check=rule.name,
        severity=found.severity or rule.severity,
        guest=guest,
        source=source,
        destination=destination,
        saw=found.saw,
        fix=found.fix,
        exit_code=found.exit_code,
        detail=found.detail,
        scope=rule.scope,
        remedy=found.remedy,
        network=case.network if rule.of_network else "",
    )


def _examined(rule: Rule[Seen], case: Seen) -> Iterator[Finding]:
    try:
        for found in rule.examine(case):
            yield finding(rule, found, case)
    except UndecidedError as lacking:
        yield _undecided(rule, lacking.unknown, case)
    except Exception as broken:  # whatever it is: what a check could not decide must not pass as decided
        said = f"This check broke off and decided nothing ({type(broken).__name__}: {broken}). That is a bug in ferry."
        yield finding(rule, blocker(said, f"Report it. What the check is for: ferry explain {rule.name}"), case)


def _undecided(rule: Rule[Seen], unknown: Unknown, case: Seen) -> Finding:
    reason = f"{unknown.leg}: {unknown.why}" if unknown.leg else unknown.why
    found = Found(
        saw=f"{rule.title} That could not be decided: {reason}",
        fix=way_out(unknown, case.settings),
        severity=rule.undecided or case.policy.checks.unknown,
    )
    return replace(finding(rule, found, case), undecided=reason)


def way_out(unknown: Unknown, settings: Settings) -> str:
    """How the missing fact can be had: by hand on the hosts that its leg names, if it names any."""
    if "sudoers" in unknown.why:
        return "Install the list on that host: docs/how-to/non-root-access.md"
    named = [entry for name, entry in settings.hosts.items() if name in unknown.leg.replace(",", " ").split()]
    if named and unknown.code == "host.path":
        looks = "; ".join(on(entry, "ip", "-brief", "address") for entry in named)
        said = "See cable, switch port and address at both ends, and that ping is let through"
        return f"{said}: {looks}   (ferry explain {unknown.code})"
    if not named:
        return f"{CATALOGUE[unknown.code].fix} (ferry explain {unknown.code})"
    return f"Try it by hand: {'; '.join(on(entry, 'true') for entry in named)}   (ferry explain {unknown.code})"


def _counted(rule: Rule[Seen], one: Finding, case: Seen) -> Finding:
    """The finding as the policy counts it: another severity for this check, or waived for a while."""
    checks = case.policy.checks
    # An alarm is not a matter of taste, and neither is what may cost a guest its data.
    if not rule.waivable or one.exit_code == _ALARM:
        return one
    if one.undecided is None and rule.name in checks.severity:
        one = replace(one, severity=checks.severity[rule.name])
    if one.severity is Severity.NOTE:
        return one
    hosts = tuple(host for host in (one.source, one.destination) if host is not None)
    for waiver in checks.waive:
        if waiver.covers(rule.name, one.guest, hosts, case.today):
            waived = Waived(reason=waiver.reason, until=waiver.until, severity=one.severity)
            return replace(one, severity=Severity.NOTE, waived=waived)
    return one


_ALARM = 7
