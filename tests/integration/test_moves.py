"""Guests moved live between real hosts."""

import pytest

from tests.integration.moves import BUSY, intact, migrate, outcomes, places, started
from tests.lab.protocol import Lab

pytestmark = pytest.mark.lab

PAIRS = [
    ("kvm01", "kvm02"),  # trixie
    ("kvm03", "kvm04"),  # bookworm
    ("kvm01", "kvm03"),  # to the older
    ("kvm03", "kvm01"),  # to the newer
]


@pytest.mark.parametrize(("source", "destination"), PAIRS)
def test_a_running_guest_moves_with_its_memory(lab: Lab, source: str, destination: str) -> None:
    started(lab, "roamer", source, disk="shared")
    result = migrate(lab, "roamer", "--to", destination).checked()
    outcome = outcomes(result)["roamer"]
    assert (outcome["state"], outcome["where"]) == ("migrated", destination)
    assert outcome["downtime_ms"] > 0
    assert outcome["blackout_ms"] is not None, outcome["blackout_unknown"]
    assert places(lab, "roamer") == {destination: "running"}
    intact(lab, "roamer")


def test_there_and_back_four_times_leaves_nothing(lab: Lab) -> None:
    started(lab, "commuter", "kvm01", disk="shared", autostart=True)
    for destination in ("kvm02", "kvm01") * 4:
        migrate(lab, "commuter", "--to", destination).checked()
        assert places(lab, "commuter") == {destination: "running"}
    intact(lab, "commuter")
    for host in lab.hosts():
        traces = "find /etc/libvirt/qemu /run/libvirt/qemu /srv/shared -name '*commuter*' -o -name '.ferry-*'"
        found = lab.run(host, ["sh", "-c", traces]).checked().stdout.split()
        at_home = host == "kvm01"
        left = [path for path in found if not path.startswith("/srv/shared/") or ".ferry-" in path]
        assert bool(left) is at_home, f"{host} keeps {left}"
    marked = lab.run("kvm01", ["virsh", "dominfo", "commuter"]).checked().stdout
    assert "Autostart:      enable" in marked


@pytest.mark.parametrize("persistent", [True, False])
def test_persistence_is_preserved(lab: Lab, persistent: bool) -> None:
    started(lab, "keeper", "kvm01", persistent=persistent)
    migrate(lab, "keeper", "--to", "kvm02").checked()
    said = lab.run("kvm02", ["virsh", "dominfo", "keeper"]).checked().stdout
    assert f"Persistent:     {'yes' if persistent else 'no'}" in said
    assert places(lab, "keeper") == {"kvm02": "running"}


@pytest.mark.parametrize(("source", "destination"), [("kvm01", "kvm02"), ("kvm03", "kvm01")])
def test_a_paused_guest_stays_paused(lab: Lab, source: str, destination: str) -> None:
    started(lab, "sleeper", source)
    lab.run(source, ["virsh", "suspend", "sleeper"]).checked()
    outcome = outcomes(migrate(lab, "sleeper", "--to", destination).checked())["sleeper"]
    assert outcome["state"] == "migrated"
    assert places(lab, "sleeper") == {destination: "paused"}
    lab.run(destination, ["virsh", "resume", "sleeper"]).checked()
    intact(lab, "sleeper")


def test_a_paused_guest_that_a_second_move_would_end_is_refused_until_it_has_run(lab: Lab) -> None:
    started(lab, "napper", "kvm01", disk="shared")
    lab.run("kvm01", ["virsh", "suspend", "napper"]).checked()
    migrate(lab, "napper", "--to", "kvm03").checked()
    refused = migrate(lab, "napper", "--to", "kvm04")
    assert refused.returncode == 4
    assert "paused-since-arrival" in refused.stdout
    assert places(lab, "napper") == {"kvm03": "paused"}
    lab.run("kvm03", ["sh", "-c", "virsh resume napper; sleep 1; virsh suspend napper"]).checked()
    migrate(lab, "napper", "--to", "kvm04").checked()
    assert places(lab, "napper") == {"kvm04": "paused"}
    lab.run("kvm04", ["virsh", "resume", "napper"]).checked()
    intact(lab, "napper")


def test_a_guest_that_writes_20_megabytes_a_second_keeps_its_memory(lab: Lab) -> None:
    started(lab, "writer", "kvm01", workload=BUSY)
    outcome = outcomes(migrate(lab, "writer", "--to", "kvm02").checked())["writer"]
    assert outcome["state"] == "migrated"
    assert outcome["rounds"] > 1
    intact(lab, "writer")


def test_without_a_destination_the_host_with_most_room_is_taken(lab: Lab) -> None:
    started(lab, "nomad", "kvm01")
    lab.pretend_free_memory("kvm02", 900)
    lab.pretend_free_memory("kvm03", 2500)
    lab.pretend_free_memory("kvm04", 1200)
    try:
        outcome = outcomes(migrate(lab, "nomad").checked())["nomad"]
    finally:
        for host in ("kvm02", "kvm03", "kvm04"):
            lab.pretend_free_memory(host, None)
    assert outcome["where"] == "kvm03"


def test_several_guests_go_two_at_a_time(lab: Lab) -> None:
    names = ["crew-1", "crew-2", "crew-3"]
    for name in names:
        started(lab, name, "kvm01")
    result = lab.ferry("-o", "jsonl", "migrate", *names, "--to", "kvm02", "--yes").checked()
    assert "live slots, held by" in result.stdout, "the third one waits, and says for what"
    for name in names:
        assert places(lab, name) == {"kvm02": "running"}


def test_a_dry_run_changes_nothing(lab: Lab) -> None:
    started(lab, "still", "kvm01")
    result = lab.ferry("migrate", "still", "--to", "kvm02", "--dry-run").checked()
    assert "kvm02" in result.stdout
    assert places(lab, "still") == {"kvm01": "running"}
