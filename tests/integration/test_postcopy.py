"""Post-copy on real hosts: to its end, and broken four ways."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.integration.moves import guest, intact, places, under, until
from tests.lab.protocol import Lab
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab
# Never ends by itself on this link, and is switched after the first round.
POLICY = "postcopy: true\nconvergence: {measure: never, throttle: 'off'}\n"
HOT = Workload(size=96, rate=30, kind="incompressible")
# A path that breaks before the destination has begun to run the guest leaves nothing that could be connected again, and
# QEMU under emulation sometimes hangs for ever where it breaks within the first seconds.
SETTLED = 4.0
SLOW, FAST = "80mbit", "400mbit"
Break = Callable[[Lab], None]


@pytest.fixture
def slow(lab: Lab):
    """A link on which the second half lasts long enough to be met."""
    for host in lab.hosts():
        lab.link(host, "migration", rate=SLOW)
    yield
    for host in lab.hosts():
        lab.link(host, "migration", rate=FAST)


def split(lab: Lab, name: str, source: str, destination: str, environment: Mapping[str, str]):
    """The guest's move, at the moment at which it runs at the destination and its memory is on both hosts."""
    made = guest(name, source, memory_mib=256, workload=HOT)
    lab.start_guest(made)
    lab.wait_for_guest(name)
    process = lab.spawn_ferry("-o", "json", "migrate", name, "--to", destination, "--yes", env=environment)
    until(lambda: state(lab, destination, name) == "running (post-copy)", "the switch to post-copy", timeout=60)
    time.sleep(SETTLED)
    return process


def state(lab: Lab, host: str, name: str) -> str:
    return lab.run(host, ["virsh", "domstate", "--reason", name]).stdout.strip()


def ended(process, timeout: float = 180):
    """The exit code, and the outcome of the one guest."""
    said, _ = process.communicate(timeout=timeout)
    (move,) = json.loads(said)["run"]["moves"]
    return process.returncode, move["outcome"]


def job_aborted(lab: Lab) -> None:
    lab.run("kvm03", ["virsh", "domjobabort", "broken", "--postcopy"]).checked()


def reset_at_both_ends(lab: Lab) -> None:
    assert lab.reset_copy("kvm03") > 0


@pytest.mark.parametrize(
    "broken",
    [reset_at_both_ends, pytest.param(job_aborted, marks=pytest.mark.benchmark)],
    ids=["reset at both ends", "stopped by hand"],
)
def test_a_broken_path_is_recovered(lab: Lab, slow: None, tmp_path: Path, broken: Break) -> None:
    process = split(lab, "broken", "kvm03", "kvm04", under(lab, tmp_path, POLICY))
    broken(lab)
    code, outcome = ended(process)
    assert (code, outcome["state"]) == (0, "migrated"), outcome
    assert places(lab, "broken") == {"kvm04": "running"}
    intact(lab, "broken")


@pytest.mark.benchmark
def test_broken_at_one_end_only_it_waits_for_the_other_one(lab: Lab, slow: None, tmp_path: Path) -> None:
    """libvirt recovers nothing while one end still takes the path for healthy."""
    environment = under(lab, tmp_path, POLICY)
    process = split(lab, "halved", "kvm03", "kvm04", environment)
    assert lab.reset_copy("kvm03", other_end=False) > 0
    code, outcome = ended(process)
    assert (code, outcome["state"]) == (7, "post-copy paused"), outcome
    assert set(places(lab, "halved")) == {"kvm03", "kvm04"}, "both halves are kept"
    lab.reset_copy("kvm04")
    lab.mend()
    lab.ferry("resume", env=environment, timeout=180).checked()
    assert places(lab, "halved") == {"kvm04": "running"}
    intact(lab, "halved")


@pytest.mark.benchmark
def test_a_silent_link_heals_by_itself_and_is_told(lab: Lab, slow: None, tmp_path: Path) -> None:
    process = split(lab, "quiet", "kvm03", "kvm04", under(lab, tmp_path, POLICY))
    lab.silence("kvm03", "migration", seconds=30)
    code, outcome = ended(process)
    assert (code, outcome["state"]) == (0, "migrated"), outcome
    assert any("no page came" in warning for warning in outcome["warnings"]), outcome
    assert outcome["postcopy_ms"] > 30_000
    intact(lab, "quiet")


@pytest.mark.benchmark
def test_over_another_network_once_the_first_one_stays_away(lab: Lab, slow: None, tmp_path: Path) -> None:
    environment = under(lab, tmp_path, POLICY)
    process = split(lab, "rerouted", "kvm03", "kvm04", environment)
    lab.link("kvm04", "migration", up=False)
    for host in ("kvm03", "kvm04"):
        lab.reset_copy(host, other_end=False)
    code, outcome = ended(process)
    assert (code, outcome["state"]) == (7, "post-copy paused"), outcome
    status = lab.ferry("status", env=environment).checked().stdout
    assert "post-copy paused" in status
    resumed = lab.ferry("-o", "json", "resume", "--network", "storage", env=environment, timeout=180)
    assert resumed.returncode == 0, resumed
    assert places(lab, "rerouted") == {"kvm04": "running"}
    intact(lab, "rerouted")


def test_towards_a_daemon_that_recovery_would_kill_it_is_refused(lab: Lab, tmp_path: Path) -> None:
    made = guest("valued", "kvm03", memory_mib=128)
    lab.start_guest(made)
    lab.wait_for_guest("valued")
    result = lab.ferry("migrate", "valued", "--to", "kvm01", "--yes", env=under(lab, tmp_path, POLICY))
    assert result.returncode == 4
    assert "postcopy-recovery" in result.stdout + result.stderr
    assert places(lab, "valued") == {"kvm03": "running"}
