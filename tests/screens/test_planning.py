"""`ferry plan` and `ferry why`: what is expected, what is short, and every alternative."""

import json
from dataclasses import replace

import pytest

from orchestrator.cli import emptying
from orchestrator.errors import OrchestratorError
from orchestrator.model.evacuation import EvacuationRequest, Proof, Shortage, Spare, Staying
from orchestrator.model.hold import Hold
from orchestrator.model.offer import Forecast
from orchestrator.model.plan import Rejected
from orchestrator.model.request import MoveRequest
from orchestrator.model.stored_plan import StoredPlan
from orchestrator.operations import stored_plans, why
from tests.screens import world
from tests.screens.world import KVM01, KVM02, KVM03

SEEN = Forecast(seconds=41.0, rounds=3, downtime_ms=120, because="measured")
MOVES = (
    replace(world.PLAN.moves[0], order=1, begins_seconds=0.0, forecast=SEEN),
    replace(world.PLAN.moves[1], order=2, begins_seconds=43.0, forecast=replace(SEEN, seconds=None, rounds=None)),
)
LEFT = Staying(
    guest=world.uuid(7),
    name="large",
    host=KVM01,
    why="no host has room: large needs 65664 MiB (memory); beside the others kvm02 can give most, 1024 MiB",
    fix="ferry why large",
)
SHORT = Shortage(
    resource="memory",
    short_by=2**36,
    needed=2**36,
    free=2**30,
    unit="bytes",
    sentence="large needs 65664 MiB (memory); beside the others kvm02 can give most, 1024 MiB: short by 64640 MiB",
)
WHOLE = replace(
    world.PLAN,
    moves=MOVES,
    findings=(),
    rejected=(),
    staying=(LEFT,),
    forecast_seconds=84.0,
    bound_seconds=82.0,
    proof=Proof(left=("large",), proven=True, shortages=(SHORT,), changes=("Let it stay: --exclude large",)),
    spare=Spare(holds=False, sentence="No further host may fail: the others are short by 4096 MiB in all."),
)


@pytest.fixture
def planned(given, monkeypatch):
    """What is planned, and what was asked for."""
    asked = []

    def propose(_doors, request, **_more):
        asked.append(request)
        return WHOLE

    monkeypatch.setattr(emptying, "propose_emptying", propose)
    return asked


def test_how_a_host_would_be_emptied(ferry, planned, screen) -> None:
    assert str(ferry("plan", "evacuate", "kvm01", "--only", "tag:web", "--to", "kvm02")) == screen
    (request,) = planned
    assert (request.hosts, request.only, request.to) == ((KVM01,), ("tag:web",), (KVM02,))


def test_it_is_the_plan_of_a_dry_run(ferry, planned) -> None:
    assert ferry("plan", "evacuate", "kvm01").out == ferry("evacuate", "kvm01", "--dry-run").out
    told = json.loads(ferry("-o", "json", "plan", "evacuate", "kvm01").out)
    assert (told["schema"], told["plan"]["proof"]["left"]) == ("ferry.plan/1", ["large"])
    assert ferry("plan", "evacuate", "kvm01", "--to", "kvm01").code == 2


def test_a_plan_whose_search_has_ended_early(ferry, planned, monkeypatch) -> None:
    unsure = replace(WHOLE, proof=replace(WHOLE.proof, proven=False), moves=())
    monkeypatch.setattr(emptying, "propose_emptying", lambda *_given, **_more: unsure)
    shown = ferry("plan", "evacuate", "kvm01").out
    assert "as far as was searched" in shown and "Expected" not in shown


@pytest.fixture
def kept(given, monkeypatch):
    def one(_doors, name):
        if name not in ("night", "dawn"):
            raise OrchestratorError.of("plan.unknown", f"no plan is called {name}; there are night, dawn")
        moves = MOVES if name == "night" else (replace(MOVES[0], destination=KVM03),)
        return StoredPlan(
            name=name, made_at=world.BEGIN, by="anna on ctl1", digest="9f2c44d01e77" + 52 * "0", policy_digest="p",
            request=EvacuationRequest(hosts=(KVM01,)) if name == "night" else MoveRequest(guests=("web-01",)),
            reason="new memory" if name == "night" else "", plan=replace(WHOLE, moves=moves),
        )  # fmt: skip

    monkeypatch.setattr(stored_plans, "one", one)
    monkeypatch.setattr(stored_plans, "every", lambda _doors: (one(None, "night"), one(None, "dawn")))


def test_kept_plans_are_listed_and_shown(ferry, kept, screen) -> None:
    assert str(ferry("plan", "show", "night")) == screen
    assert ferry("plan", "list").out == ferry("apply").out
    shown = ferry("plan", "show", "noon")
    assert shown.code == 2 and "Fix      ferry plan list" in shown.err
    head = ferry("plan", "show", "dawn").out.partition("\n\n")[0].splitlines()
    assert len(head) == 3 and head[2] == "Hosts   kvm01, kvm03"


def test_kept_plans_are_compared(ferry, kept, screen) -> None:
    assert str(ferry("plan", "compare", "night", "dawn")) == screen
    assert ferry("plan", "compare", "night", "night").out == "night and night would do the same.\n"
    told = json.loads(ferry("-o", "json", "plan", "compare", "night", "dawn").out)
    assert (told["schema"], [one["guest"] for one in told["differences"]]) == (
        "ferry.plan-difference/1", ["web-01", "db-01", ""]
    )  # fmt: skip


@pytest.fixture
def reasons(given, monkeypatch):
    """What would be proposed for one guest, and what is on hold."""
    given.plan = replace(
        world.PLAN,
        moves=world.PLAN.moves[:1],
        rejected=(Rejected(guest="web-01", destination=KVM03, why="cordoned: kvm03 is cordoned by anna"),),
    )
    asked = []

    def propose(_doors, request, **_more):
        asked.append(request)
        return given.plan

    monkeypatch.setattr(why, "propose", propose)
    held = (Hold(name=KVM03, by="anna on ctl1", at=world.BEGIN, because="a new switch"),)
    monkeypatch.setattr(why, "in_force", lambda _doors: held)
    return asked


def test_why_a_guest_goes_there_and_nowhere_else(ferry, reasons, screen) -> None:
    assert str(ferry("why", "web-01")) == screen
    assert reasons[0].thorough


def test_why_it_cannot(ferry, reasons, given, screen) -> None:
    given.plan = replace(world.BLOCKED, moves=())
    assert str(ferry("why", "build-07", "--to", "kvm02")) == screen
    told = json.loads(ferry("-o", "json", "why", "build-07", "--to", "kvm02").out)
    assert (told["schema"], told["why"]["to"], reasons[0].to) == ("ferry.why/1", None, KVM02)
    assert told["why"]["rejected"][0]["destination"] == "kvm02"
