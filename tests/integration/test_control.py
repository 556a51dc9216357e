"""Orders from another terminal while a copy runs on real hosts, and a ferry that stands still while it drives one."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pytest

from tests.integration.moves import copying, intact, outcomes, places, started, until
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab


@pytest.fixture(autouse=True)
def slow(lab: Lab) -> Iterator[None]:
    """A link on which a copy takes long enough to be met in the middle."""
    lab.link("kvm01", "migration", rate="10mbit")
    yield
    lab.link("kvm01", "migration", rate="400mbit")


def begun(lab: Lab, *names: str) -> "subprocess.Popen[str]":
    """ferry moving these guests, seen in mid-copy, with every event as a line on stdout."""
    for name in names:
        started(lab, name, "kvm01")
    process = lab.spawn_ferry("-o", "jsonl", "migrate", *names, "--to", "kvm02", "--yes")
    until(lambda: all(copying(lab, "kvm01", name) for name in names), "the copies show")
    return process


def given(lab: Lab, *order: str) -> Mapping[str, Any]:
    answer: Mapping[str, Any] = json.loads(lab.ferry("-o", "json", *order).checked().stdout)
    return answer


def journal(told: str) -> list[tuple[datetime, Mapping[str, Any]]]:
    """When and what, from the lines of -o jsonl."""
    lines = [json.loads(line) for line in told.splitlines()]
    events = [line["event"] for line in lines if line.get("kind") == "recorded"]
    return [(datetime.fromisoformat(event["at"]), event["entry"]) for event in events]


def took(told: str, answer: Mapping[str, Any], command: str) -> float:
    """Seconds from the moment the order was queued until the host had answered this command, at most."""
    entries = journal(told)
    number = answer["given"]["number"]
    taken = next(at for at, entry in entries if entry["kind"] == "ordered" and entry["queued"] == number)
    intents = [e for at, e in entries if at >= taken and e["kind"] == "intent" and e["command"]["kind"] == command]
    (intent,) = intents[:1]
    at = next(at for at, e in entries if at >= taken and e["kind"] == "happened" and e["guest"] == intent["guest"])
    return (at - taken).total_seconds() + answer["given"]["taken_ms"] / 1000


def test_set_and_abort_reach_a_running_copy_within_a_second(lab: Lab) -> None:
    process = begun(lab, "hurried", "patient")
    slower = given(lab, "set", "hurried", "--bandwidth", "2MiB/s")
    until(lambda: lab.run("kvm01", ["virsh", "migrate-getspeed", "hurried"]).stdout.strip() == "2", "the cap holds", 2)
    assert lab.run("kvm01", ["virsh", "migrate-getspeed", "patient"]).stdout.strip() != "2"
    aborted = given(lab, "abort", "hurried")
    until(lambda: not copying(lab, "kvm01", "hurried"), "the copy is gone", 5)
    refused = lab.ferry("-o", "json", "set", "patient", "--postcopy", "now")
    assert "control.no-postcopy" in refused.stdout
    lab.link("kvm01", "migration", rate="400mbit")
    told, _ = process.communicate(timeout=60)
    for answer, command in ((slower, "set-bandwidth"), (aborted, "cancel")):
        seconds = took(told, answer, command)
        print(f"\n{command}: {seconds:.2f} s after the order was queued, taken after {answer['given']['taken_ms']} ms")
        assert seconds < 1.5
    assert process.returncode == 1
    assert places(lab, "hurried") == {"kvm01": "running"}
    assert places(lab, "patient") == {"kvm02": "running"}
    intact(lab, "hurried")


def test_abort_acts_itself_where_the_owner_is_stopped_and_that_one_leaves_when_it_wakes(lab: Lab) -> None:
    process = begun(lab, "stranded")
    os.kill(process.pid, signal.SIGSTOP)
    try:
        answer = lab.ferry("-o", "json", "abort", "stranded", timeout=60)
        assert places(lab, "stranded") == {"kvm01": "running"}, answer.stdout + answer.stderr
    finally:
        os.kill(process.pid, signal.SIGCONT)
    said = "".join(process.communicate(timeout=30))
    document = json.loads(answer.stdout)
    assert (answer.returncode, document["given"]["taken_ms"]) == (0, None), answer.stderr
    assert f"process {process.pid} on" in document["given"]["left"]
    assert "is stopped" in document["given"]["left"]
    outcome = document["run"]["moves"][0]["outcome"]
    assert (outcome["state"], outcome["code"]) == ("kept", "migration.cancelled")
    assert process.returncode == 75
    assert "Another process has taken this run over" in said
    assert places(lab, "stranded") == {"kvm01": "running"}
    intact(lab, "stranded")
    assert outcomes(lab.ferry("-o", "json", "history", "--last").checked())["stranded"]["state"] == "kept"
    assert lab.ferry("abort", "stranded").returncode == 2, "nothing moves any more"
