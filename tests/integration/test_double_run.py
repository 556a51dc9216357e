"""A guest runs on both hosts of a real pair: contained within seconds, held, and resolved by a person's choice."""

import json
from pathlib import Path

import pytest

from tests.integration.double_runs import DESTINATION, SOURCE, Try, guest, try_out
from tests.integration.moves import intact, places
from tests.lab.protocol import Lab

pytestmark = [pytest.mark.lab, pytest.mark.guests_may_differ("it runs twice on purpose")]

CONTAINED_WITHIN = 5.0


def twice(lab: Lab, directory: Path, one: Try, name: str, number: int) -> None:
    """Provoke it; it is contained by pausing the copy at the source, and nothing is destroyed."""
    made = guest(name, number)
    lab.start_guest(made)
    lab.wait_for_guest(name)
    seen = try_out(lab, one, made, directory)
    print(seen)
    assert (seen.state, seen.code, seen.exit_code) == ("unclear", "guest.runs-twice", 7)
    assert seen.places == {SOURCE: "paused", DESTINATION: "running"}
    assert (seen.reported or 0.0) < CONTAINED_WITHIN
    assert seen.twice < CONTAINED_WITHIN


def resolved(lab: Lab, keep: str) -> dict[str, str]:
    """Choose by the name of the last run."""
    run = json.loads(lab.ferry("-o", "json", "history", "--last").checked().stdout)["run"]["run"]["id"]
    shown = json.loads(lab.ferry("-o", "json", "resolve", run, "--keep", keep, "--dry-run").checked().stdout)
    assert shown["dispute"]["objection"] is None
    answer = json.loads(lab.ferry("-o", "json", "resolve", run, "--keep", keep, "--yes").checked().stdout)
    return answer["run"]["moves"][0]["outcome"]


def test_a_frozen_daemon_that_thaws_late(lab: Lab, tmp_path: Path) -> None:
    twice(lab, tmp_path, Try(thaws=3.0), "late-twin", 91)
    outcome = resolved(lab, "source")
    assert (outcome["state"], outcome["where"], outcome["code"]) == ("kept", SOURCE, None)
    assert places(lab, "late-twin") == {SOURCE: "running"}
    intact(lab, "late-twin")


def test_replies_that_are_lost(lab: Lab, tmp_path: Path) -> None:
    twice(lab, tmp_path, Try(thaws=None), "lost-twin", 92)
    outcome = resolved(lab, "destination")
    assert (outcome["state"], outcome["where"]) == ("migrated", DESTINATION)
    assert places(lab, "lost-twin") == {DESTINATION: "running"}
    intact(lab, "lost-twin")
