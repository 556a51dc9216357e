"""The survey over stand-ins for the doors: who is asked what, how often, and what a silent one costs."""

import subprocess
import threading
import time
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import NOT_ASKED, Ask, Asked, Facts, HostFacts, LinkFacts, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.machine import Kernel
from orchestrator.model.topic import EVERYTHING, OF_LINK, OF_PAIR, Topic
from orchestrator.ports import CommandResult
from orchestrator.survey import host_script
from orchestrator.survey.survey import HostSurvey
from tests.unit.survey.builders import disk, guest, host

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
SILENT = Unknown(why="did not answer", leg="controller to kvm03, libvirt over ssh")
NO_LOGIN = Unknown(why="no key", code="host.credentials", leg="controller to kvm01, ssh")


class StandInInventory:
    """A host's libvirt. `hangs`: it answers only when the time is up."""

    def __init__(self, facts: HostFacts | Unknown, *, hangs: bool = False) -> None:
        self.facts, self.hangs = facts, hangs
        self.asked: list[str] = []

    def read(self, topics: frozenset[Topic], *, within: float, ask_qemu: Collection[str] = ()) -> HostFacts | Unknown:
        self.asked.append(" ".join(["read", *sorted(topics), *([f"qemu {name}" for name in sorted(ask_qemu)])]))
        if self.hangs:
            time.sleep(within)
        return self.facts

    def cpu_offered(self, guest: Guest, *, within: float) -> CpuAnswer | Unknown:
        self.asked.append(f"cpu {guest.name}")
        return CpuAnswer(offered=True)

    def cpu_back(self, guest: Guest, there: tuple[CpuOffer, ...] | Unknown, *, within: float) -> CpuAnswer | Unknown:
        self.asked.append(f"back {guest.name}")
        return there if isinstance(there, Unknown) else CpuAnswer(offered=False)

    def definition(self, guest: GuestId, *, within: float) -> str | Unknown:
        self.asked.append(f"definition {guest}")
        return f"<domain {guest}/>\n"


class LocalShell:
    """A host's shell: this machine's, inside a directory of its own. Scripts that ask virsh are not run."""

    def __init__(self, answer: Unknown | None = None) -> None:
        self.answer = answer
        self.scripts: list[str] = []
        self._lock = threading.Lock()

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        with self._lock:
            self.scripts.append(script)
        if self.answer is not None:
            return self.answer
        if "virsh" in script:
            return CommandResult(status=0, stdout="peer uuid uuid-of-kvm02\nover 0 port 49152 124 \n", stderr="")
        done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=within)
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Doors:
    """Three hosts and a survey over them."""

    def __init__(self, *guests: Guest) -> None:
        self.inventories = {
            A: StandInInventory(host("kvm01", *guests)), B: StandInInventory(host("kvm02")), C: StandInInventory(SILENT)
        }  # fmt: skip
        self.shells = {name: LocalShell() for name in (A, B, C)}
        self.entries = {
            name: HostEntry(name=name, uri="", peer_uri=f"qemu+tls://{name}/system", ssh=name,
                            addresses={"migration": "10.0.0.2"})
            for name in (A, B, C)
        }  # fmt: skip

    def facts(self, ask: Ask, within: float = 5) -> Facts:
        """Ask; where pairs are asked about, all about them and their links."""
        if ask.pairs and not ask.topics:
            ask = replace(ask, topics=OF_PAIR | {Topic.PEER, Topic.PORTS})
        ask = replace(ask, networks=ask.networks or ("migration",))
        return HostSurvey(self.entries, self.inventories, self.shells).facts(ask, within=within)


def asked(*guests: Guest, to: HostName = B) -> tuple[Asked, ...]:
    return tuple(Asked(guest=g.uuid, source=A, destination=to) for g in guests)


def test_hosts_with_what_their_shells_say() -> None:
    facts = Doors().facts(Ask(hosts=(A, B, C)))
    assert facts.hosts[C] == SILENT
    known = facts.hosts[A]
    assert isinstance(known, HostFacts) and isinstance(known.bridges, frozenset)
    assert isinstance(known.identity.boot_id, str)


def test_a_listing_does_without_shells() -> None:
    doors = Doors()
    facts = doors.facts(Ask(hosts=(A, B), shell=False))
    assert not doors.shells[A].scripts
    assert isinstance(facts.answering()[A].bridges, Unknown)


