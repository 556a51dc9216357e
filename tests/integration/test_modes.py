"""Guests that do not move live, and moves that are tried again, between real hosts."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.moves import BUSY, intact, migrate, outcomes, places, started, under, until
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab


@pytest.fixture
def slow(lab: Lab) -> Iterator[None]:
    """A link on which a copy lasts long enough to do something to it."""
    lab.link("kvm01", "migration", rate="80mbit")
    yield
    lab.link("kvm01", "migration", rate=None)


def virsh(lab: Lab, host: str, *words: str) -> str:
    return lab.run(host, ["virsh", *words]).checked().stdout


def test_a_definition_moves_with_its_autostart(lab: Lab) -> None:
    started(lab, "sleeping", "kvm01", disk="shared", autostart=True)
    virsh(lab, "kvm01", "shutdown", "sleeping")
    until(lambda: places(lab, "sleeping") == {"kvm01": "shut off"}, "it shuts itself down")
    live = lab.ferry("migrate", "sleeping", "--to", "kvm02", "--yes")
    assert live.returncode == 4
    assert "--offline" in live.stdout
    outcome = outcomes(migrate(lab, "sleeping", "--to", "kvm02", "--offline").checked())["sleeping"]
    assert (outcome["state"], outcome["where"], outcome["code"]) == ("migrated", "kvm02", None)
    assert places(lab, "sleeping") == {"kvm02": "shut off"}
    assert "Autostart:      enable" in virsh(lab, "kvm02", "dominfo", "sleeping")
    virsh(lab, "kvm02", "start", "sleeping")
    lab.wait_for_guest("sleeping")


def test_a_guest_paused_for_its_copy_keeps_its_memory(lab: Lab, slow: None) -> None:
    started(lab, "statue", "kvm01", workload=BUSY)
    outcome = outcomes(migrate(lab, "statue", "--to", "kvm02", "--mode", "pause").checked())["statue"]
    assert (outcome["state"], outcome["where"], outcome["code"]) == ("migrated", "kvm02", None)
    assert outcome["downtime_ms"] >= 0.8 * outcome["libvirt_elapsed_ms"] > 1000, "it stood still for the whole copy"
    assert outcome["blackout_ms"] >= 0.8 * outcome["libvirt_elapsed_ms"]
    assert places(lab, "statue") == {"kvm02": "running"}
    intact(lab, "statue")
    print({key: outcome[key] for key in ("downtime_ms", "blackout_ms", "libvirt_elapsed_ms", "rounds", "duration_ms")})


def test_a_cold_move_shuts_down_moves_and_starts(lab: Lab) -> None:
    started(lab, "phoenix", "kvm01", disk="shared", autostart=True)
    outcome = outcomes(migrate(lab, "phoenix", "--to", "kvm03", "--mode", "cold").checked())["phoenix"]
    assert (outcome["state"], outcome["where"], outcome["code"]) == ("migrated", "kvm03", None)
    assert places(lab, "phoenix") == {"kvm03": "running"}
    assert "Autostart:      enable" in virsh(lab, "kvm03", "dominfo", "phoenix")
    intact(lab, "phoenix")


def test_a_copy_that_broke_off_is_tried_again(lab: Lab, slow: None, tmp_path: Path) -> None:
    started(lab, "stubborn", "kvm01")
    environment = under(lab, tmp_path, "convergence: {measure: never}\nretries: {attempts: 2, back_off: 2s}\n")
    process = lab.spawn_ferry("-o", "json", "migrate", "stubborn", "--to", "kvm02", "--yes", env=environment)
    until(lambda: "Memory remaining" in lab.run("kvm01", ["virsh", "domjobinfo", "stubborn"]).stdout, "the copy runs")
    lab.stop_daemon("kvm02")
    lab.start_daemon("kvm02")
    until(lambda: "Memory remaining" not in lab.run("kvm01", ["virsh", "domjobinfo", "stubborn"]).stdout, "it breaks")
    lab.link("kvm01", "migration", rate=None)
    out, err = process.communicate(timeout=120)
    answer = json.loads(out)
    (first,) = answer["before"]
    assert [m["outcome"]["state"] for m in first["moves"]] == ["kept"]
    assert answer["run"]["run"]["retry"]["attempt"] == 2
    assert answer["run"]["run"]["retry"]["follows"] == first["run"]["id"]
    assert process.returncode == 0, err
    assert places(lab, "stubborn") == {"kvm02": "running"}
    intact(lab, "stubborn")
