"""Guests that the policy wants apart are not brought together."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, BetweenHosts
from orchestrator.checks.remedy import called
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Power
from orchestrator.model.policy import Affinity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for rule in case.policy.affinity:
        if not rule.apart or not rule.concerns(case.guest.name):
            continue
        there = concerned(rule, case, case.destination)
        coming = sorted(name for name in case.incoming_names if rule.concerns(name))
        if there or coming:
            said = [f"{word} {', '.join(names)}" for word, names in (("has", there), ("receives", coming)) if names]
            saw = f"{case.to} {' and '.join(said)}, and the policy {case.policy.name} wants them {rule}"
            fix = f"Take another destination: ferry migrate {called(case.guest)}"
            yield blocker(saw, fix) if rule.hard else warning(saw, fix)


def concerned(rule: Affinity, case: BetweenHosts, host: HostFacts) -> list[str]:
    """The other guests of the rule that run on that host or arrive there."""
    there = (g for g in host.guests if g.power in LIVE or g.power is Power.INCOMING)
    return sorted(g.name for g in there if g.uuid != case.guest.uuid and rule.concerns(g.name))


RULE = Rule(
    name="affinity",
    title="Guests that the policy wants apart are not brought together.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
