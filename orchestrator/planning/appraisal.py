"""What the checks say of one guest, and of each host it could go to."""

from dataclasses import dataclass

from orchestrator.checks import host_reachable
from orchestrator.checks.case import AtSource, BetweenHosts, Case, Reaching
from orchestrator.checks.registry import GUEST_RULES, HOST_RULES, PAIR_RULES, REACH_RULES
from orchestrator.checks.runner import run
from orchestrator.model.facts import Facts, HostFacts, PairFacts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.host import HostName
from orchestrator.model.settings import Settings
from orchestrator.planning.resolve import silent
from orchestrator.planning.wanted import Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Appraisal:
    """One possible destination. free_bytes: its free memory after what is already promised; pair: what was measured."""

    host: HostName
    findings: tuple[Finding, ...]
    free_bytes: int = 0
    pair: PairFacts | None = None

    @property
    def passes(self) -> bool:
        """Whether nothing speaks against it, and everything was measured."""
        return self.pair is not None and not blocked(self.findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """The world as it was read, and the rules of the house."""

    settings: Settings
    facts: Facts

    def guest(self, one: Wanted) -> tuple[Finding, ...]:
        """What speaks for or against moving it at all, wherever to."""
        return run(GUEST_RULES, self._at_source(one))

    def alone(self, one: Wanted) -> Finding:
        """Say that there is no other host at all."""
        return self._at_source(one).blocker(
            host_reachable.RULE.name,
            f"{self.settings.file} names no host besides {one.source}",
            f"Add one under hosts: in {self.settings.file}",
        )

    def hosts(self, one: Wanted, to: HostName, incoming: int) -> tuple[Finding, ...]:
        """What both hosts alone tell, before anything is tried between them."""
        answer = self.facts.hosts.get(to, Unknown(why="it was not asked"))
        if isinstance(answer, Unknown):
            return run(REACH_RULES, self._reaching(one, to, answer))
        return run(
            HOST_RULES,
            BetweenHosts(
                guest=one.guest,
                source=self.facts.answering()[one.source],
                destination=answer,
                settings=self.settings,
                lives_on=one.lives_on,
                incoming_bytes=incoming,
            ),
        )

    def appraise(self, one: Wanted, to: HostName, incoming: int) -> Appraisal:
        """Everything there is to say of one destination."""
        before = self.hosts(one, to, incoming)
        destination = self.facts.answering().get(to)
        if destination is None:
            return Appraisal(host=to, findings=before)
        free = destination.memory_free_bytes - incoming
        pair = self.facts.pairs.get((one.guest.uuid, to))
        if not one.movable or (pair is None and blocked(before)):
            return Appraisal(host=to, findings=before, free_bytes=free)
        if pair is None:
            pair = _unmeasured(one, to)
        case = self._case(one, destination, pair, incoming)
        return Appraisal(host=to, findings=run((*HOST_RULES, *PAIR_RULES), case), free_bytes=free, pair=pair)

    def _at_source(self, one: Wanted) -> AtSource:
        return AtSource(
            guest=one.guest,
            source=self.facts.answering()[one.source],
            settings=self.settings,
            lives_on=one.lives_on,
            silent=silent(self.facts),
        )

    def _reaching(self, one: Wanted, to: HostName, answer: Unknown) -> Reaching:
        return Reaching(
            guest=one.guest,
            source=self.facts.answering()[one.source],
            settings=self.settings,
            lives_on=one.lives_on,
            destination_entry=self.settings.hosts[to],
            answer=answer,
        )

    def _case(self, one: Wanted, destination: HostFacts, pair: PairFacts, incoming: int) -> Case:
        return Case(
            guest=one.guest,
            source=self.facts.answering()[one.source],
            destination=destination,
            settings=self.settings,
            lives_on=one.lives_on,
            incoming_bytes=incoming,
            pair=pair,
        )


def blocked(findings: tuple[Finding, ...]) -> bool:
    """Whether any of them refuses the move."""
    return any(finding.severity is Severity.BLOCKER for finding in findings)


def _unmeasured(one: Wanted, to: HostName) -> PairFacts:
    # A survey that left the pair out must not look like one that found nothing wrong: every rule says so.
    why = Unknown(why=f"nothing was tried between {one.source} and {to}")
    return PairFacts(guest=one.guest.uuid, source=one.source, destination=to, cpu=why, ports=why, paths=why, peer=why)
