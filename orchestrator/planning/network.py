"""Which network a move takes from one host to another: every one in question, its score, and why not the others."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from math import floor, log10, prod
from typing import Literal

from orchestrator.migration.encryption import nameless, shown
from orchestrator.migration.features import without_rdma_over
from orchestrator.model.facts import Facts, HostFacts
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.host import HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.policy import Policy
from orchestrator.model.settings import Settings
from orchestrator.planning.network_score import Known, Part, parts

# Of what a network is for this move, the first comes first: named by the policy, for migrations, for migrations and
# storage at once, another one that stands in, another one of storage.
Standing = Literal["ordered", "migration", "shared with storage", "instead", "storage instead"]
_RANKS: tuple[Standing, ...] = ("ordered", "migration", "shared with storage", "instead", "storage instead")
_PRIMARY = frozenset({"ordered", "migration", "shared with storage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One network for one move. source_address, destination_address: "" where a host has none there.

    parts: factors of its score, none where nothing was looked at. rejected: why it cannot be taken. unfit: what the
    policy demands and it does not give; it is taken only where no other is left, and then refused by name.
    findings: what the checks say of it. position: in the order of the policy.
    """

    network: str
    standing: Standing
    source_address: str = ""
    destination_address: str = ""
    parts: tuple[Part, ...] = ()
    rejected: tuple[str, ...] = ()
    unfit: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    priority: int = 0
    position: int = 0

    @property
    def score(self) -> float:
        """Mbit/s that one more move may expect, lessened by what speaks against it."""
        return prod(part.factor for part in self.parts) if self.parts else 0.0

    @property
    def stands_in(self) -> bool:
        """Whether it is none for migrations, nor named by the policy."""
        return self.standing not in _PRIMARY

    @property
    def usable(self) -> bool:
        """Whether a move can take it."""
        return not self.rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All networks for moves from source to destination, the best first. because: why it is the chosen one; "" where
    no other was in question. findings: of the chosen one, and of those that were passed over as warnings; where none
    is left, all that refuses them."""

    source: HostName
    destination: HostName
    candidates: tuple[Candidate, ...]
    chosen: Candidate | None
    because: str = ""
    findings: tuple[Finding, ...] = ()

    @property
    def network(self) -> str:
        """The chosen one; where there is none the one that was the first choice, "" without any."""
        one = self.chosen or next(iter(self.candidates), None)
        return "" if one is None else one.network

    @property
    def refused(self) -> tuple[str, ...]:
        """Each network that was in question and cannot be taken, with the reason."""
        out = (one for one in self.candidates if one.rejected and one.standing in _PRIMARY)
        return tuple(f"{one.network}: {one.rejected[0]}" for one in out)


@dataclass(frozen=True, slots=True, kw_only=True)
class Between:
    """Two hosts that answered, the policy for a move between them, and all that is known."""

    source: HostFacts
    destination: HostFacts
    policy: Policy
    settings: Settings
    facts: Facts
    known: Known
    today: date


def select(way: Between, findings: Callable[[str], tuple[Finding, ...]]) -> Selection:
    """Choose among the networks that the policy allows. findings: what the checks say of one."""
    asked = way.settings.networks_for(way.policy.migration_networks)
    looked = [_candidate(way, way.settings.networks[name], findings(name)) for name in asked]
    ranked = sorted(looked, key=_rank)
    usable = [one for one in ranked if one.usable]
    primary = [one for one in usable if one.standing in _PRIMARY]
    chosen = next(iter(primary or usable), None)
    return Selection(
        source=way.source.name,
        destination=way.destination.name,
        candidates=tuple(ranked),
        chosen=chosen,
        because="" if chosen is None or len(ranked) == 1 else _because(chosen, ranked, way),
        findings=_said(chosen, ranked),
    )


def all_of(way: Between, selection: Selection) -> tuple[Candidate, ...]:
    """The candidates, and behind them every other configured network with the reason why it is none."""
    in_question = {one.network for one in selection.candidates}
    others = (network for name, network in way.settings.networks.items() if name not in in_question)
    return (*selection.candidates, *(_no_candidate(way, network) for network in others))


def _no_candidate(way: Between, network: Network) -> Candidate:
    excluded = network.name in way.policy.migration_networks.exclude
    roles = " and ".join(sorted(network.roles)) or "no role"
    why = (
        f"the policy {way.policy.name} excludes it"
        if excluded
        else f"it is of {'role ' if network.roles else ''}{roles}, not migration"
    )
    return replace(_bare(way, network), rejected=(why,))


def _bare(way: Between, network: Network) -> Candidate:
    order = way.policy.migration_networks.order
    here, there = (way.settings.hosts[host.name].addresses for host in (way.source, way.destination))
    return Candidate(
        network=network.name,
        standing=_standing(network, order),
        source_address=here.get(network.name, ""),
        destination_address=there.get(network.name, ""),
        priority=network.priority,
        position=order.index(network.name) if network.name in order else 0,
    )


def _candidate(way: Between, network: Network, findings: tuple[Finding, ...]) -> Candidate:
    bare = _bare(way, network)
    blockers = [finding for finding in findings if finding.severity is Severity.BLOCKER]
    factors = parts(
        network,
        way.source,
        way.destination,
        way.policy,
        way.settings,
        way.facts,
        way.known,
    )
    return replace(
        bare,
        # What is not common to both hosts has no rate between them.
        parts=tuple(factors) if bare.source_address and bare.destination_address else (),
        rejected=tuple(f"{finding.check}: {finding.saw}" for finding in blockers),
        unfit=_unfit(way, network, bare.destination_address),
        findings=findings,
    )


def _standing(network: Network, order: tuple[str, ...]) -> Standing:
    if network.name in order:
        return "ordered"
    storage = Role.STORAGE in network.roles
    if Role.MIGRATION in network.roles:
        return "shared with storage" if storage else "migration"
    return "storage instead" if storage else "instead"


def _unfit(way: Between, network: Network, address: str) -> tuple[str, ...]:
    """What is demanded of the transport and cannot be had over this network."""
    found = []
    if way.policy.transport == "rdma":
        why = without_rdma_over(network.name, way.source, way.destination, way.settings)
        if why is not None:
            found.append(why)
        if network.encryption:
            found.append(f"{network.name} demands encryption, and RDMA has none")
    elif (network.encryption or way.policy.encryption == "required") and way.policy.transport != "tunnelled":
        certificate = shown(way.source, way.destination, way.today)
        entry = way.settings.hosts[way.destination.name]
        lack = certificate if isinstance(certificate, str) else nameless(certificate, entry, address)
        if lack is not None:
            found.append(lack)
    return tuple(found)


def _rank(one: Candidate) -> tuple[bool, bool, int, int, float, int]:
    """The best first. Scores that differ in the third digit are the same: there the priority decides."""
    return (
        not one.usable,
        bool(one.unfit),
        _RANKS.index(one.standing),
        one.position,
        -_two_digits(one.score),
        -one.priority,
    )


def _two_digits(score: float) -> float:
    return round(score, 1 - floor(log10(score))) if score > 0 else 0.0


def _because(chosen: Candidate, ranked: list[Candidate], way: Between) -> str:
    """Why it is this one, with what decided."""
    others = [one for one in ranked if one is not chosen and one.usable]
    refused = [one.network for one in ranked if one.rejected and one.standing in _PRIMARY]
    without = f"; not usable: {', '.join(refused)}" if refused else ""
    if chosen.standing not in _PRIMARY:
        return (
            f"{chosen.network} stands in for the migration networks, as on_missing: "
            f"{way.policy.migration_networks.on_missing} of the policy {way.policy.name} says{without}"
        )
    if chosen.standing == "ordered":
        return f"{chosen.network} is the first usable one in the order of the policy {way.policy.name}{without}"
    rivals = [one for one in others if one.standing in _PRIMARY]
    if not rivals:
        return f"{chosen.network} is the only usable network{without}"
    scores = ", ".join(f"{one.network} {one.score:.0f}" for one in rivals)
    return f"{chosen.network} is {_better(chosen, rivals[0])}: {chosen.score:.0f}; {scores}{without}"


def _better(chosen: Candidate, next_best: Candidate) -> str:
    if bool(next_best.unfit) > bool(chosen.unfit):
        return "the best that gives what the policy demands, by its score"
    if _RANKS.index(next_best.standing) > _RANKS.index(chosen.standing):
        return "the best that no storage is on, by its score"
    if _two_digits(chosen.score) > _two_digits(next_best.score):
        return "the best by its score"
    if chosen.priority > next_best.priority:
        return "as good as others by its score, and of higher priority"
    return "as good as any by its score, and written first"


def _said(chosen: Candidate | None, ranked: list[Candidate]) -> tuple[Finding, ...]:
    if chosen is None:
        return tuple(finding for one in ranked for finding in one.findings)
    # What no host has lacks nothing: only a network that both are on can be missed.
    missed = [one for one in ranked if one.rejected and one.parts and one.standing in _PRIMARY]
    passed_over = (
        replace(finding, severity=Severity.WARNING, saw=f"{one.network} is passed over: {finding.saw}")
        for one in missed
        for finding in one.findings
        if finding.severity is Severity.BLOCKER
    )
    return (*chosen.findings, *passed_over)
