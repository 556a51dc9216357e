"""What ferry set, stop and abort answer: whom an order reached, and what became of a run that nobody drove."""

import json
from dataclasses import replace

import pytest

from orchestrator.cli import ordering
from orchestrator.cli.view.lines import Narrator
from orchestrator.errors import OrchestratorError
from orchestrator.migration.record import MoveRecord
from orchestrator.model.entry import Ordered, Recorded, Seq
from orchestrator.model.event import Opened
from orchestrator.model.order import Change
from orchestrator.model.run import Holder
from orchestrator.operations import control
from orchestrator.operations.aim import Aim
from tests.screens import world

WEB, DB = world.move("web-01", 1), world.move("db-01", 2)
RUN = world.run(WEB, DB)
OWNER = Holder(controller="ctl1", boot_id="b", pid=4711, started=1)
STOPPED = "process 4711 on ctl1 drives it and is stopped"


@pytest.fixture
def site(given, monkeypatch):
    """A run of two moves; what the store's queue was given, and what comes of it."""
    given.answered = {"holder": OWNER, "taken_ms": 212}
    given.ordered = []

    def aim(_doors, target):
        record = {"web-01": MoveRecord(move=WEB), RUN.id: None}[target]
        return Aim(run=RUN, going=(WEB, DB), record=record)

    def give(_doors, _run, asked):
        given.ordered.append(asked.order)
        return given.answer(replace(asked, number=7, **given.answered))

    def act(_doors, _run, _who, sinks, stop):
        given.tell(sinks, stop)
        return given.reports[0]

    monkeypatch.setattr(ordering, "aim", aim)
    monkeypatch.setattr(control, "give", give)
    monkeypatch.setattr(control, "act", act)
    monkeypatch.setattr("orchestrator.operations.aim.policy_of", lambda _doors, run, _move: run.policy)
    return given


def test_set(ferry, site, screen):
    assert str(ferry("set", "web-01", "--bandwidth", "5Gbit", "--downtime", "200ms", "--max-duration", "20m")) == screen


def test_set_for_a_run(ferry, site, screen):
    assert str(ferry("set", RUN.id, "--bandwidth", "none")) == screen


def test_set_shown_only(ferry, site, screen):
    assert str(ferry("set", "web-01", "--downtime", "2s", "--beyond-budget", "--dry-run")) == screen
    assert site.ordered == []


def test_set_beyond_the_budget(ferry, site, screen):
    assert str(ferry("set", "web-01", "--downtime", "2s")) == screen
    assert site.ordered == []


def test_stop(ferry, site, screen):
    assert str(ferry("stop", RUN.id)) == screen


def test_abort(ferry, site, screen):
    assert str(ferry("abort", "web-01")) == screen


def test_abort_refused(ferry, site, screen):
    site.fails = OrchestratorError.of(
        "control.refused", "run 1121-0412-a4: its move is over: migrated, both hosts agree"
    )
    assert str(ferry("abort", "web-01")) == screen


def test_abort_unanswered(ferry, site, screen):
    held = world.interrupted().lease
    site.fails = OrchestratorError.of("control.unanswered", control._unanswered(held, 7))
    assert str(ferry("abort", "web-01")) == screen


def acted(site, *moves, code):
    site.answered = {"holder": OWNER, "left": STOPPED}
    site.reports = (world.done(*moves, code=code),)


def test_abort_where_the_process_is_stopped(ferry, site, screen):
    acted(site, world.kept("web-01", 1, "migration.cancelled", "ordered to abort"), world.migrated("db-01", 2), code=1)
    assert str(ferry("abort", "web-01")) == screen


def test_what_was_ordered_to_stay_is_no_failure_and_everything_else_is(ferry, site):
    cancelled = world.kept("web-01", 1, "migration.cancelled")
    acted(site, cancelled, code=130)
    assert ferry("stop", RUN.id).code == 0
    acted(site, cancelled, world.unclear("db-01", 2), code=6)
    assert ferry("abort", RUN.id).code == 6
    acted(site, cancelled, code=130)
    assert ferry("set", RUN.id, "--bandwidth", "1Gbit").code == 130, "who only sets limits did not ask for that"


def test_json(ferry, site):
    answer = json.loads(ferry("-o", "json", "set", "web-01", "--bandwidth", "1Gbit").out)
    assert (answer["schema"], answer["run"]) == ("ferry.order/1", None)
    given = answer["given"]
    assert (given["run"], given["name"], given["number"], given["taken_ms"]) == (RUN.id, "web-01", 7, 212)
    assert given["order"]["change"]["bandwidth_bytes_per_second"] == 125_000_000


def test_json_where_this_process_acts(ferry, site):
    acted(site, world.kept("web-01", 1, "migration.cancelled"), code=130)
    answer = json.loads(ferry("-o", "json", "abort", "web-01").out)
    assert (answer["given"]["left"], answer["given"]["taken_ms"]) == (STOPPED, None)
    assert answer["run"]["moves"][0]["outcome"]["state"] == "kept"


def test_json_of_an_error(ferry, site):
    shown = ferry("-o", "json", "set", "web-01", "--downtime", "2s")
    assert [p["code"] for p in json.loads(shown.out)["problems"]] == ["usage.beyond-budget"]


def narrated(**fields):
    narrator = Narrator()
    narrator.tell(Opened(run=RUN))
    entry = Ordered(by="anna on ctl1", **fields)
    (line,) = narrator.tell(Recorded(run=RUN.id, seq=Seq(1), at=world.BEGIN, entry=entry))
    return line


def test_a_run_tells_what_it_was_ordered():
    change = Change(bandwidth_bytes_per_second=0, downtime_ms=200, postcopy=True)
    assert narrated(order="set", guest=WEB.guest, change=change) == (
        "set of web-01 ordered by anna on ctl1: no cap on the bandwidth, downtime up to 200ms, "
        "switch to post-copy as soon as all memory was sent once"
    )
    assert narrated(order="set", change=Change(bandwidth_bytes_per_second=1_125_000)).endswith(
        "bandwidth 9Mbit/s, which libvirt takes as 1MiB/s"
    )
    assert narrated(order="set", change=Change(bandwidth_bytes_per_second=125_000_000)).endswith("bandwidth 1Gbit/s")
    assert narrated(order="abort", refused="it is over") == "abort ordered by anna on ctl1, refused: it is over"
    assert narrated(order="resolve", guest=DB.guest, keep="source").endswith("the copy at the source is kept")
    assert narrated(order="set", change=Change(recovery_address="10.0.2.2")).endswith("is recovered over 10.0.2.2")
    assert narrated(order="stop") == (
        "stop ordered by anna on ctl1: nothing more is started; what moves is brought to its end"
    )
