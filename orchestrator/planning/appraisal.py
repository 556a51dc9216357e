"""What the checks say of one guest, and of each host it could go to."""

from dataclasses import dataclass, field, fields, replace
from datetime import date

from orchestrator.checks import host_reachable, migration_network
from orchestrator.checks.case import AtHost, AtSource, BetweenHosts, Case, OfPlan, OnLink, Reaching
from orchestrator.checks.modes import concerns
from orchestrator.checks.registry import (
    GUEST_RULES,
    HOST_RULES,
    LINK_RULES,
    MOVE_RULES,
    PAIR_RULES,
    PLAN_RULES,
    REACH_RULES,
)
from orchestrator.checks.rule import Rule, blocker
from orchestrator.checks.runner import Seen, finding, run, worst_first
from orchestrator.migration.demands import demanding, unmet
from orchestrator.migration.features import offers
from orchestrator.model.cordon import Cordon
from orchestrator.model.facts import Facts, HostFacts, LinkFacts, PairFacts, Unknown
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.guest import Guest, Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Offers, Unmet
from orchestrator.model.open_move import OpenMove, OpenMoves
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.model.topic import OF_LINK
from orchestrator.model.transport import Mode
from orchestrator.planning.network import Between, Selection, select
from orchestrator.planning.network_score import Known
from orchestrator.planning.resolve import silent
from orchestrator.planning.wanted import Wanted