def test_a_shell_that_fails_costs_only_what_it_would_have_said() -> None:
    doors = Doors()
    doors.shells[A].answer = NO_LOGIN
    known = doors.facts(Ask(hosts=(A,))).hosts[A]
    assert isinstance(known, HostFacts)
    assert known.bridges == known.identity.machine_id == NO_LOGIN


def test_what_is_known_is_not_asked_again() -> None:
    doors = Doors()
    first = doors.facts(Ask(hosts=(A, B, C)))
    second = doors.facts(Ask(hosts=(A, B, C), known=first))
    assert second.hosts == first.hosts
    assert [inventory.asked for inventory in doors.inventories.values()] == [["read"]] * 3


def test_a_listing_that_is_known_still_lacks_its_shell() -> None:
    doors = Doors()
    first = doors.facts(Ask(hosts=(A,), shell=False))
    assert isinstance(doors.facts(Ask(hosts=(A,), known=first)).answering()[A].bridges, frozenset)
    assert doors.inventories[A].asked == ["read"]


def test_hosts_are_asked_side_by_side_and_one_that_hangs_costs_its_row() -> None:
    one = guest("g")
    doors = Doors(one)
    doors.inventories[C].hangs = True
    before = time.monotonic()
    facts = doors.facts(Ask(hosts=(A, B, C), pairs=asked(one)), within=1.5)
    assert time.monotonic() - before < 2.5
    assert isinstance(facts.hosts[C], Unknown) and len(facts.answering()) == 2
    assert facts.links[A, B, "migration"].peer == "uuid-of-kvm02", "the others had the whole time"


def test_a_pair_without_disks_needs_one_script(tmp_path: Path) -> None:
    one = guest("g")
    doors = Doors(one)
    facts = doors.facts(Ask(hosts=(A, B), pairs=asked(one)))
    pair, link = facts.pairs[one.uuid, B], facts.links[A, B, "migration"]
    assert pair.paths == () and link.peer == "uuid-of-kvm02" and pair.cpu == CpuAnswer(offered=True)
    assert isinstance(link.ports, tuple) and link.ports[0].result == "filtered"
    assert len(doors.shells[A].scripts) == 2 and len(doors.shells[B].scripts) == 1, "identity, and the way"
    assert pair.definition_here is None and pair.definition_there is None


def test_many_guests_share_their_scripts_and_questions(tmp_path: Path) -> None:
    guests = [guest(f"g{n}", disk(f"{tmp_path}/{n}.img"), cpu_xml="<cpu/>") for n in range(5)]
    (tmp_path / "0.img").touch()
    doors = Doors(*guests)
    facts = doors.facts(Ask(hosts=(A, B), pairs=asked(*guests)))
    found = [facts.pairs[g.uuid, B].paths for g in guests]
    assert all(isinstance(paths, tuple) and len(paths) == 1 and paths[0].shared for paths in found)
    assert [paths[0].exists for paths in found if isinstance(paths, tuple)] == [True, False, False, False, False]
    assert len(doors.shells[A].scripts) == 3 and len(doors.shells[B].scripts) == 2
    assert [question for question in doors.inventories[B].asked if question.startswith("cpu")] == ["cpu g4"]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["0.img"]


def test_tokens_go_although_the_destination_fails(tmp_path: Path) -> None:
    one = guest("g", disk(f"{tmp_path}/a.img"))
    doors = Doors(one)
    known = doors.facts(Ask(hosts=(A, B)))
    doors.shells[B].answer = Unknown(why="gone", leg="controller to kvm02, ssh")
    pair = doors.facts(Ask(hosts=(A, B), pairs=asked(one), known=known)).pairs[one.uuid, B]
    assert isinstance(pair.paths, Unknown)
    assert not list(tmp_path.iterdir())


def test_a_shell_that_has_just_failed_is_not_tried_again() -> None:
    one = guest("g", disk("/srv/a.img"))
    doors = Doors(one)
    doors.shells[A].answer = NO_LOGIN
    facts = doors.facts(Ask(hosts=(A, B), pairs=asked(one)))
    assert facts.links[A, B, "migration"].peer == facts.links[A, B, "migration"].ports == NO_LOGIN
    assert doors.shells[A].scripts == [host_script.script(())]


