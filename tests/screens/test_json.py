"""The same answers for programs: one document on stdout, or one line each for events and the answer last."""

import json

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.model.event import Opened
from tests.screens import world
from tests.screens.test_screens import events


@pytest.mark.parametrize(
    ("arguments", "schema"),
    [
        (["hosts"], "ferry.hosts/1"),
        (["guests"], "ferry.guests/1"),
        (["check", "web-01"], "ferry.plan/1"),
        (["migrate", "web-01", "--dry-run"], "ferry.plan/1"),
        (["migrate", "web-01", "--yes"], "ferry.run/1"),
        (["migrate", "web-01", "--yes", "--unattended"], "ferry.run/1"),
        (["status"], "ferry.status/1"),
        (["history"], "ferry.history/1"),
        (["history", "--last"], "ferry.run/1"),
        (["resume"], "ferry.status/1"),
        (["resume", "--dry-run"], "ferry.status/1"),
    ],
)
@pytest.mark.parametrize("form", ["json", "jsonl"])
def test_every_answer_is_one_document(ferry, given, arguments, schema, form):
    given.reports = (world.done(world.migrated("web-01", 1)),)
    shown = ferry("-o", form, *arguments)
    assert shown.code == 0
    assert json.loads(shown.out)["schema"] == schema
    assert (shown.out.count("\n") == 1) is (form == "jsonl")


def test_events_come_first_and_the_answer_last(ferry, given):
    given.events = events()
    given.reports = (world.done(world.migrated("web-01", 1), world.kept("db-01", 2), code=1),)
    shown = ferry("migrate", "web-01", "db-01", "--yes", "-o", "jsonl")
    lines = [json.loads(line) for line in shown.out.splitlines()]
    assert [line["schema"] for line in lines] == ["ferry.event/1"] * len(events()) + ["ferry.run/1"]
    assert lines[0]["kind"] == "opened"
    assert isinstance(events()[0], Opened)
    assert shown.code == 1


def test_an_error_is_the_last_line_with_its_exit_code(ferry, given):
    given.fails = OrchestratorError.of("host.unreachable", "kvm02 is silent")
    shown = ferry("-o", "jsonl", "check", "web-01")
    document = json.loads(shown.out.splitlines()[-1])
    assert (document["schema"], document["exit_code"], shown.code) == ("ferry.error/1", 6, 6)
    assert "host.unreachable" in shown.err, "the operator reads it too"


def test_a_blocked_migration_answers_with_the_plan(ferry, given):
    given.plan = world.BLOCKED
    shown = ferry("-o", "json", "migrate", "web-01", "--yes")
    assert shown.code == 4
    assert json.loads(shown.out)["plan"]["findings"]


def test_hostile_names_stay_what_they_are_and_harm_no_terminal(ferry, given):
    given.plan = world.Plan(moves=(world.move(world.HOSTILE, 1),), findings=())
    shown = ferry("-o", "json", "check", "x")
    assert json.loads(shown.out)["plan"]["moves"][0]["name"] == world.HOSTILE
    assert shown.out.isascii()
    assert "\x1b" not in shown.out
