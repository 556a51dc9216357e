"""A lab belongs to its name: it stands beside others, survives being killed, and goes without a trace."""

import dataclasses
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab import namespaces, place, topology
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.place import CHECKOUT, Place
from tests.lab.topology import Guest, Workload

pytestmark = pytest.mark.lab

_UP = [sys.executable, "-B", "-m", "tests.lab", "up", "--name"]


def small(where: Path, name: str) -> NamespaceLab:
    """One host of each suite is enough here."""
    whole = topology.read()
    hosts = {host: whole.hosts[host] for host in ("kvm01", "kvm03")}
    return NamespaceLab(Place(name, where / name), dataclasses.replace(whole, hosts=hosts))


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    for name in ("left", "right", "broken"):
        small(tmp_path, name).down()


def traces(lab: NamespaceLab) -> list[str]:
    """Everything on this machine that carries the lab's identity."""
    found = [f"process {pid}" for pid in namespaces.processes_of(lab.place)]
    found += [f"namespace {name}" for name in namespaces.of_lab(lab.place)]
    words = (lab.place.identity, str(lab.place.state))
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    found += [line for line in mounts if any(word in line for word in words)]
    found += [str(path) for path in (lab.place.state, lab.place.lock_file) if path.exists()]
    return found


def links_of_the_machine() -> str:
    command = ["ip", "-brief", "link"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_two_labs_side_by_side_and_one_goes(base: Path) -> None:
    before = links_of_the_machine()
    left, right = small(base, "left"), small(base, "right")
    left.up()
    right.up()
    assert links_of_the_machine() == before
    for lab in (left, right):  # the same guest with the same address in both
        lab.start_guest(Guest("twin", "kvm01", 61, memory_mib=192, workload=Workload(size=16)))
    left.wait_for_guest("twin")
    left.down()
    assert traces(left) == []
    right.wait_for_guest("twin")
    assert right.is_up()
    right.down()
    assert traces(right) == []
    assert links_of_the_machine() == before


@pytest.mark.parametrize("seconds", [0.3, 0.5, 0.7, 1.0, 1.6])
def test_up_works_after_an_up_that_was_killed(base: Path, seconds: float) -> None:
    lab = NamespaceLab(Place("broken", base / "broken"), topology.read())
    environment = {**os.environ, "FERRY_LAB_STATE": str(base)}
    with subprocess.Popen([*_UP, "broken"], cwd=CHECKOUT, env=environment) as first:
        time.sleep(seconds)  # the moment does not matter: that is what is tested
        first.send_signal(signal.SIGKILL)
    subprocess.run([*_UP, "broken"], cwd=CHECKOUT, env=environment, check=True, timeout=120)
    assert lab.is_up()
    assert set(lab.guests_everywhere()) == set(lab.hosts())
    lab.down()
    assert traces(lab) == []


def test_up_starts_afresh(base: Path) -> None:
    lab = small(base, "left")
    lab.up()
    lab.start_guest(Guest("old", "kvm01", 62, workload=Workload(size=16)))
    lab.up()
    assert lab.guests_everywhere() == {"kvm01": [], "kvm03": []}


def test_a_host_can_lose_power_and_come_back(base: Path) -> None:
    lab = small(base, "left")
    lab.up()
    lab.start_guest(Guest("defined", "kvm03", 63, workload=Workload(size=16)))
    boot = lab.run("kvm03", ["cat", "/proc/sys/kernel/random/boot_id"]).checked().stdout
    lab.kill_host("kvm03")
    assert set(lab.guests_everywhere()) == {"kvm01"}
    lab.boot_host("kvm03")
    (seen,) = lab.guests_everywhere()["kvm03"]
    assert (seen.name, seen.state) == ("defined", "shut off")
    assert lab.run("kvm03", ["cat", "/proc/sys/kernel/random/boot_id"]).checked().stdout != boot


def test_a_name_that_does_not_fit_into_a_path_is_refused() -> None:
    for name in ("../up", "", "UPPER", "a b", "x" * 40):
        with pytest.raises(place.BadNameError):
            place.place_of(name)