# What two hosts say of themselves decides the first kind; the second needs something tried between them.
_SAID = tuple(rule for rule in LINK_RULES if not rule.needs & OF_LINK and not rule.of_network)
_TRIED = tuple(rule for rule in LINK_RULES if rule.needs & OF_LINK and not rule.of_network)
_HOST = tuple(rule for rule in HOST_RULES if not rule.of_network)
# The same of one network of a host, and of one network between two hosts.
_HOST_ON = tuple(rule for rule in HOST_RULES if rule.of_network)
_SAID_OVER = tuple(rule for rule in LINK_RULES if not rule.needs & OF_LINK and rule.of_network)
_TRIED_OVER = tuple(rule for rule in LINK_RULES if rule.needs & OF_LINK and rule.of_network)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """What is on its way to a host already: bytes of memory and virtual CPUs. names: of guests that the same plan sends
    there."""

    memory_bytes: int = 0
    vcpus: int = 0
    names: tuple[str, ...] = ()

    def plus(self, memory_bytes: int, vcpus: int, *names: str) -> "Promised":
        """The same with one more guest."""
        return Promised(
            memory_bytes=self.memory_bytes + memory_bytes, vcpus=self.vcpus + vcpus, names=(*self.names, *names)
        )


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
    """The world as it was read, and the rules of the house. What is said of a host or a link is worked out once.

    chosen: the operator named the destination. only: names of the checks that are asked; None: all of them.
    mode: how the guests are asked to move. open_moves: guest → moves of it that are not over. known: of networks,
    what stands in the store. cordons: of hosts that take no guests.
    """

    settings: Settings
    facts: Facts
    today: date
    chosen: bool = False
    only: frozenset[str] | None = None
    mode: Mode = Mode.LIVE
    open_moves: OpenMoves | Unknown = field(default_factory=dict)
    known: Known = field(default_factory=Known)
    cordons: tuple[Cordon, ...] | Unknown = ()
    _hosts: dict[HostName, HostFacts] = field(default_factory=dict, init=False, repr=False, compare=False)
    _said: dict[tuple[str, ...], tuple[Finding, ...]] = field(default_factory=dict, repr=False, compare=False)
    _chosen: dict[tuple[HostName, HostName, bool, int], Selection] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def guest(self, one: Wanted) -> tuple[Finding, ...]:
        """What speaks for or against moving it at all, wherever to."""
        return worst_first((*self.host(one.source), *run(self._in_play(GUEST_RULES), self._at_source(one))))

    def host(self, name: HostName) -> tuple[Finding, ...]:
        """What there is to say of a host by itself; nothing of one that does not answer."""
        return self._of_host(name, "")

    def host_on(self, name: HostName, network: str) -> tuple[Finding, ...]:
        """Likewise of its place on one network."""
        return self._of_host(name, network)

    def _of_host(self, name: HostName, network: str) -> tuple[Finding, ...]:
        answer = self.facts.hosts.get(name)
        if not isinstance(answer, HostFacts):
            return ()
        if (name, network) not in self._said:
            case = AtHost(settings=self.settings, today=self.today, host=answer, network=network)
            self._said[name, network] = run(self._in_play(_HOST_ON if network else _HOST), case)
        return self._said[name, network]

    def link(self, source: HostName, to: HostName, *, tried: bool = False) -> tuple[Finding, ...]:
        """What there is to say of the way between two hosts that answered, whatever network is taken.

        tried: also what must have been tried between them; where nothing was, that is what is said.
        """
        return self._between_hosts(source, to, "", tried=tried)

    def over(self, source: HostName, to: HostName, network: str, *, tried: bool = False) -> tuple[Finding, ...]:
        """What there is to say of one network between two hosts that answered, its place at either included.

        tried: also what must have been tried, where what the hosts say of it leaves that of any use.
        """
        said = (
            *self.host_on(source, network),
            *self.host_on(to, network),
            *self._between_hosts(source, to, network, tried=False),
        )
        if not tried or blocked(said):
            return said
        return (*said, *self._between_hosts(source, to, network, tried=True))

    def selection(self, source: HostName, to: HostName, policy: Policy, *, tried: bool = True) -> Selection:
        """Which network moves between two hosts that answered take under that policy; worked out once.

        tried: by what was tried between them too.
        """
        key = (source, to, tried, id(policy))  # the settings keep every policy
        if key not in self._chosen:
            chosen = select(self.between(source, to, policy), lambda name: self.over(source, to, name, tried=tried))
            self._chosen[key] = replace(chosen, findings=worst_first((*chosen.findings, *self._none_left(chosen))))
        return self._chosen[key]

    def between(self, source: HostName, to: HostName, policy: Policy) -> Between:
        """All that the choice of a network between two hosts that answered goes by."""
        return Between(
            source=self._answering()[source],
            destination=self._answering()[to],
            policy=policy,
            settings=self.settings,
            facts=self.facts,
            known=self.known,
            today=self.today,
        )

    def _none_left(self, chosen: Selection) -> tuple[Finding, ...]:
        """That there is none, or only one that stands in. Of a single one its own checks say it all."""
        alone = len(chosen.candidates) == 1
        instead = chosen.chosen is not None and chosen.chosen.stands_in
        if not instead and (chosen.chosen is not None or alone):
            return ()
        case = replace(
            self._on_link(chosen.source, chosen.destination, ""),
            refused=chosen.refused or ("no network is in question",),
            instead=chosen.network if instead else "",
        )
        return run(self._in_play((migration_network.RULE,)), case)

    def _between_hosts(self, source: HostName, to: HostName, network: str, *, tried: bool) -> tuple[Finding, ...]:
        key = (source, to, network, "tried" if tried else "said")
        if key not in self._said:
            rules = (_TRIED_OVER if tried else _SAID_OVER) if network else (_TRIED if tried else _SAID)
            self._said[key] = run(self._in_play(rules), self._on_link(source, to, network))
        return self._said[key]

    def alone(self, one: Wanted) -> Finding:
        """Say that there is no other host at all."""
        return finding(
            host_reachable.RULE,
            blocker(
                f"{self.settings.file} names no host besides {one.source}",
                f"Add one under hosts: in {self.settings.file}",
            ),
            self._reaching(one, one.source, Unknown(why="it is the source")),
        )

    def hosts(self, one: Wanted, to: HostName, promised: Promised) -> tuple[Finding, ...]:
        """What both hosts alone tell, before anything is tried between them."""
        return self._hosts_and(one, to, promised, tried=False)

    def _hosts_and(self, one: Wanted, to: HostName, promised: Promised, *, tried: bool) -> tuple[Finding, ...]:
        """The same, with the network as it was chosen: by what they tell, or by what was tried too."""
        answer = self.facts.hosts.get(to, Unknown(why="it was not asked"))
        if isinstance(answer, Unknown):
            return run(REACH_RULES, self._reaching(one, to, answer))
        pair = self.facts.pairs.get((one.guest.uuid, to))
        # With what was tried for the pair, where it was: identity shows both definitions then.
        way = self._way(one, to, tried=tried)
        case = self._between(one, answer, promised, way)
        said = run(self._in_play(MOVE_RULES), case if pair is None else _with(case, pair))
        return worst_first((*self.host(to), *self.link(one.source, to), *way.findings, *said))

    def appraise(self, one: Wanted, to: HostName, promised: Promised) -> Appraisal:
        """Everything there is to say of one destination."""
        destination, pair = self._answering().get(to), self.facts.pairs.get((one.guest.uuid, to))
        measured = one.movable and pair is not None
        before = self._hosts_and(one, to, promised, tried=measured)
        if destination is None:
            return Appraisal(host=to, findings=before)
        free = destination.memory_spare_bytes - promised.memory_bytes
        if not one.movable or (pair is None and blocked(before)):
            return Appraisal(host=to, findings=before, free_bytes=free)
        if pair is None:
            pair, before = _unmeasured(one, to), self._hosts_and(one, to, promised, tried=True)
        way = self.link(one.source, to, tried=True)
        chosen = self._way(one, to, tried=True)
        said = run(self._in_play(PAIR_RULES), _with(self._between(one, destination, promised, chosen), pair))
        return Appraisal(host=to, findings=worst_first((*before, *way, *said)), free_bytes=free, pair=pair)

    def network(self, one: Wanted, to: HostName) -> Selection:
        """Which network the guest would take to that host; both hosts answered."""
        return self._way(one, to, tried=True)

    def offers(self, one: Wanted, to: HostName, network: str) -> Offers:
        """What both hosts have for a move there over that network; both answered. What a test of it has shown counts
        more than what its interfaces say."""
        answering, tested = self._answering(), self.known.tested(one.source, to, network)
        has = offers(one.guest, answering[one.source], answering[to], self.settings, self.today, network)
        rates = tested[1].bytes_per_second.values() if tested is not None else ()
        return replace(has, link_bytes_per_second=max(rates)) if rates else has

    def _way(self, one: Wanted, to: HostName, *, tried: bool) -> Selection:
        policy = self.settings.policy_for(guest=one.guest.name, host=to)
        return self.selection(one.source, to, policy, tried=tried)

    def plan(self, moves: tuple[Move, ...]) -> tuple[Finding, ...]:
        """What there is to say of all moves together."""
        touched = {host for move in moves for host in (move.source, move.destination)}
        hosts = tuple(facts for name, facts in self._answering().items() if name in touched)
        case = OfPlan(settings=self.settings, today=self.today, moves=moves, hosts=hosts)
        return run(self._in_play(PLAN_RULES), case)

    def _answering(self) -> dict[HostName, HostFacts]:
        """The hosts that answered, worked out once: a plan of thousands of pairs asks for every one of them."""
        if not self._hosts:
            self._hosts.update(self.facts.answering())
        return self._hosts

    def _in_play(self, rules: tuple[Rule[Seen], ...]) -> tuple[Rule[Seen], ...]:
        asked = (rule for rule in rules if self.only is None or rule.name in self.only)
        return tuple(rule for rule in asked if concerns(rule.name, self.mode))

    def _at_source(self, one: Wanted) -> AtSource:
        return AtSource(
            settings=self.settings,
            today=self.today,
            guest=one.guest,
            source=self._answering()[one.source],
            lives_on=one.lives_on,
            mode=self.mode,
            silent=silent(self.facts),
            open_moves=self._not_over(one),
        )

    def _not_over(self, one: Wanted) -> tuple[OpenMove, ...] | Unknown:
        """Without those whose hosts were both seen without the guest: `resolve` would have nothing left to keep."""
        if isinstance(self.open_moves, Unknown):
            return self.open_moves
        mine = self.open_moves.get(one.guest.uuid, ())
        return tuple(m for m in mine if not m.held or not self._gone_from_both(m, one))

    def _gone_from_both(self, move: OpenMove, one: Wanted) -> bool:
        ends = {move.source, move.destination}
        active = {h for h, facts in self._answering().items() for g in facts.guests if _active_there(g, one.guest)}
        return ends <= self._answering().keys() and not ends & active

    def _reaching(self, one: Wanted, to: HostName, answer: Unknown) -> Reaching:
        return Reaching(
            settings=self.settings,
            today=self.today,
            guest=one.guest,
            source=self._answering()[one.source],
            lives_on=one.lives_on,
            mode=self.mode,
            destination_entry=self.settings.hosts[to],
            answer=answer,
        )

    def _on_link(self, source: HostName, to: HostName, network: str) -> OnLink:
        answering = self._answering()
        return OnLink(
            settings=self.settings,
            today=self.today,
            source=answering[source],
            destination=answering[to],
            link=self._link_facts(source, to, network) or _untried(source, to, network),
            back=self._link_facts(to, source, network),
            network=network,
            cordons=self.cordons,
        )

    def _link_facts(self, source: HostName, to: HostName, network: str) -> LinkFacts | None:
        """Over that network; for "" over any: what holds whatever network is taken stands in each of them."""
        if network:
            return self.facts.links.get((source, to, network))
        names = (*self.settings.networks, "")
        return next(
            (self.facts.links[source, to, name] for name in names if (source, to, name) in self.facts.links), None
        )

    def _between(self, one: Wanted, destination: HostFacts, promised: Promised, way: Selection) -> BetweenHosts:
        return BetweenHosts(
            settings=self.settings,
            today=self.today,
            guest=one.guest,
            source=self._answering()[one.source],
            destination=destination,
            lives_on=one.lives_on,
            mode=self.mode,
            incoming_bytes=promised.memory_bytes,
            incoming_vcpus=promised.vcpus,
            incoming_names=promised.names,
            chosen=self.chosen,
            unmet=self._unmet(one, destination, way.network),
        )

    def _unmet(self, one: Wanted, destination: HostFacts, network: str) -> tuple[Unmet, ...]:
        policy = self.settings.policy_for(guest=one.guest.name, host=destination.name, network=network)
        return tuple(unmet(policy, self.offers(one, destination.name, network))) if demanding(policy) else ()


