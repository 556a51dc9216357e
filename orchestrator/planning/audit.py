"""All hosts looked at side by side, without any guest in mind."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from orchestrator.checks import host_direction, host_reachable, ssh_login
from orchestrator.checks.registry import TOPICS
from orchestrator.checks.runner import way_out, worst_first
from orchestrator.model.facts import NOT_ASKED, Facts, HostFacts, Unknown
from orchestrator.model.finding import Finding, Scope, Severity
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.model.topic import OF_LIBVIRT, OF_SHELL
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
    answering, tried = sorted(facts.answering()), {(here, there) for here, there, _ in facts.links}
    found = [silence(name, said) for name, said in sorted(facts.hosts.items()) if isinstance(said, Unknown)]
    for host in answering:
        found += outlook.host(host)
        for network in settings.migration_networks:
            if network in settings.hosts[host].addresses:
                found += outlook.host_on(host, network)
        found += _unread(facts.answering()[host], settings)
    for here in answering:
        for there in answering:
            if here != there:
                found += outlook.link(here, there)
                if (here, there) in tried:
                    found += outlook.link(here, there, tried=True)
                found += _networks(outlook, here, there, tried=(here, there) in tried)
    # What the operator has decided is worth knowing here, and no alarm.
    counted = (replace(f, severity=Severity.NOTE) if f.check == host_direction.RULE.name else f for f in found)
    return Audit(traits=traits(facts, settings), findings=worst_first(tuple(dict.fromkeys(counted))))


def _networks(outlook: Outlook, here: HostName, there: HostName, *, tried: bool) -> Iterator[Finding]:
    """Of every network in question: what refuses one of them refuses nothing, as long as another one is left."""
    policy = outlook.settings.policy_for(host=there)
    chosen = outlook.selection(here, there, policy, tried=tried)
    yield from chosen.findings
    for one in chosen.candidates:
        if one.usable and one is not chosen.chosen and not one.stands_in:
            yield from one.findings


def _unread(host: HostFacts, settings: Settings) -> Iterator[Finding]:
    """Facts of a host that could not be read, each reason once: with one host alone no rule may need them."""
    lacking: dict[Unknown, list[str]] = {}
    for topic in sorted(TOPICS & (OF_SHELL | OF_LIBVIRT)):
        value = getattr(host, topic.value)
        if isinstance(value, Unknown) and value != NOT_ASKED:
            lacking.setdefault(value, []).append(topic.value.replace("_", " "))
    if isinstance(host.bridges, Unknown):
        return  # its shell failed as a whole, which ssh-login says
    for why, topics in lacking.items():
        leg = f" ({why.leg})" if why.leg else ""
        yield Finding(
            check=ssh_login.RULE.name,
            severity=Severity.WARNING,
            guest="",
            source=host.name,
            destination=None,
            saw=f"Not known of {host.name}: {', '.join(topics)}. It could not be read{leg}: {why.why}",
            fix=way_out(why, settings),
            scope=Scope.HOST,
        )


def silence(name: str, said: Unknown) -> Finding:
    """A host that does not answer."""
    leg = f" ({said.leg})" if said.leg else ""
    return Finding(
        check=host_reachable.RULE.name,
        severity=Severity.BLOCKER,
        guest="",
        source=HostName(name),
        destination=None,
        saw=f"{name} does not answer{leg}: {said.why}",
        fix=f"ferry explain {said.code}",
        exit_code=6,
        scope=Scope.HOST,
    )
