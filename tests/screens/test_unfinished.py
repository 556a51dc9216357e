"""Evacuations and rolls that are not over: in `ferry status`, and as `ferry resume` goes on with them."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.migration.terms import Level
from orchestrator.model.errand import OpenErrand
from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.lease import Held
from orchestrator.model.roll import Step
from orchestrator.model.run import Holder, RunId
from orchestrator.model.unfinished import OpenEvacuation, OpenRoll
from orchestrator.operations import cordons, taking_up
from orchestrator.operations.rolling_drive import Rolled
from tests.screens import world
from tests.screens.test_cordons import BY_HAND
from tests.screens.test_emptying import DONE, PARTLY, hosts  # noqa: F401 - a fixture
from tests.screens.test_rolling import HOSTS, ROLL, SICK
from tests.screens.world import KVM01, KVM02, KVM03

DRIVER = "process 4711 on ctl1"
LEFT = OpenEvacuation(
    hosts=(KVM01,), since=world.BEGIN, by="anna on ctl1", because="new memory for kvm01",
    deadline=world.BEGIN + timedelta(hours=2),
)  # fmt: skip
DRIVEN = OpenEvacuation(hosts=(KVM02, KVM03), since=world.BEGIN, by="root on ctl2", driver="process 99 on ctl2")
AT = OpenRoll(
    name=RunId("1121-0412-r1"), hosts=HOSTS, since=world.BEGIN, by="anna on ctl1", at=KVM02, step=Step.COMMANDING,
    done=1, driver=DRIVER,
)  # fmt: skip
ROLLS = (
    AT,
    replace(AT, name=RunId("1121-0413-r2"), driver=None),
    replace(AT, name=RunId("1121-0414-r3"), driver=None, at=None, step=None, done=2, rests=True),
)
ERRAND = OpenErrand(
    name="host kvm01 7", started_at=world.BEGIN, who=world.WHO, request=EvacuationRequest(hosts=(KVM01, KVM02))
)
HELD = Held(
    name=ROLL.id, number=1, holder=Holder(controller="ctl1", boot_id="b", pid=1, started=1), until=world.BEGIN,
    expired=True,
)  # fmt: skip


@pytest.mark.parametrize("words", [("status",), ("resume", "--dry-run")], ids=["status", "dry-run"])
def test_what_is_not_over(ferry, given, screen, words) -> None:
    given.evacuations, given.rolls = (LEFT, DRIVEN), ROLLS
    shown = ferry(*words)
    assert max(map(len, shown.out.splitlines())) <= 80
    assert str(shown) == screen


def test_beside_an_open_run(ferry, given) -> None:
    given.evacuations = (LEFT,)
    given.reports = (replace(world.done(world.migrated("web-01", 1)), exit_code=None, ended_at=None),)
    shown = ferry("status")
    assert "Run 1121-0412-a4" in shown.out and "\n\nEmptying  kvm01 since" in shown.out


def test_as_json(ferry, given) -> None:
    given.evacuations, given.rolls = (LEFT, DRIVEN), ROLLS
    told = json.loads(ferry("status", "-o", "json").out)
    assert [(one["hosts"], one["driver"]) for one in told["evacuations"]] == [
        (["kvm01"], None), (["kvm02", "kvm03"], "process 99 on ctl2"),
    ]  # fmt: skip
    assert [(one["at"], one["step"], one["rests"]) for one in told["rolls"]] == [
        ("kvm02", "commanding", False), ("kvm02", "commanding", False), (None, None, True),
    ]  # fmt: skip


@pytest.fixture
def left(given, monkeypatch):
    """An evacuation that a dead process left, and what comes of going on with it."""
    given.errands = (ERRAND,)
    given.told = DONE

    def go_on(_doors, _errand, _who, _sinks, stop):
        given.during(stop)
        if isinstance(given.told, OrchestratorError):
            raise given.told
        return given.told

    monkeypatch.setattr(taking_up, "go_on", go_on)
    monkeypatch.setattr(taking_up, "driver_of_a_run", lambda _doors, _errand: None)
    monkeypatch.setattr(taking_up, "demand_free", lambda _doors, _hosts: None)
    return given


def test_resume_goes_on_with_an_evacuation(ferry, left, screen) -> None:
    assert str(ferry("resume")) == screen


def test_cron_hears_nothing_of_one_that_ends_well(ferry, left) -> None:
    shown = ferry("resume", "--unattended")
    assert (shown.code, shown.out, shown.err) == (0, "", "")


def test_cron_hears_who_is_left(ferry, left, screen) -> None:
    left.told = PARTLY
    assert str(ferry("resume", "--unattended")) == screen


@pytest.mark.parametrize(("adopted", "emptied", "code"), [(1, 0, 0), (1, 1, 1), (7, 0, 7), (6, 0, 6), (0, 0, 0)])
def test_what_an_adopted_run_left_undone_counts_unless_it_was_done_then(ferry, left, adopted, emptied, code) -> None:
    report = world.done(world.kept("web-01", 1, code="migration.interrupted"), code=adopted)
    left.reports = (replace(report, run=replace(report.run, purpose="evacuate", emptied=(KVM01,))),)
    left.told = replace(DONE, exit_code=emptied)
    assert ferry("resume").code == code


@pytest.mark.parametrize("harm", ["guest.not-advancing", "guest.unreachable", "guest.left-behind"])
def test_a_guest_of_an_adopted_run_that_came_to_harm_is_told(ferry, left, harm) -> None:
    arrived = world.migrated("web-01", 1, code=harm, because="the guest is on kvm02, and does not answer there")
    report = world.done(arrived, world.kept("db-01", 2, code="migration.interrupted"), code=1)
    left.reports = (replace(report, run=replace(report.run, purpose="evacuate", emptied=(KVM01,))),)
    shown = ferry("resume", "--unattended")
    assert (shown.code, "does not answer there" in shown.out + shown.err) == (1, True)


def test_a_run_of_another_errand_counts_in_full(ferry, left) -> None:
    left.reports = (world.done(world.kept("web-01", 1, code="migration.interrupted"), code=1),)
    assert ferry("resume").code == 1


def test_resume_as_json_is_one_document(ferry, left) -> None:
    left.told = PARTLY
    shown = ferry("-o", "json", "resume")
    told = json.loads(shown.out)
    assert (told["schema"], shown.code) == ("ferry.status/1", 1)
    assert [one["hosts"] for one in told["emptied"]] == [["kvm01"]]


@pytest.mark.parametrize(
    ("code", "wanted"),
    [("lease.on-hold", 75), ("evacuation.running", 75), ("host.unreachable", 6), ("usage.unknown-host", 2)],
)
def test_what_keeps_it_waiting(ferry, left, code, wanted) -> None:
    left.told = OrchestratorError.of(code, "kvm01 is on hold")
    shown = ferry("resume")
    assert (shown.code, code in shown.err) == (wanted, True)
    shown = ferry("resume", "--unattended")
    assert (shown.code, bool(shown.err or shown.out)) == (wanted, wanted != 75)
    left.reports = (world.done(world.migrated("web-01", 1)),)
    assert ferry("resume").code == (0 if code == "evacuation.running" else wanted), "a run was adopted"


@pytest.mark.parametrize(
    ("adopted", "codes", "wanted"),
    [
        (0, ("lease.on-hold", "usage.unknown-host"), 2),
        (0, ("lease.on-hold", "config.invalid"), 3),
        (0, ("host.unreachable", "usage.unknown-host"), 6),
        (7, ("lease.on-hold", "usage.unknown-host"), 7),
    ],
)
def test_what_only_waits_does_not_hide_what_is_to_be_mended(ferry, left, monkeypatch, adopted, codes, wanted) -> None:
    left.errands = tuple(replace(ERRAND, name=code) for code in codes)

    def go_on(_doors, errand, *_more):
        raise OrchestratorError.of(errand.name, "kvm01 is on hold")

    monkeypatch.setattr(taking_up, "go_on", go_on)
    left.reports = (world.done(world.migrated("web-01", 1), code=adopted),)
    assert ferry("resume").code == wanted


def test_after_a_stop_nothing_more_is_taken_up(ferry, left) -> None:
    left.errands = (ERRAND, replace(ERRAND, name="other"))
    left.during = lambda stop: stop.more("Ctrl-C", at_most=Level.STOP)
    asked = []
    left.reports = (world.done(world.migrated("web-01", 1)),)
    before = taking_up.go_on
    taking_up.go_on = lambda *given: asked.append(1) or before(*given)
    try:
        assert ferry("resume").code == 130
    finally:
        taking_up.go_on = before
    assert asked == [], "the run was being adopted when it came"


ROLLED = Rolled(roll=replace(ROLL, entries=SICK), cordoned=(), exit_code=1)


@pytest.fixture
def roll(left, monkeypatch):
    left.errands = ()
    left.left_rolls = ((ROLL, HELD),)
    left.asked = []

    def resume_roll(_doors, name, _who, _sinks, _stop, *, tell, go_on):
        left.asked.append((name, go_on))
        for entry in SICK:
            tell(ROLLED.roll, entry)
        return ROLLED

    monkeypatch.setattr(taking_up, "resume_roll", resume_roll)
    monkeypatch.setattr(taking_up, "lives", lambda _doors, held: not held.expired)
    return left


def test_resume_goes_on_with_a_roll(ferry, roll, screen) -> None:
    assert str(ferry("resume")) == screen
    assert roll.asked == [(ROLL.id, False)], "hosts that have failed are a person's to take up"


def test_cron_hears_of_a_roll_that_failed(ferry, roll, screen) -> None:
    assert str(ferry("resume", "--unattended")) == screen


@pytest.mark.parametrize(
    ("entries", "held"),
    [((), replace(HELD, expired=False)), (SICK, HELD)],
    ids=["driven", "failed"],
)
def test_which_rolls_are_left_alone(ferry, roll, entries, held) -> None:
    roll.left_rolls = ((replace(ROLL, entries=entries), held),)
    assert (ferry("resume").code, roll.asked) == (0, [])


def test_what_a_new_evacuation_takes_the_place_of(ferry, given, hosts, screen) -> None:  # noqa: F811
    given.replaced = (ERRAND,)
    assert str(ferry("evacuate", "kvm01", "kvm02", "--yes")) == screen
    assert "takes the place" not in ferry("evacuate", "kvm01", "--yes", "--unattended").err


def test_uncordon_says_what_it_ends(ferry, given, monkeypatch, screen) -> None:
    found = cordons.Cordoning(
        host=KVM02, cordon=None, before=BY_HAND, done=True,
        given_up=("the evacuation of kvm02 that anna on ctl1 began 2026-11-21 04:12 UTC",),
        stopped=(RunId("1121-0412-r1"),),
    )  # fmt: skip
    monkeypatch.setattr(cordons, "uncordon", lambda _doors, _host, *, dry_run: replace(found, done=not dry_run))
    assert f"{ferry('uncordon', 'kvm02')}\n{ferry('uncordon', 'kvm02', '--dry-run')}" == screen
