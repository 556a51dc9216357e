"""What a way home asks of the hosts, and that one home out of reach hinders nobody else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from orchestrator.model.facts import Ask, Facts, HostFacts
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.restored import HomeRequest
from orchestrator.operations.returning import plan_returning
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.unit.checks.builders import SILENT, guest, host, link, pair, uuid
from tests.unit.planning.evacuations import places, site

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")


class Asked:
    """A survey of these hosts that remembers what it was asked, and in which turn."""

    def __init__(self, *hosts: HostFacts, silent: Sequence[HostName] = (), **policy: Any) -> None:
        self.hosts = {**{one.name: one for one in hosts}, **dict.fromkeys(silent, SILENT)}
        self.questions: list[Ask] = []
        self.expected: list[HostName] = []
        clock, store = SimClock(), MemoryStore(SimClock().ticks)
        self.doors: Any = SimpleNamespace(
            settings=site(*self.hosts, **policy), survey=lambda: self, store=lambda: store, clock=clock, holder=None,
            turn=self.turn, hypervisor=lambda name: SimpleNamespace(expect=lambda: self.expected.append(name)),
        )  # fmt: skip
        self.ours = False

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.ours = True
        yield
        self.ours = False

    def facts(self, ask: Ask, *, within: float) -> Facts:
        assert self.ours, "many ferries would ask at once"
        self.questions.append(ask)
        facts = Facts(hosts={name: self.hosts[name] for name in ask.hosts})
        guests = {g.uuid: g for said in facts.answering().values() for g in said.guests}
        return Facts(
            hosts=facts.hosts,
            links={(here, there, "migration"): link(here, there) for here in ask.hosts for there in ask.hosts},
            pairs={(a.guest, a.destination): pair(guests[a.guest], a.source, a.destination) for a in ask.pairs},
        )


def test_hosts_are_asked_once_and_then_only_what_lies_between_guests_and_their_homes() -> None:
    away = [guest("web", uuid=uuid(1)), guest("db", uuid=uuid(2))]
    asked = Asked(host(A), host(B), host(C, *away), ask_qemu=True)
    homes: dict[GuestId, HostName] = {uuid(1): A, uuid(2): B}
    plan = plan_returning(asked.doors, HomeRequest(homes=homes), dict.fromkeys(homes, C), soon=True)
    assert places(plan) == {"web": A, "db": B}
    first, between = asked.questions
    assert (first.pairs, set(first.hosts)) == ((), {A, B, C})
    assert {(pair.guest, pair.source, pair.destination) for pair in between.pairs} == {
        (uuid(1), C, A), (uuid(2), C, B),
    }  # fmt: skip
    assert set(between.links) == {(A, C), (B, C)}, "the way out again is looked at"
    assert first.ask_qemu == (f"kvm03/{uuid(1)}", f"kvm03/{uuid(2)}"), "and no other guest is marked"
    assert asked.expected == [C]


def test_nothing_is_tried_between_hosts_where_nobody_can_go() -> None:
    asked = Asked(host(A), host(C, guest("web", uuid=uuid(1)), guest("db", uuid=uuid(2))), silent=(B,))
    homes = {uuid(1): B, uuid(2): HostName("kvm09")}
    plan = plan_returning(asked.doors, HomeRequest(homes=homes), dict.fromkeys(homes, C))
    assert (plan.moves, len(plan.staying), len(asked.questions), asked.expected) == ((), 2, 1, [])
