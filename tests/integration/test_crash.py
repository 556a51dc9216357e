"""ferry dies in the middle of a move on real hosts."""

import json
import os
import signal
import time

import pytest

from tests.integration.moves import BUSY, copying, intact, outcomes, places, started, until
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab


@pytest.fixture
def slow(lab: Lab):
    """A link on which a copy takes long enough to be met in the middle."""
    lab.link("kvm01", "migration", rate="60mbit")
    yield
    lab.link("kvm01", "migration", rate="400mbit")


def test_the_copy_outlives_ferry_and_resume_tells_the_truth(lab: Lab, slow: None) -> None:
    started(lab, "orphan", "kvm01", memory_mib=256)
    process = lab.spawn_ferry("migrate", "orphan", "--to", "kvm02", "--yes")
    until(lambda: copying(lab, "kvm01", "orphan"), "the copy shows")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert copying(lab, "kvm01", "orphan"), "a peer-to-peer copy goes on without ferry"
    status = lab.ferry("status").checked().stdout
    assert "orphan" in status
    outcome = outcomes(lab.ferry("-o", "json", "resume", timeout=180).checked())["orphan"]
    assert (outcome["state"], outcome["where"]) == ("migrated", "kvm02")
    assert places(lab, "orphan") == {"kvm02": "running"}
    intact(lab, "orphan")
    assert "orphan" not in lab.ferry("status").checked().stdout


def test_resume_reports_a_copy_that_ended_meanwhile(lab: Lab, slow: None) -> None:
    started(lab, "late", "kvm01")
    process = lab.spawn_ferry("migrate", "late", "--to", "kvm02", "--yes")
    until(lambda: copying(lab, "kvm01", "late"), "the copy shows")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    lab.run("kvm01", ["virsh", "domjobabort", "late"]).checked()
    until(lambda: not copying(lab, "kvm01", "late"), "the job is gone")
    result = lab.ferry("-o", "json", "resume", timeout=180)
    outcome = outcomes(result)["late"]
    assert (outcome["state"], outcome["where"], result.returncode) == ("kept", "kvm01", 1)
    assert places(lab, "late") == {"kvm01": "running"}


def test_nothing_to_resume_is_no_error(lab: Lab) -> None:
    lab.ferry("resume").checked()


def test_ctrl_c_twice_cancels_and_the_guest_stays(lab: Lab, slow: None) -> None:
    started(lab, "undecided", "kvm01", workload=BUSY)
    process = lab.spawn_ferry("migrate", "undecided", "--to", "kvm02", "--yes")
    until(lambda: copying(lab, "kvm01", "undecided"), "the copy shows")
    process.send_signal(signal.SIGINT)
    until(lambda: process.poll() is None and copying(lab, "kvm01", "undecided"), "one Ctrl-C stops no copy")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert places(lab, "undecided") == {"kvm01": "running"}
    last = json.loads(lab.ferry("-o", "json", "history", "--last").checked().stdout)
    assert "migration.cancelled" in json.dumps(last)
    intact(lab, "undecided")


def test_a_third_ctrl_c_leaves_and_the_copy_goes_on(lab: Lab, slow: None) -> None:
    started(lab, "alone", "kvm01")
    process = lab.spawn_ferry("migrate", "alone", "--to", "kvm02", "--yes")
    until(lambda: copying(lab, "kvm01", "alone"), "the copy shows")
    lab.freeze_daemon("kvm01")  # so that the second Ctrl-C cannot succeed before the third
    try:
        for _ in range(3):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)  # signals of one kind that come together count as one
        _, said = process.communicate(timeout=60)
    finally:
        lab.thaw_daemon("kvm01")
    assert process.returncode == 130
    assert "ferry resume" in said
    lab.ferry("resume", timeout=180)
    assert list(places(lab, "alone").values()) == ["running"]


def test_a_daemon_restarted_in_mid_copy_loses_no_guest(lab: Lab, slow: None) -> None:
    started(lab, "shaken", "kvm01")
    process = lab.spawn_ferry("migrate", "shaken", "--to", "kvm02", "--yes")
    until(lambda: copying(lab, "kvm01", "shaken"), "the copy shows")
    lab.stop_daemon("kvm02")
    lab.start_daemon("kvm02")
    process.communicate(timeout=180)
    assert process.returncode == 1
    assert places(lab, "shaken") == {"kvm01": "running"}
    intact(lab, "shaken")
