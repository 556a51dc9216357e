"""All hosts looked at side by side, without any guest in mind."""

from dataclasses import dataclass
from datetime import date

from orchestrator.checks import host_reachable
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.finding import Finding, Scope, Severity
from orchestrator.model.settings import Settings
from orchestrator.planning.appraisal import Outlook
from orchestrator.planning.outliers import Trait, traits


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """traits: what the hosts have in common, and who differs. findings: of every host and every way between two."""

    traits: tuple[Trait, ...]
    findings: tuple[Finding, ...]


def audit(settings: Settings, facts: Facts, today: date) -> Audit:
    """Look at every host that answered and at every way that was looked at; a silent host is a finding."""
    outlook = Outlook(settings=settings, facts=facts, today=today)
    answering = sorted(facts.answering())
    found = [silence(name, said) for name, said in sorted(facts.hosts.items()) if isinstance(said, Unknown)]
    for host in answering:
        found += outlook.host(host)
    for here in answering:
        for there in answering:
            if here != there:
                found += outlook.link(here, there)
                if (here, there) in facts.links:
                    found += outlook.link(here, there, tried=True)
    return Audit(traits=traits(facts, settings), findings=tuple(dict.fromkeys(found)))


def silence(name: str, said: Unknown) -> Finding:
    """A host that does not answer."""
    leg = f" ({said.leg})" if said.leg else ""
    return Finding(
        check=host_reachable.RULE.name,
        severity=Severity.BLOCKER,
        guest="",
        source=None,
        destination=None,
        saw=f"{name} does not answer{leg}: {said.why}",
        fix=f"ferry explain {said.code}",
        exit_code=6,
        scope=Scope.HOST,
    )
