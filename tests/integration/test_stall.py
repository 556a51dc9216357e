"""The data of a copy vanishes on the way, and libvirt reports no error: ferry says so, and everything else goes on."""

import json
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.moves import copying, guest, intact, places, started, under, until
from tests.lab.protocol import Lab
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab
PATIENCE = 6
LISTINGS = (("kvm01", "list --all"), ("kvm02", "list --all"))


@pytest.fixture
def slow(lab: Lab):
    for host in ("kvm01", "kvm02"):
        lab.link(host, "migration", rate="60mbit")
    yield
    for host in ("kvm01", "kvm02"):
        lab.link(host, "migration", rate="400mbit")


def begun(lab: Lab, name: str, directory: Path, then: str) -> "subprocess.Popen[str]":
    policy = f"transport: tcp\nconvergence: {{measure: never}}\nstall: {{patience: {PATIENCE}s, then: {then}}}\n"
    process = lab.spawn_ferry(
        "-o", "jsonl", "migrate", name, "--to", "kvm02", "--yes", env=under(lab, directory, policy)
    )
    until(lambda: copying(lab, "kvm01", name), "the copy shows")
    return process


def test_it_is_noticed_and_the_copy_is_given_up(lab: Lab, slow: None, tmp_path: Path) -> None:
    started(lab, "stuck", "kvm01", memory_mib=256)
    process = begun(lab, "stuck", tmp_path, "abort")
    lab.cut_data("kvm02")
    cut = time.monotonic()
    said, _ = process.communicate(timeout=60)
    took = time.monotonic() - cut
    assert process.returncode == 1
    assert '"migration.stalled"' in said
    print(f"cut to verdict: {took:.1f} s with a patience of {PATIENCE} s")
    lab.mend()
    assert places(lab, "stuck") == {"kvm01": "running"}
    intact(lab, "stuck")


def test_or_waited_for_where_the_policy_says_so(lab: Lab, slow: None, tmp_path: Path) -> None:
    started(lab, "patient", "kvm01", memory_mib=256)
    process = begun(lab, "patient", tmp_path, "wait")
    lab.cut_data("kvm02")
    time.sleep(2 * PATIENCE)
    assert process.poll() is None, "the policy waits"
    assert places(lab, "patient")["kvm01"] == "running"
    lab.cut_data("kvm02", on=False)
    said, _ = process.communicate(timeout=90)
    assert process.returncode == 0, said
    assert places(lab, "patient") == {"kvm02": "running"}
    intact(lab, "patient")


def test_everything_else_on_these_hosts_goes_on(lab: Lab, slow: None, tmp_path: Path) -> None:
    """Five other moves, and listings, while six copies stand still."""
    stuck = [guest(f"stuck-{n}", "kvm01", memory_mib=128, workload=Workload(size=8, rate=1)) for n in range(2)]
    others = [guest(f"other-{n}", "kvm03", memory_mib=128, workload=Workload(size=8, rate=1)) for n in range(5)]
    for one in (*stuck, *others):
        lab.start_guest(one)
    for one in (*stuck, *others):
        lab.wait_for_guest(one.name)
    env = under(lab, tmp_path, "limits: {live: 8}\nconvergence: {measure: never}\nstall: {patience: 60s}\n")
    names = [one.name for one in stuck]
    blocked = lab.spawn_ferry("migrate", *names, "--to", "kvm02", "--yes", env=env)
    for name in names:
        until(lambda name=name: copying(lab, "kvm01", name), "the copy shows")
    lab.cut_data("kvm02")
    moving = lab.spawn_ferry("-o", "json", "migrate", *(one.name for one in others), "--to", "kvm01", "--yes", env=env)
    slowest = 0.0
    while moving.poll() is None:
        for host, listing in LISTINGS:
            asked = time.monotonic()
            lab.run(host, ["virsh", *listing.split()]).checked()
            slowest = max(slowest, time.monotonic() - asked)
        time.sleep(0.2)
    said, _ = moving.communicate(timeout=10)
    print(f"slowest listing meanwhile: {slowest:.2f} s")
    moved = {m["move"]["name"]: m["outcome"]["state"] for m in json.loads(said)["run"]["moves"]}
    assert set(moved.values()) == {"migrated"}, moved
    assert slowest < 5, "a listing waited for a copy"
    aborted = lab.ferry("abort", names[0], env=env)
    assert aborted.returncode == 0, aborted
    lab.mend()
    blocked.communicate(timeout=120)
    assert places(lab, names[0]) == {"kvm01": "running"}