def _with(case: BetweenHosts, pair: PairFacts) -> Case:
    """The same, with what was tried for this guest."""
    return Case(pair=pair, **{one.name: getattr(case, one.name) for one in fields(case)})


def _active_there(found: Guest, guest: Guest) -> bool:
    return found.uuid == guest.uuid and found.power not in (Power.ABSENT, Power.SHUT_OFF)


def blocked(findings: tuple[Finding, ...]) -> bool:
    """Whether any of them refuses the move."""
    return any(finding.severity is Severity.BLOCKER for finding in findings)


def _untried(source: HostName, to: HostName, network: str) -> LinkFacts:
    # A survey that left the link out must not look like one that found nothing wrong: every rule says so.
    why = Unknown(why=f"nothing was tried between {source} and {to}", code="host.shell")
    return LinkFacts(
        source=source, destination=to, network=network, peer=why, ports=why, route=why, path_mtu=why, resolves=why
    )


def _unmeasured(one: Wanted, to: HostName) -> PairFacts:
    # A survey that left the pair out must not look like one that found nothing wrong: every rule says so.
    why = Unknown(why=f"nothing was tried between {one.source} and {to}", code="host.shell")
    return PairFacts(guest=one.guest.uuid, source=one.source, destination=to, cpu=why, cpu_back=why, paths=why)