def test_a_definition_that_is_already_there_is_compared() -> None:
    one = guest("g")
    doors = Doors(one)
    doors.inventories[B].facts = host("kvm02", one)
    pair = doors.facts(Ask(hosts=(A, B), pairs=asked(one))).pairs[one.uuid, B]
    assert pair.definition_here == pair.definition_there == "<domain uuid-g/>\n"


@pytest.mark.parametrize("which", [A, B])
def test_a_pair_with_a_silent_host_says_why(which: HostName) -> None:
    one = guest("g")
    doors = Doors(one)
    doors.inventories[which].facts = SILENT
    facts = doors.facts(Ask(hosts=(A, B), pairs=asked(one)))
    pair, link = facts.pairs[one.uuid, B], facts.links[A, B, "migration"]
    assert pair.cpu == pair.cpu_back == link.ports == pair.paths == link.peer == SILENT
    assert link.route == NOT_ASKED


def test_a_guest_that_is_gone() -> None:
    pair = Doors().facts(Ask(hosts=(A, B), pairs=asked(guest("g")))).pairs[GuestId("uuid-g"), B]
    assert isinstance(pair.cpu, Unknown) and "not on this host" in pair.cpu.why


def test_a_destination_without_an_address_on_the_network() -> None:
    one = guest("g")
    doors = Doors(one)
    doors.entries[B] = replace(doors.entries[B], addresses={})
    [link] = doors.facts(Ask(hosts=(A, B), pairs=asked(one))).links.values()
    assert link.network == ""
    assert isinstance(link.ports, Unknown) and "no address on a network that both hosts have" in link.ports.why
    assert link.peer == "uuid-of-kvm02"


def test_only_the_topics_asked_for_are_asked() -> None:
    one = guest("g", disk("/srv/a.img"))
    doors = Doors(one)
    facts = doors.facts(Ask(hosts=(A, B), pairs=asked(one), topics=frozenset({Topic.KERNEL, Topic.POOLS})))
    assert isinstance(facts.answering()[A].kernel, Kernel) and facts.answering()[A].load == NOT_ASKED
    assert doors.inventories[A].asked == ["read pools"]
    assert facts.links[A, B, "migration"] == LinkFacts(source=A, destination=B, network="migration")
    pair = facts.pairs[one.uuid, B]
    assert pair.cpu == pair.cpu_back == pair.paths == NOT_ASKED
    assert len(doors.shells[A].scripts) == len(doors.shells[B].scripts) == 1, "no script for the link, none for paths"


def test_a_later_question_adds_what_is_lacking() -> None:
    doors = Doors()
    first = doors.facts(Ask(hosts=(A,), topics=frozenset({Topic.KERNEL})))
    doors.inventories[A].facts = replace(host("kvm01", guest("new")), pools=(), secrets=frozenset())
    both = Ask(hosts=(A,), topics=frozenset({Topic.KERNEL, Topic.SHUTDOWN, Topic.POOLS}), known=first)
    both = replace(both, ask_qemu=("web", "kvm01/db", "kvm02/mail"))
    second = doors.facts(both).answering()[A]
    assert second.kernel == first.answering()[A].kernel and not isinstance(second.shutdown, Unknown)
    assert second.pools == () and second.secrets == NOT_ASKED and second.guests == (), "one picture of the guests"
    assert doors.inventories[A].asked == ["read", "read pools qemu db qemu web"]
    assert "section kernel" not in doors.shells[A].scripts[1]
    assert doors.facts(replace(both, known=Facts(hosts={A: second}))).answering()[A] == second
    assert len(doors.shells[A].scripts) == 2 and len(doors.inventories[A].asked) == 2


def test_a_libvirt_that_is_gone_the_second_time_costs_only_the_new_topic() -> None:
    doors = Doors()
    first = doors.facts(Ask(hosts=(A,)))
    doors.inventories[A].facts = SILENT
    second = doors.facts(Ask(hosts=(A,), topics=frozenset({Topic.POOLS}), known=first)).answering()[A]
    assert second == replace(first.answering()[A], pools=SILENT)


def test_a_shell_that_has_failed_fails_for_later_topics_too() -> None:
    doors = Doors()
    doors.shells[A].answer = NO_LOGIN
    first = doors.facts(Ask(hosts=(A,)))
    second = doors.facts(Ask(hosts=(A,), topics=frozenset({Topic.KERNEL}), known=first)).answering()[A]
    assert second.kernel == NO_LOGIN and len(doors.shells[A].scripts) == 1


