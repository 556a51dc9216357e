"""Networks as they are: over all hosts, between two of them, and what the policy should say of them."""

from dataclasses import dataclass

from orchestrator.checks.registry import RULES
from orchestrator.errors import OrchestratorError
from orchestrator.migration.features import READS
from orchestrator.model.facts import Ask, Facts, Unknown
from orchestrator.model.host import HostName
from orchestrator.model.topic import Topic
from orchestrator.operations.doors import Doors
from orchestrator.operations.inventory import PATIENCE
from orchestrator.planning.appraisal import Outlook
from orchestrator.planning.network import Candidate, Selection, all_of
from orchestrator.planning.network_advice import Advice, advise
from orchestrator.planning.network_score import Known
from orchestrator.planning.network_view import NetworksSeen, seen
from orchestrator.planning.resolve import unknown_host
from orchestrator.planning.same_machine import same_machine
from orchestrator.planning.silence import silent

_OF_HOST = frozenset({Topic.INTERFACES, Topic.RDMA})
_OF_WAY = READS | frozenset(topic for rule in RULES if rule.of_network for topic in rule.needs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Which network moves between two hosts take, and why. candidates: every configured network, the best first."""

    policy: str
    selection: Selection
    candidates: tuple[Candidate, ...]


def known(doors: Doors) -> Known:
    """What the store knows of networks: tests, and the moves that are on them. Nothing where it does not answer, or
    beside saved facts: a choice of network goes by what the hosts say then."""
    try:
        store = doors.store()
        return Known(tests=tuple(store.network_tests()), tickets=store.ledger().tickets, at=doors.clock.now())
    except OrchestratorError:
        return Known()


def show(doors: Doors, hosts: tuple[HostName, ...] = ()) -> NetworksSeen:
    """Ask these hosts (none named: all) for their interfaces. Raises usage.unknown-host, config.same-machine."""
    return seen(doors.settings, _facts(doors, hosts or tuple(doors.settings.hosts), _OF_HOST, ()), known(doors))


def explain(doors: Doors, source: HostName, destination: HostName, guest: str = "") -> Explained:
    """Look at every network between two hosts as a move would. guest: whose policy counts.

    Raises usage.unknown-host, usage.same-host, host.unreachable and its like, config.same-machine.
    """
    if source == destination:
        raise OrchestratorError.of("usage.same-host", f"{source} is given as source and as destination")
    facts = _facts(doors, (source, destination), _OF_WAY, ((source, destination),))
    for name, said in facts.hosts.items():
        if isinstance(said, Unknown):
            raise silent(name, said, doors.settings.hosts, so="")
    outlook = Outlook(settings=doors.settings, facts=facts, today=doors.clock.now().date(), known=known(doors))
    policy = doors.settings.policy_for(guest=guest, host=destination)
    selection = outlook.selection(source, destination, policy)
    way = outlook.between(source, destination, policy)
    return Explained(policy=policy.name, selection=selection, candidates=all_of(way, selection))


def advice(doors: Doors) -> Advice:
    """Look at every way between two hosts, and say what the policy should say. Raises as show."""
    hosts = tuple(doors.settings.hosts)
    ways = tuple((here, there) for here in hosts for there in hosts if here != there)
    facts = _facts(doors, hosts, _OF_WAY, ways)
    outlook = Outlook(settings=doors.settings, facts=facts, today=doors.clock.now().date(), known=known(doors))
    answering = facts.answering()
    met = [(here, there) for here, there in ways if here in answering and there in answering]
    policy = doors.settings.policy
    return advise(
        policy,
        doors.settings,
        [(outlook.between(*way, policy), outlook.selection(*way, policy)) for way in met],
    )


def _facts(
    doors: Doors, hosts: tuple[HostName, ...], topics: frozenset[Topic], links: tuple[tuple[HostName, HostName], ...]
) -> Facts:
    for name in hosts:
        if name not in doors.settings.hosts:
            raise unknown_host(name, doors.settings.hosts)
    ask = Ask(hosts=hosts, topics=topics, links=links, networks=doors.settings.networks_in_question)
    facts = doors.survey().facts(ask, within=PATIENCE)
    problem = same_machine(facts)
    if problem is not None:
        raise OrchestratorError((problem,))
    return facts
