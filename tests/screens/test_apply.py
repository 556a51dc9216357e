"""Plans that are kept and carried out later."""

import json
from dataclasses import replace

import pytest

from orchestrator.errors import OrchestratorError, Problem
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.stored_plan import StoredPlan
from orchestrator.operations import stored_plans
from tests.screens import world

PLAN = replace(world.PLAN, findings=(world.NOTE,))
MOVES = StoredPlan(
    name="night",
    made_at=world.BEGIN,
    by="anna on ctl1",
    digest="9f2c44d01e77" + 52 * "0",
    policy_digest="33f0a1b2",
    request=MoveRequest(guests=("web-01", "db-01"), raised={"live": 4}),
    plan=PLAN,
)
EMPTYING = replace(MOVES, name=world.HOSTILE, request=EvacuationRequest(hosts=(world.KVM01,)))
DRIFTED = OrchestratorError(
    (
        Problem(
            code="plan.drifted",
            saw="planned: web-01 is running on kvm01; now: web-01 is running on kvm03",
            fix="Look at it, and plan anew under the same name: add --dry-run --save NAME to the command",
        ),
        Problem(code="plan.drifted", saw="planned: kvm02 answers; now: kvm02 does not answer: no answer within 10 s"),
    )
)


@pytest.fixture
def kept(given, monkeypatch):
    given.kept = []
    given.plan = PLAN

    def keep(_doors, name, request, plan, who):
        given.kept.append((name, request, plan, who))
        return replace(MOVES, name=name)

    def one(_doors, name):
        if name not in ("night", "dawn"):
            raise OrchestratorError.of("plan.unknown", f"no plan is called {name}; there are night, dawn")
        return MOVES if name == "night" else EMPTYING

    monkeypatch.setattr(stored_plans, "keep", keep)
    monkeypatch.setattr(stored_plans, "one", one)
    monkeypatch.setattr(stored_plans, "every", lambda _doors: (MOVES, EMPTYING))
    monkeypatch.setattr(stored_plans, "unchanged", lambda _doors, stored, _who: given.answer(stored.plan))
    return given


def test_a_plan_is_kept(ferry, kept, screen):
    assert str(ferry("migrate", "web-01", "db-01", "--dry-run", "--save", "night")) == screen
    [(name, request, plan, who)] = kept.kept
    assert (name, request.guests, plan, who) == ("night", ("web-01", "db-01"), PLAN, world.WHO)


def test_a_plan_that_is_blocked_is_not_kept(ferry, kept):
    kept.plan = world.BLOCKED
    assert ferry("migrate", "build-07", "--dry-run", "--save", "night").code == 4
    assert kept.kept == []


@pytest.mark.parametrize("command", [("migrate", "web-01", "--yes"), ("evacuate", "kvm01", "--yes")])
def test_only_what_was_shown_is_kept(ferry, kept, command):
    assert ferry(*command, "--save", "night").code == 2
    assert (kept.kept, kept.applied) == ([], [])


def test_what_can_be_applied(ferry, kept, screen):
    assert str(ferry("apply")) == screen


def test_what_can_be_applied_for_a_program(ferry, kept):
    told = json.loads(ferry("apply", "-o", "json").out)
    assert told["schema"] == "ferry.plans/1"
    assert [(one["name"], one["moves"]) for one in told["plans"]] == [("night", 2), (world.HOSTILE, 2)]


def test_nothing_is_kept(ferry, kept, screen, monkeypatch):
    monkeypatch.setattr(stored_plans, "every", lambda _doors: ())
    assert str(ferry("apply")) == screen


def test_a_kept_plan_is_shown(ferry, kept, screen):
    assert str(ferry("apply", "night", "--dry-run")) == screen
    assert kept.applied == []


def test_a_kept_plan_is_carried_out_as_it_was_agreed_on(ferry, kept, screen):
    kept.plan = Plan(moves=(), findings=())  # what would be proposed today
    kept.reports = (world.done(world.migrated("web-01", 1), world.migrated("db-01", 2)),)
    assert str(ferry("apply", "night", "--yes", "-q")) == screen
    assert (kept.applied, kept.raised) == ([PLAN], {"live": 4})


def test_a_plan_that_has_drifted_is_refused(ferry, kept, screen):
    kept.fails = DRIFTED
    shown = ferry("apply", "night", "--yes")
    assert str(shown) == screen
    assert (shown.code, kept.applied) == (5, [])


def test_a_plan_that_nobody_kept(ferry, kept):
    shown = ferry("apply", "noon", "--yes")
    assert (shown.code, "there are night, dawn" in shown.err) == (2, True)


def test_without_a_terminal_it_is_not_begun_unasked(ferry, kept):
    assert ferry("apply", "night").code == 2
    assert kept.applied == []
