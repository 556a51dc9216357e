"""Plans that are kept: they come back as they were, and are carried out only in the world they were made for."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.documents import plan_digest
from orchestrator.documents.stored_plans import decode_stored_plan, encode_stored_plan
from orchestrator.errors import OrchestratorError
from orchestrator.model.evacuation import EvacuationRequest, Proof, Shortage, Staying
from orchestrator.model.facts import Facts
from orchestrator.model.move import Outcome, State
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.transport import Mode
from orchestrator.operations import stored_plans
from orchestrator.simulator.clock import EPOCH
from tests.scenarios.simulated import WHO, A, B, Bench
from tests.screens import world

REQUEST = MoveRequest(guests=("web-01", "db-01"), to=world.KVM02, mode=Mode.LIVE, raised={"live": 4})
EMPTYING = EvacuationRequest(hosts=(A,), only=("w*",), avoid={world.uuid(1): frozenset({B})})
WHOLE = replace(
    world.PLAN,
    moves=tuple(
        replace(move, order=n, begins_seconds=1.5 * n, vcpu_time_ns=n) for n, move in enumerate(world.PLAN.moves, 1)
    ),
    staying=(Staying(guest=world.uuid(3), name=world.HOSTILE, host=A, why="pinned", fix="ferry check"),),
    forecast_seconds=12.25,
    proof=Proof(
        left=("web-01",),
        proven=True,
        shortages=(Shortage(resource="memory", short_by=1, needed=2, free=1, unit="bytes", sentence="too little"),),
    ),
)


class Asked:
    """A survey that answers these facts."""

    def __init__(self, facts: Facts) -> None:
        self.answer, self.hosts = facts, ()

    def facts(self, ask, *, within):
        self.hosts = ask.hosts
        return Facts(hosts={host: said for host, said in self.answer.hosts.items() if host in ask.hosts})


PLAN = Plan(moves=(world.move("web-01", 1),), findings=(world.NOTE,))
THERE = Facts(
    hosts={
        world.KVM01: world.host(world.KVM01, (world.guest("web-01", 1, vcpu_time_ns=5),)),
        world.KVM02: world.host(world.KVM02, ()),
        world.KVM03: world.host(world.KVM03, ()),
    }
)


@pytest.fixture
def bench():
    return Bench()


def doors(bench, facts=THERE):
    survey = Asked(facts)
    return replace(bench.doors(), survey=lambda: survey)


@pytest.fixture
def checks(monkeypatch):
    said = []
    monkeypatch.setattr(stored_plans, "drifted", lambda _doors, _moves: tuple(said))
    return said


def refused(code, *words, call):
    with pytest.raises(OrchestratorError) as raised:
        call()
    assert {problem.code for problem in raised.value.problems} == {code}
    said = " ".join(problem.saw for problem in raised.value.problems)
    assert [word for word in words if word not in said] == []
    return raised.value.problems


@pytest.mark.parametrize("request_", [REQUEST, EMPTYING], ids=["moves", "an evacuation"])
def test_a_plan_comes_back_whole_with_the_same_digest(bench, request_) -> None:
    kept = stored_plans.keep(bench.doors(), "night", request_, WHOLE, WHO)
    assert (kept.made_at, kept.by, kept.digest) == (EPOCH, "ada on ctl", plan_digest(WHOLE))
    assert stored_plans.one(bench.doors(), "night") == kept
    assert plan_digest(decode_stored_plan(encode_stored_plan(kept)).plan) == kept.digest


def test_the_reason_is_kept_and_a_plan_of_before_has_none(bench) -> None:
    kept = stored_plans.keep(bench.doors(), "night", REQUEST, WHOLE, replace(WHO, reason="new memory"))
    assert stored_plans.one(bench.doors(), "night").reason == "new memory"
    text = json.loads(encode_stored_plan(kept))
    del text["reason"]
    bench.store.keep_plan("night", json.dumps(text), at=EPOCH)
    assert stored_plans.one(bench.doors(), "night").reason == ""


def test_the_next_of_that_name_replaces_it_and_the_newest_is_first(bench) -> None:
    for name, moves in (("a", PLAN), ("b", PLAN), ("a", WHOLE)):
        stored_plans.keep(bench.doors(), name, REQUEST, moves, WHO)
        bench.pass_time(1.0)
    assert [(one.name, len(one.plan.moves)) for one in stored_plans.every(bench.doors())] == [("a", 2), ("b", 1)]


def test_what_would_do_nothing_is_not_kept(bench) -> None:
    nothing = Plan(moves=(), findings=())
    refused("plan.empty", "night", call=lambda: stored_plans.keep(bench.doors(), "night", REQUEST, nothing, WHO))
    assert bench.store.plans() == {}


def test_a_plan_that_is_unknown_or_was_touched_is_refused(bench) -> None:
    kept = stored_plans.keep(bench.doors(), "night", REQUEST, PLAN, WHO)
    refused("plan.unknown", "day", "there are night", call=lambda: stored_plans.one(bench.doors(), "day"))
    later = EPOCH + timedelta(seconds=1)
    bench.store.keep_plan("night", '{"novelty":1}', at=later)
    refused("plan.unreadable", "night", call=lambda: stored_plans.one(bench.doors(), "night"))
    other = replace(kept, plan=replace(PLAN, moves=(world.move("web-01", 1, to=world.KVM03),)))
    bench.store.keep_plan("night", encode_stored_plan(other), at=later)
    refused("plan.unreadable", kept.digest, call=lambda: stored_plans.one(bench.doors(), "night"))
    assert stored_plans.every(bench.doors()) == ()


def test_the_plan_of_an_unchanged_world_is_carried_out_as_it_is(bench, checks) -> None:
    made = doors(bench)
    kept = stored_plans.keep(made, "night", REQUEST, PLAN, WHO)
    plan = stored_plans.unchanged(made, kept, WHO)
    assert plan == replace(PLAN, moves=(replace(PLAN.moves[0], vcpu_time_ns=5),))
    assert made.survey().hosts == (world.KVM01, world.KVM02)


def test_what_has_changed_is_said_all_at_once(bench, checks) -> None:
    moved = Facts(hosts={**THERE.hosts, world.KVM01: world.host(world.KVM01, ())})
    made = doors(bench, moved)
    kept = stored_plans.keep(made, "night", REQUEST, PLAN, WHO)
    problems = refused(
        "plan.drifted",
        "web-01 is not on kvm01 any more",
        "under the policy",
        call=lambda: stored_plans.unchanged(made, kept, replace(WHO, policy_digest="other")),
    )
    assert len(problems) == 2


def test_what_a_check_says_by_now_refuses_it_too(bench, checks) -> None:
    made = doors(bench)
    kept = stored_plans.keep(made, "night", REQUEST, PLAN, WHO)
    saw = "cordoned: kvm02 is cordoned since 2026-11-21 04:05 UTC by anna on ctl1: a new mainboard"
    checks.append(Outcome(guest=world.uuid(1), state=State.KEPT, where=None, because=saw, code="migration.drifted"))
    refused("plan.drifted", saw, call=lambda: stored_plans.unchanged(made, kept, WHO))


def test_a_move_to_a_host_that_others_leave_is_judged_when_its_turn_comes(bench, monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(stored_plans, "drifted", lambda _doors, moves: asked.extend(moves) or ())
    aside = replace(world.move("mail-01", 5, to=world.KVM03), source=world.KVM02)
    there = {**THERE.hosts, world.KVM02: world.host(world.KVM02, (world.guest("mail-01", 5),))}
    made = doors(bench, Facts(hosts=there))
    kept = stored_plans.keep(made, "night", REQUEST, Plan(moves=(*PLAN.moves, aside), findings=()), WHO)
    stored_plans.unchanged(made, kept, WHO)
    assert asked == [aside]


def test_a_guest_that_has_come_to_a_host_to_be_emptied_is_a_change(bench, checks) -> None:
    late = world.host(world.KVM01, (world.guest("web-01", 1), world.guest("late", 8)))
    made = doors(bench, Facts(hosts={**THERE.hosts, world.KVM01: late}))
    kept = stored_plans.keep(made, "night", EvacuationRequest(hosts=(world.KVM01,)), PLAN, WHO)
    refused("plan.drifted", "late is not on kvm01", call=lambda: stored_plans.unchanged(made, kept, WHO))
