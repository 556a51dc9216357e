"""A copy that failed is begun once more, in the simulator: when, where, how often, and when not."""

from dataclasses import replace

import pytest

from orchestrator.engine.stop import Stop
from orchestrator.errors import OrchestratorError
from orchestrator.model.entry import Ended, Recorded
from orchestrator.model.event import Retrying
from orchestrator.model.guest import Power
from orchestrator.model.move import State
from orchestrator.model.order import Order
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Policy, Retries
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.model.units import Milliseconds
from orchestrator.operations import retry
from orchestrator.operations.retry import Attempts
from orchestrator.simulator.fault import Fault
from tests.scenarios.simulated import WHO, A, B, Bench, C


class Heard:
    """A view that remembers what it was told about attempts."""

    def __init__(self, then=lambda: None) -> None:
        self.told: list[Retrying] = []
        self._then = then

    def emit(self, event) -> None:
        if isinstance(event, Retrying):
            self.told.append(event)
            self._then()


class Tries:
    """One request of one guest in a cluster whose copies break off until `heals_after` of them have."""

    def __init__(self, monkeypatch, *, heals_after: int, fits=(B, C), power=Power.RUNNING, **retries) -> None:
        policy = Policy(name="test", retries=Retries(**{"back_off": Milliseconds(10_000)} | retries))
        self.bench = Bench(policy=policy, fault=Fault(breaks_after=1.0))
        self.guest = self.bench.guest(1, power=power)
        self.fits, self.asked = fits, []
        self.heals_after = heals_after
        names = iter(range(1, 100))
        self.doors = replace(self.bench.doors(), new_run_name=lambda: f"run-{next(names)}")
        monkeypatch.setattr(retry, "propose", self.propose)

    def propose(self, _doors, request, *, soon):
        assert soon
        self.asked.append(request)
        if len(self.asked) >= self.heals_after:
            self.bench.world.fault.breaks_after = None
        avoided = request.avoid.get(self.guest, frozenset())
        fitting = [h for h in self.fits if request.to in (None, h) and h not in avoided]
        return Plan(moves=tuple(self.bench.move(self.guest, host) for host in fitting[:1]), findings=())

    def run(self, *, stop: Stop | None = None, heard: Heard | None = None):
        attempts = Attempts(self.doors, MoveRequest(guests=("guest",), to=B), WHO)
        plan = Plan(moves=(self.bench.move(self.guest, B),), findings=())
        reports = attempts.carry_out(plan, [heard] if heard else [], stop or Stop())
        assert attempts.exit_code(reports[-1]) is None, "the last run answers for itself"
        return reports, [*(attempts.exit_code(r) for r in reports[:-1]), reports[-1].exit_code]


def outcome(report):
    (move,) = report.moves
    return move.outcome


def test_without_a_policy_a_failure_is_a_failure(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1)
    reports, codes = tries.run()
    assert ([outcome(r).state for r in reports], codes, tries.asked) == ([State.KEPT], [1], [])


def test_it_is_begun_again_after_the_back_off(monkeypatch) -> None:
    tries, heard = Tries(monkeypatch, heals_after=1, attempts=3), Heard()
    (first, second), codes = tries.run(heard=heard)
    assert (outcome(first).state, outcome(second).state, codes) == (State.KEPT, State.MIGRATED, [0, 0])
    assert second.run.retry is not None
    assert (second.run.retry.attempt, second.run.retry.follows) == (2, first.run.id)
    assert outcome(first).because in second.run.retry.because
    assert (second.run.started_at - first.ended_at).total_seconds() == pytest.approx(10, abs=0.1)
    (told,) = heard.told
    assert (told.attempt, told.attempts, told.seconds, told.guests) == (2, 3, 10.0, (tries.guest,))
    assert first.exit_code == 1, "the journal keeps what the first run answered"


def test_the_back_off_doubles_and_the_attempts_end(monkeypatch) -> None:
    tries, heard = Tries(monkeypatch, heals_after=99, attempts=3), Heard()
    reports, codes = tries.run(heard=heard)
    assert [told.seconds for told in heard.told] == [10.0, 20.0]
    assert [outcome(r).state for r in reports] == [State.KEPT] * 3
    assert codes == [0, 0, 1], "the last one answers for the guest"


def test_it_goes_where_it_was_to_go_unless_the_policy_says_elsewhere(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=2)
    (_, second), _ = tries.run()
    assert outcome(second).where == B
    assert [request.to for request in tries.asked] == [B]


def test_elsewhere_the_failed_host_is_passed_over(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=2, elsewhere=True)
    (_, second), _ = tries.run()
    assert outcome(second).where == C
    assert tries.asked[0].avoid == {tries.guest: frozenset({B})}
    assert tries.asked[0].guests == (f"{A}/{tries.guest}",)