def test_links_alone_and_the_way_back() -> None:
    one = guest("g")
    doors = Doors(one)
    ask = Ask(hosts=(), links=((B, A),), pairs=asked(one), topics=frozenset({Topic.PEER}), networks=("migration",))
    facts = doors.facts(ask)
    assert set(facts.links) == {(A, B, "migration"), (B, A, "migration")}
    assert facts.links[A, B, "migration"].peer == facts.links[B, A, "migration"].peer == "uuid-of-kvm02"
    assert facts.links[A, B, "migration"].ports == NOT_ASKED
    again = doors.facts(replace(ask, known=facts, topics=frozenset({Topic.PEER, Topic.ROUTE})))
    assert again.links[A, B, "migration"].peer == facts.links[A, B, "migration"].peer
    assert "virsh" not in doors.shells[A].scripts[-1] and "route get" in doors.shells[A].scripts[-1]


def test_a_link_of_many_guests_is_asked_once() -> None:
    guests = [guest(f"g{n}") for n in range(3)]
    doors = Doors(*guests)
    doors.facts(Ask(hosts=(A, B), pairs=asked(*guests), topics=OF_LINK))
    assert len(doors.shells[A].scripts) == 2, "identity, and the link"


def test_the_way_back_asks_the_source_with_the_offers_of_the_destination() -> None:
    one = guest("g")
    doors = Doors(one)
    doors.inventories[B].facts = replace(host("kvm02"), cpu_offers=())
    topics = frozenset({Topic.CPU_BACK, Topic.CPU_OFFERS})
    pair = doors.facts(Ask(hosts=(A, B), pairs=asked(one), topics=topics)).pairs[one.uuid, B]
    assert pair.cpu_back == CpuAnswer(offered=False) and pair.cpu == NOT_ASKED
    assert "back g" in doors.inventories[A].asked


def test_everything_at_once_is_bounded() -> None:
    one = guest("g")
    facts = Doors(one).facts(Ask(hosts=(A, B), pairs=asked(one), topics=EVERYTHING), within=20)
    told = facts.answering()[A]
    assert not any(getattr(told, topic) == NOT_ASKED for topic in ("kernel", "clock", "load", "devices", "shutdown"))


def test_what_is_known_of_another_network_is_asked_again() -> None:
    doors = Doors()
    ask = Ask(hosts=(), links=((A, B),), topics=frozenset({Topic.PEER}), networks=("migration",))
    other = LinkFacts(source=A, destination=B, network="other", peer="of another time")
    facts = doors.facts(replace(ask, known=Facts(hosts={}, links={(A, B, "other"): other})))
    assert (
        facts.links[A, B, "migration"].peer == "uuid-of-kvm02" and facts.links[A, B, "migration"].network == "migration"
    )


def test_all_networks_of_a_pair_are_asked_by_one_script() -> None:
    doors = Doors()
    addresses = {"migration": "127.0.0.1", "spare": "127.0.0.2", "far": "127.0.0.3"}
    doors.entries[A] = replace(doors.entries[A], addresses=addresses)
    doors.entries[B] = replace(doors.entries[B], addresses={name: addresses[name] for name in ("migration", "spare")})
    topics = frozenset({Topic.PORTS, Topic.RESOLVES})
    facts = doors.facts(
        Ask(hosts=(), links=((A, B),), topics=topics, networks=("migration", "spare", "far")), within=20
    )
    assert set(facts.links) == {(A, B, "migration"), (A, B, "spare")}, "the third is not common to both"
    for name in ("migration", "spare"):
        ports = facts.links[A, B, name].ports
        assert isinstance(ports, tuple) and {one.address for one in ports} == {addresses[name]}
    assert len({link.resolves for link in facts.links.values()}) == 1, "whatever network is taken"
    assert len(doors.shells[A].scripts) == 2, "identity, and the way"
    more = replace(Ask(hosts=(), links=((A, B),), topics=topics), networks=("spare",), known=facts)
    assert doors.facts(more).links == {(A, B, "spare"): facts.links[A, B, "spare"]}
    assert len(doors.shells[A].scripts) == 2, "what is known is not asked again"
