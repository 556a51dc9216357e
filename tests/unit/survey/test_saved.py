"""Facts that were saved answer for the hosts; what was not saved is Unknown, never a default."""

from orchestrator.model.cpu import CpuAnswer
from orchestrator.model.facts import Ask, Asked, Facts, LinkFacts, PairFacts
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.survey.saved import NOT_SAVED, WITHOUT_GUEST, SavedSurvey
from tests.unit.survey.builders import host

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
WAY = LinkFacts(source=A, destination=B, network="migration", peer="uuid-of-kvm02")
PAIR = PairFacts(guest=GuestId("g"), source=A, destination=B, cpu=CpuAnswer(offered=True), paths=())
FACTS = Facts(
    hosts={A: host("kvm01"), B: host("kvm02")}, links={(A, B, "migration"): WAY}, pairs={(PAIR.guest, B): PAIR}
)
SURVEY = SavedSurvey(FACTS)


def asked(source: HostName, destination: HostName) -> Asked:
    return Asked(guest=PAIR.guest, source=source, destination=destination)


def test_hosts() -> None:
    found = SURVEY.facts(Ask(hosts=(A, C)), within=1)
    assert found.hosts == {A: FACTS.hosts[A], C: NOT_SAVED}
    assert not found.links and not found.pairs


def test_pairs_bring_their_hosts_and_links() -> None:
    assert SURVEY.facts(Ask(hosts=(), pairs=(asked(A, B),), networks=("migration",)), within=1) == FACTS


def test_pairs_and_links_that_were_not_saved() -> None:
    found = SURVEY.facts(Ask(hosts=(), links=((B, A),), pairs=(asked(C, B),), networks=("migration",)), within=1)
    for way in ((B, A), (C, B)):
        link = found.links[*way, "migration"]
        assert {link.peer, link.ports, link.route, link.path_mtu, link.resolves} == {NOT_SAVED}
        assert (link.source, link.destination, link.network) == (*way, "migration")
    pair = found.pairs[PAIR.guest, B]
    assert pair.source == C, "it was saved for another source"
    assert pair.cpu == pair.paths == pair.cpu_back == WITHOUT_GUEST


def test_a_link_of_another_network_is_another_link() -> None:
    found = SURVEY.facts(Ask(hosts=(), pairs=(asked(A, B),), networks=("other",)), within=1)
    assert found.links[A, B, "other"].peer == NOT_SAVED