def test_where_no_other_host_fits_it_is_the_same_one(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, fits=(B,), attempts=2, elsewhere=True)
    (_, second), _ = tries.run()
    assert (outcome(second).state, outcome(second).where) == (State.MIGRATED, B)
    assert [request.to for request in tries.asked] == [None, B]


def test_a_host_that_does_not_answer_spends_an_attempt(monkeypatch) -> None:
    tries, heard = Tries(monkeypatch, heals_after=2, attempts=3), Heard()
    ask = tries.propose

    def silent_once(doors, request, *, soon):
        plan = ask(doors, request, soon=soon)
        if len(tries.asked) == 1:
            raise OrchestratorError.of("host.unreachable", "kvm02 does not answer")
        return plan

    monkeypatch.setattr(retry, "propose", silent_once)
    reports, codes = tries.run(heard=heard)
    assert [told.attempt for told in heard.told] == [2, 3]
    assert ([outcome(r).state for r in reports], codes) == ([State.KEPT, State.MIGRATED], [0, 0])
    assert reports[1].run.retry.attempt == 3


def test_an_operator_ends_the_waiting_at_once(monkeypatch) -> None:
    tries, stop = Tries(monkeypatch, heals_after=1, attempts=2), Stop()
    before = tries.bench.clock.ticks()
    reports, codes = tries.run(stop=stop, heard=Heard(lambda: stop.more("ada")))
    assert (len(reports), codes, tries.asked) == (1, [1], [])
    assert tries.bench.clock.ticks() - before < 10.0


def test_a_guest_is_not_shut_down_twice(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=3)
    cold = tries.bench.move(tries.guest, B, mode=Mode.COLD)
    tries.bench.world.accept = lambda *_args, **_kwargs: "no route to host"
    done = Attempts(tries.doors, MoveRequest(guests=("guest",), to=B), WHO)
    monkeypatch.setattr(retry, "RETRYABLE", retry.RETRYABLE | {"migration.refused"})
    (report,) = done.carry_out(Plan(moves=(cold,), findings=()), [], Stop())
    assert (outcome(report).state, outcome(report).code) == (State.KEPT, "migration.refused")
    assert tries.asked == []


def test_what_one_guest_is_refused_for_does_not_hinder_the_others(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=2)
    other = tries.bench.guest(2)
    ask, moves = tries.propose, (tries.bench.move(tries.guest, B), tries.bench.move(other, B))

    def one_is_gone(doors, request, *, soon):
        if any(str(other) in name for name in request.guests):
            raise OrchestratorError.of("guest.unknown", "gone")
        return ask(doors, request, soon=soon)

    monkeypatch.setattr(retry, "propose", one_is_gone)
    attempts = Attempts(tries.doors, MoveRequest(guests=("one", "two"), to=B), WHO)
    _, second = attempts.carry_out(Plan(moves=moves, findings=()), [], Stop())
    assert [(m.move.guest, m.state) for m in second.moves] == [(tries.guest, State.MIGRATED)]


@pytest.mark.parametrize(
    ("state", "code"),
    [
        (State.KEPT, "migration.cancelled"),
        (State.KEPT, "migration.not-converging"),
        (State.KEPT, "migration.too-long"),
        (State.UNCLEAR, "guest.side-silent"),
        (State.UNCLEAR, "migration.failed"),
        (State.MIGRATED, "guest.unreachable"),
    ],
)
def test_what_is_not_a_failed_copy_is_not_begun_again(monkeypatch, state, code) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=3)
    apply = retry.apply

    def ended_so(*args, **more):
        done = apply(*args, **more)
        (move,) = done.moves
        verdict = replace(move.outcome, state=state, code=code)
        return replace(done, moves=(replace(move, outcome=verdict),))

    monkeypatch.setattr(retry, "apply", ended_so)
    assert len(tries.run()[0]) == 1
    assert tries.asked == []


def test_an_order_to_stop_from_elsewhere_binds_the_next_attempt(monkeypatch) -> None:
    tries = Tries(monkeypatch, heals_after=1, attempts=3)

    class Orders:
        def emit(self, event) -> None:
            if isinstance(event, Recorded) and isinstance(event.entry, Ended):
                tries.bench.store.order(event.run, Order(kind="stop", by="eve on ctl"), at=tries.bench.clock.now())

    attempts = Attempts(tries.doors, MoveRequest(guests=("guest",), to=B), WHO)
    plan = Plan(moves=(tries.bench.move(tries.guest, B),), findings=())
    (report,) = attempts.carry_out(plan, [Orders()], Stop())
    assert (outcome(report).state, tries.asked) == (State.KEPT, [])
