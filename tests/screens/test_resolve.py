"""What `ferry resolve` shows before anybody chooses, and what it answers."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.cli import resolving
from orchestrator.cli.resolving import resolution
from orchestrator.errors import OrchestratorError
from orchestrator.model.dispute import CopySeen, Dispute, Told
from orchestrator.model.given import Given
from orchestrator.model.guest import Power
from orchestrator.model.move import Doubt, Outcome, State
from orchestrator.model.order import Order
from orchestrator.model.report import MoveReport
from orchestrator.model.run import RunId
from orchestrator.model.sighting import ProcessSeen, Sighting
from tests.screens import world

DISKS = ("vda /srv/shared/web-01.qcow2",)
DISPUTE = Dispute(
    run=RunId("0412-a1"),
    guest=world.uuid(1),
    name="web-01",
    keep="destination",
    source=CopySeen(
        host=world.KVM01,
        now=Sighting(power=Power.PAUSED, reason="user", persistent=True, vcpu_time_ns=912_400_000_000),
        disks=DISKS,
    ),
    destination=CopySeen(
        host=world.KVM02,
        now=Sighting(power=Power.RUNNING, reason="migrated", persistent=True, vcpu_time_ns=31_200_000_000),
        disks=DISKS,
    ),
    told=(
        Told(at=world.BEGIN, what="switchover: paused for the switch"),
        Told(
            at=world.BEGIN + timedelta(seconds=76),
            what="suspend: it runs twice: on kvm01 first seen to run 31.4 s ago, on kvm02 first seen to run 0.3 s ago; "
            "the policy says suspend-source, and neither copy is destroyed",
            host=world.KVM01,
        ),
        Told(at=world.BEGIN + timedelta(seconds=77), what="unclear: ferry has suspended the copy on kvm01"),
    ),
    shared=DISKS,
    steps=("discard on kvm01: kvm02 was seen with the copy that is kept; this one stands paused and is given up",),
)
CONTESTED = replace(
    DISPUTE,
    keep="source",
    destination=CopySeen(
        host=world.KVM02,
        now=world.SILENT,
        process=ProcessSeen(pid=4711, vcpu_seconds=31.2),
        disks=world.SILENT,
    ),
    shared=(),
    steps=(),
    objection="kvm02 is silent: no answer within 10 s",
)


@pytest.fixture
def disputed(given, monkeypatch):
    """A run that holds web-01, and what comes of the choice."""
    outcome = Outcome(guest=world.uuid(1), state=State.MIGRATED, where=world.KVM02, because="both hosts agree")
    report = world.done(world.migrated("web-01", 1))
    moved = MoveReport(
        move=world.move("web-01", 1), state=State.MIGRATED, because="", since=world.BEGIN, outcome=outcome
    )
    given.reports = (replace(report, moves=(moved,)),)
    given.left, given.dispute = "nobody drives it", DISPUTE

    def give(_doors, _run, asked: Given) -> Given:
        given.applied.append(asked.order)
        return replace(asked, number=3, taken_ms=None if given.left else 400, left=given.left)

    monkeypatch.setattr(resolution, "held_move", lambda _doors, _run, _guest: given.answer(_Held()))
    monkeypatch.setattr(resolution, "evidence", lambda _doors, _held, keep: replace(given.dispute, keep=keep))
    monkeypatch.setattr(resolution, "carry_out", lambda *_args: given.reports[0])
    monkeypatch.setattr(resolving.control, "give", give)
    return given


class _Held:
    run = world.done(world.migrated("web-01", 1)).run


def test_the_evidence_before_the_choice(ferry, disputed, screen):
    shown = ferry("resolve", "0412-a1", "--keep", "destination", "--dry-run")
    assert str(shown) == screen
    assert disputed.applied == []


def test_a_silent_host_is_said_to_hinder_it(ferry, disputed, screen):
    disputed.dispute = CONTESTED
    assert str(ferry("resolve", "0412-a1", "web-01", "--keep", "source", "--dry-run")) == screen


def test_nothing_is_ordered_then(ferry, disputed):
    disputed.dispute = CONTESTED
    shown = ferry("resolve", "0412-a1", "--keep", "source", "--yes")
    assert (shown.code, "guest.side-silent" in shown.err, disputed.applied) == (6, True, [])


def test_nor_where_the_copies_forbid_it(ferry, disputed):
    disputed.dispute = replace(DISPUTE, objection="the copy on kvm01, which is to be kept, does not run")
    shown = ferry("resolve", "0412-a1", "--keep", "source", "--yes")
    assert (shown.code, "guest.contradiction" in shown.err, disputed.applied) == (7, True, [])


def test_the_choice_carried_out(ferry, disputed, screen):
    shown = ferry("resolve", "0412-a1", "--keep", "destination", "--yes")
    assert str(shown) == screen
    (order,) = disputed.applied
    assert order == Order(kind="resolve", by="anna on ctl1", guest=world.uuid(1), keep="destination")


def test_the_end_of_the_others_in_the_run_is_not_its_own(ferry, disputed):
    (report,) = disputed.reports
    failed = world.done(world.kept("db-01", 2)).moves
    disputed.reports = (replace(report, moves=(*report.moves, *failed), exit_code=1),)
    assert ferry("resolve", "0412-a1", "--keep", "destination", "--yes").code == 0


def test_but_its_own_is(ferry, disputed):
    (report,) = disputed.reports
    held = replace(report.moves[0].outcome, state=State.UNCLEAR, code="guest.contradiction", doubt=Doubt.CONTRADICTION)
    disputed.reports = (replace(report, moves=(replace(report.moves[0], outcome=held),)),)
    assert ferry("resolve", "0412-a1", "--keep", "destination", "--yes").code == 7


def test_the_process_of_a_run_that_goes_on_does_it(ferry, disputed):
    disputed.left = None
    shown = ferry("resolve", "0412-a1", "--keep", "source", "--yes", "-o", "json")
    document = json.loads(shown.out)
    assert (shown.code, document["schema"], document["given"]["order"]["keep"]) == (0, "ferry.order/1", "source")


@pytest.mark.parametrize(("more", "schema"), [(["--dry-run"], "ferry.dispute/1"), (["--yes"], "ferry.run/1")])
def test_the_same_for_programs(ferry, disputed, more, schema):
    shown = ferry("-o", "json", "resolve", "0412-a1", "--keep", "source", *more)
    assert (shown.code, json.loads(shown.out)["schema"]) == (0, schema)


def test_a_choice_is_demanded_and_consent_too(ferry, disputed):
    assert ferry("resolve", "0412-a1", "--yes").code == 2
    shown = ferry("resolve", "0412-a1", "--keep", "source")
    assert (shown.code, "usage.needs-yes" in shown.err) == (2, True)


def test_without_a_yes_nothing_is_ordered(ferry, disputed, monkeypatch):
    monkeypatch.setattr(resolving.consent, "demand", lambda **_more: None)
    monkeypatch.setattr(resolving.consent, "ask", lambda _question, _screen: False)
    assert ferry("resolve", "0412-a1", "--keep", "source").code == 1
    assert disputed.applied == []


def test_a_run_that_holds_nothing(ferry, disputed):
    disputed.fails = OrchestratorError.of("usage.nothing-held", "run 0412-a1: web-01: migrated, both hosts agree")
    shown = ferry("resolve", "0412-a1", "--keep", "source", "--dry-run")
    assert (shown.code, "usage.nothing-held" in shown.err) == (2, True)
