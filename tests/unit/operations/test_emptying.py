"""The plan of an evacuation: what is asked of the hosts, what policies keep back, and who waits for room."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Emptying
from orchestrator.model.request import MoveRequest
from orchestrator.operations.emptying import first_wave, propose_emptying
from orchestrator.operations.propose import propose
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.store import MemoryStore
from tests.screens import world
from tests.unit.checks.builders import guest, host, uuid
from tests.unit.planning.evacuations import HERE, site, surveyed

THERE, ELSEWHERE = HostName("kvm02"), HostName("kvm03")


class Asked:
    """A survey of these hosts that remembers what it was asked."""

    def __init__(self, hosts: Any, request: EvacuationRequest, **policy: Any) -> None:
        self.hosts = {one.name: one for one in hosts}
        self.settings = site(*self.hosts, **policy)
        self.whole = surveyed(request, self.settings, self.hosts)
        self.questions: list[Any] = []
        clock = SimClock()
        store = MemoryStore(clock.ticks)
        self.doors: Any = SimpleNamespace(
            settings=self.settings, survey=lambda: self, store=lambda: store, clock=clock, holder=None,
            open_soon=lambda _hosts, _sources: None, turn=self.turn,
        )  # fmt: skip
        self.ours = False
        self.out_of_turn: list[Any] = []

    @contextmanager
    def turn(self) -> Iterator[None]:
        self.ours = True
        yield
        self.ours = False

    def facts(self, ask: Any, *, within: float) -> Facts:
        self.questions.append(ask)
        if not self.ours:
            self.out_of_turn.append(ask)
        said = {name: self.hosts[name] for name in ask.hosts}
        return replace(self.whole, hosts=said) if ask.pairs else Facts(hosts=said)


REQUEST = EvacuationRequest(hosts=(HERE,))


def test_hosts_are_asked_first_and_then_what_lies_between_them() -> None:
    asked = Asked([host(HERE, guest("web")), host(THERE), host(ELSEWHERE)], REQUEST)
    plan = propose_emptying(asked.doors, REQUEST)
    assert [move.name for move in plan.moves] == ["web"]
    first, every, between = asked.questions
    assert (first.hosts, first.shell, set(every.hosts)) == ((HERE,), False, {HERE, THERE, ELSEWHERE})
    assert {pair.destination for pair in between.pairs} == {THERE, ELSEWHERE}
    assert {(THERE, HERE), (ELSEWHERE, HERE)} <= set(between.links), "the way home is looked at"


def test_what_many_ferries_would_ask_at_once_is_asked_in_turn() -> None:
    emptying = Asked([host(HERE, guest("web")), host(THERE)], REQUEST)
    propose_emptying(emptying.doors, REQUEST)
    moving = Asked([host(HERE, guest("web")), host(THERE)], REQUEST)
    propose(moving.doors, MoveRequest(guests=("web",), to=THERE))
    assert [len(one.questions) - len(one.out_of_turn) for one in (emptying, moving)] == [2, 2]
    assert all(not ask.pairs for one in (emptying, moving) for ask in one.out_of_turn)


def test_a_guest_that_its_policy_leaves_alone_is_said() -> None:
    asked = Asked([host(HERE, guest("web")), host(THERE)], REQUEST, evacuation=Emptying(guests="leave"))
    plan = propose_emptying(asked.doors, REQUEST)
    assert plan.moves == ()
    (one,) = plan.staying
    assert (one.live, one.asked, one.why) == (True, False, "its policy leaves it alone (evacuation.guests: leave)")


@pytest.mark.parametrize(("shut_off", "moves"), [("stay", 0), ("move", 1)])
def test_definitions_of_guests_that_are_shut_off(shut_off: Any, moves: int) -> None:
    off = guest("old", power=Power.SHUT_OFF)
    asked = Asked(
        [host(HERE, off), host(THERE)], replace(REQUEST, offline="move"), evacuation=Emptying(shut_off=shut_off)
    )
    plan = propose_emptying(asked.doors, REQUEST)
    assert (len(plan.moves), len(plan.staying)) == (moves, 1 - moves)


def test_what_means_nobody_is_said() -> None:
    request = replace(REQUEST, only=("w*", "db-*"), exclude=("old", "kvm02/*"))
    asked = Asked([host(HERE, guest("web"), guest("old", uuid=uuid(2), power=Power.SHUT_OFF)), host(THERE)], request)
    plan = propose_emptying(asked.doors, request)
    assert ([move.name for move in plan.moves], plan.unmatched) == (["web"], ("db-*", "kvm02/*"))
    assert propose_emptying(asked.doors, replace(request, only=(), exclude=())).unmatched == ()


def test_who_is_named_and_stays_is_not_called_unknown() -> None:
    off = replace(REQUEST, only=("old",))
    asked = Asked([host(HERE, guest("old", power=Power.SHUT_OFF)), host(THERE)], off)
    plan = propose_emptying(asked.doors, off)
    assert (plan.moves, plan.unmatched) == ((), ())
    assert [one.why for one in plan.staying] == ["it is shut off (evacuation.shut_off: stay)"]
    with pytest.raises(OrchestratorError) as raised:
        propose_emptying(asked.doors, replace(REQUEST, only=("nobody",)))
    assert raised.value.problems[0].code == "guest.unknown"


def test_who_has_failed_everywhere_may_try_again() -> None:
    web = guest("web")
    asked = Asked([host(HERE, web), host(THERE)], REQUEST)
    tried = replace(REQUEST, avoid={web.uuid: frozenset({THERE})})
    assert [move.destination for move in propose_emptying(asked.doors, tried).moves] == [THERE]


def test_a_host_that_is_silent_cannot_be_emptied() -> None:
    asked = Asked([host(HERE), host(THERE)], REQUEST)
    asked.hosts[HERE] = Unknown(why="no answer", code="host.unreachable")
    with pytest.raises(OrchestratorError) as raised:
        propose_emptying(asked.doors, REQUEST)
    assert raised.value.exit_code == 6


def test_guests_that_wait_for_room_leave_later() -> None:
    aside = replace(world.move("aside", 1), source=THERE, destination=ELSEWHERE)
    waits = replace(world.move("waits", 2), source=HERE, destination=THERE)
    goes = replace(world.move("goes", 3), source=HERE, destination=ELSEWHERE)
    plan = Plan(moves=(aside, waits, goes), findings=())
    wave = first_wave(plan, (HERE,))
    assert wave.moves == (aside, goes)
    assert [(one.name, one.why) for one in wave.staying] == [("waits", "it waits until there is room on kvm02")]
    assert first_wave(replace(plan, moves=(waits, goes)), (HERE,)).moves == (waits, goes)
