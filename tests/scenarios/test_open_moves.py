"""A guest whose first move is not over is not moved a second time, in the simulator."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.order import Keep
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import Run, RunId
from orchestrator.operations import checking, propose
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.open_moves import open_moves
from orchestrator.operations.resolve import carry_out, choose, evidence, held_move
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Phase
from orchestrator.simulator.kill import Killed, Killer
from orchestrator.simulator.world import Copy
from tests.scenarios.simulated import WHO, A, B, Bench, C

FROZEN = Fault(mishaps=(Mishap(what=What.DAEMON_FROZEN, host=B, step=Phase.FINISH, after=0.0, lasts=260.0),))


def on_record(bench: Bench):
    """What another process finds."""
    return open_moves(bench.store, bench.doors().holder)


def twice(policy: str = "alarm") -> tuple[Bench, Any]:
    """A guest that runs on both hosts, held for a person."""
    bench = Bench(fault=Fault(reply_lost=True), policy=Policy(name="t", double_run=cast(Any, policy)))
    guest = bench.guest(1)
    bench.apply(bench.move(guest))
    return bench, guest


class TestASilentHost:
    def test_a_second_run_leaves_the_guest_alone_and_the_copy_that_begins_late_is_the_only_other_one(self) -> None:
        bench = Bench(fault=FROZEN)
        guest = bench.guest(1)
        bench.apply(bench.move(guest))
        ((one,),) = on_record(bench).values()
        assert (one.run, one.code, one.held, one.driven) == ("run-1", "guest.side-silent", False, False)
        second = bench.apply(bench.move(guest, destination=C))
        outcome = second.moves[0].outcome
        assert outcome is not None
        assert (outcome.state, outcome.code, second.exit_code is None) == (State.KEPT, "migration.drifted", False)
        assert "run run-1 moves guest-01 from kvm01 to kvm02" in outcome.because
        bench.pass_time(300)
        assert C not in bench.world.active(guest)

    def test_others_of_the_run_go_on(self) -> None:
        bench = Bench(fault=FROZEN)
        guest, other = bench.guest(1), bench.guest(2)
        bench.apply(bench.move(guest))
        report = bench.apply(bench.move(guest, destination=C), bench.move(other, destination=C))
        assert [m.outcome and m.outcome.state for m in report.moves] == [State.KEPT, State.MIGRATED]

    def test_a_move_that_has_its_verdict_is_over(self) -> None:
        bench = Bench()
        guest = bench.guest(1)
        bench.apply(bench.move(guest))
        assert on_record(bench) == {}
        assert bench.apply(bench.move(guest, destination=C, source=B)).moves[0].state is State.MIGRATED


class TestHeldForAPerson:
    def test_it_counts_although_its_run_is_closed(self) -> None:
        bench, guest = twice()
        assert bench.store.runs(unfinished=True) == ()
        ((one,),) = on_record(bench).values()
        assert (one.code, one.held) == ("guest.runs-twice", True)
        report = bench.apply(bench.move(guest, destination=C))
        assert report.moves[0].state is State.KEPT

    @pytest.mark.parametrize("keep", ["source", "destination"])
    def test_until_a_copy_was_chosen(self, keep: Keep) -> None:
        bench, _guest = twice()
        doors = replace(bench.doors(), inventory=lambda _host: cast(Any, Silent()))
        held = held_move(doors, RunId("run-1"), None)
        given = choose(held, evidence(doors, held, keep), WHO)
        number = bench.store.order(held.run.id, given.order, at=bench.clock.now())
        carry_out(doors, held.run, replace(given, number=number), WHO, (), Stop())
        assert on_record(bench) == {}

    def test_or_neither_host_has_it_any_more(self) -> None:
        bench, guest = twice()
        for host in (A, B):
            del bench.world.copies[host, guest]
        bench.world.fault.reply_lost = False
        bench.world.copies[C, guest] = Copy(power=Power.RUNNING, reason="booted", since=bench.clock.ticks())
        report = bench.apply(bench.move(guest, destination=A, source=C))
        assert report.moves[0].state is State.MIGRATED


def while_opening(bench: Bench, meanwhile: Callable[[], Any]) -> Doors:
    """A process that is overtaken right after its run was opened."""

    class Overtaken:
        def __getattr__(self, name: str) -> Any:
            return getattr(bench.store, name)

        def open_run(self, *given: Any, **named: Any) -> Any:
            fence = bench.store.open_run(*given, **named)
            meanwhile()
            return fence

    store = cast(Any, Overtaken())
    return replace(bench.doors(), store=lambda: store)


class Silent:
    """An inventory that tells nothing."""

    def read(self, *_asked: Any, **_named: Any) -> Unknown:
        return Unknown(why="not asked")


class TestTwoAtOnce:
    def test_of_two_runs_the_one_opened_later_gives_way(self) -> None:
        bench = Bench()
        guest = bench.guest(1)
        plan = Plan(moves=(bench.move(guest, destination=C),), findings=())
        later: list[Any] = []
        doors = while_opening(bench, lambda: later.append(apply(bench.doors(), plan, WHO, (), Stop()).moves[0]))
        first = apply(doors, Plan(moves=(bench.move(guest),), findings=()), WHO, (), Stop())
        assert later[0].outcome.code == "migration.drifted"
        assert first.moves[0].state is State.MIGRATED
        assert bench.world.active(guest) == [B]

    def test_and_not_the_earlier_one_as_well(self) -> None:
        bench = Bench()
        guest = bench.guest(1)
        other = bench.doors()
        moves = (bench.move(guest, destination=C),)
        theirs = Run(id=RunId("run-9"), started_at=bench.clock.now(), who=WHO, moves=moves, policy=bench.policy)
        doors = while_opening(bench, lambda: bench.store.open_run(theirs, other.holder, lasts=30.0))
        assert (
            apply(doors, Plan(moves=(bench.move(guest),), findings=()), WHO, (), Stop()).moves[0].state
            is State.MIGRATED
        )

    def test_a_run_that_was_left_counts_and_its_adopter_is_not_in_its_own_way(self) -> None:
        bench = Bench()
        guest = bench.guest(1)
        with pytest.raises(Killed):
            bench.apply(bench.move(guest), killer=Killer(after=frozenset({3})))
        dead = bench.store.lease("run-1")
        assert dead is not None
        assert [one.driven for one in on_record(bench)[guest]] == [True]
        assert open_moves(bench.store, dead.holder) == {}
        assert open_moves(bench.store, bench.doors().holder, RunId("run-1")) == {}


class TestThePlan:
    @pytest.fixture
    def asked(self, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
        """What planning was given as not over."""
        given: list[Any] = []
        monkeypatch.setattr(propose, "gather", lambda *_given, **_named: Facts(hosts={}))
        monkeypatch.setattr(propose, "plan", lambda *what: given.append(what[4]) or Plan(moves=(), findings=()))
        return given

    def test_it_is_asked_of_the_store_which_loads_meanwhile(self, asked: list[Any]) -> None:
        bench, guest = twice()
        opened: list[Any] = []
        doors = replace(bench.doors(), open_soon=lambda *hosts: opened.append(hosts))
        propose.propose(doors, MoveRequest(guests=("web",)))
        assert list(asked[0]) == [guest]
        assert opened == [((), ())]

    def test_a_check_of_the_rest_of_a_run_is_not_refused_because_of_that_run(self, asked: list[Any]) -> None:
        bench = Bench()
        guest = bench.guest(1)
        with pytest.raises(Killed):
            bench.apply(bench.move(guest), killer=Killer(after=frozenset({3})))
        (request,) = checking.of_run(bench.doors(), "run-1")
        propose.propose(bench.doors(), request)
        propose.propose(bench.doors(), replace(request, of_run=None))
        assert [list(each) for each in asked] == [[], [guest]]

    @pytest.mark.parametrize(
        ("code", "given"),
        [("usage.saved-facts", {}), ("store.unavailable", Unknown(why="no such door", code="store.unavailable"))],
    )
    def test_saved_facts_have_no_store_and_one_that_fails_is_told(
        self, asked: list[Any], code: str, given: Any
    ) -> None:
        def closed() -> Any:
            raise OrchestratorError.of(code, "no such door")

        propose.propose(replace(Bench().doors(), store=closed), MoveRequest(guests=("web",)))
        assert asked == [given]


class TestLeftUnwatched:
    """The store fails for good while a copy is in flight."""

    @pytest.mark.parametrize(
        ("control", "said"),
        [
            ("p2p", "What is being copied goes on between the hosts, unwatched."),
            ("direct", "without it the copy breaks off, and the guest stays on kvm01."),
        ],
    )
    def test_what_becomes_of_the_copy_is_said_as_it_will_be(self, control: str, said: str) -> None:
        bench = Bench()
        guest = bench.guest(1)

        def gone(*_given: Any, **_named: Any) -> Any:
            raise OrchestratorError.of("store.corrupt", "the disk is gone")

        bench.world.later(3.0, lambda: bench.store.__dict__.update(append=gone, renew=gone))
        with pytest.raises(OrchestratorError) as failed:
            bench.apply(bench.move(guest, control=control))
        (problem,) = failed.value.problems
        assert said in problem.now
        bench.world.client_gone()
        bench.pass_time(60)
        assert bench.world.active(guest) == [B if control == "p2p" else A]
