"""ferry reaches each host of the lab another way: over IPv6 only, as somebody who is not root, through a jump host."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.integration.moves import intact, migrate, outcomes, places, started
from tests.integration.test_credentials import configured
from tests.lab import unprivileged
from tests.lab.protocol import Lab, Result

pytestmark = pytest.mark.lab

SPECIAL = ["kvm02", "kvm03", "kvm04"]  # IPv6 only, not root, behind the jump host
NO_ROOT = ["daemon"]  # the topics of which nothing is known without root


def from_controller(lab: Lab, *argv: str) -> Result:
    done = subprocess.run(lab.controller_argv(argv), capture_output=True, text=True, check=False, timeout=30)
    return Result(argv, done.returncode, done.stdout, done.stderr)


def silent(lab: Lab, *options: str) -> set[str]:
    """The hosts that do not answer."""
    said = lab.ferry(*options, "-o", "json", "hosts", timeout=60).checked()
    return {host["name"] for host in json.loads(said.stdout)["hosts"] if not host["answers"]}


def undecided(lab: Lab, guest: str, destination: str, *options: str) -> list[str]:
    """What could not be found out about a move that nothing speaks against."""
    said = lab.ferry(*options, "-o", "json", "check", guest, "--to", destination, timeout=60).checked()
    findings = json.loads(said.stdout)["plan"]["findings"]
    return [finding["saw"] for finding in findings if finding["undecided"] is not None]


def test_there_is_no_other_way(lab: Lab) -> None:
    for host in ("kvm02", "kvm04"):
        ping = from_controller(lab, "ping", "-c", "1", "-W", "1", lab.topology.address(host, "management"))
        assert ping.returncode != 0, f"{host} can be reached over IPv4"
        near = ["ping", "-c", "1", "-W", "2", lab.topology.address(host, "management")]
        lab.run("kvm01", near).checked()
    config = str(lab.ferry_config.with_name("ssh_config"))
    assert "Permission denied" in from_controller(lab, "ssh", "-F", config, "root@kvm03", "true").stderr
    assert from_controller(lab, "ssh", "-F", config, "ferry@kvm03", "id -u").checked().stdout != "0\n"


def test_every_host_answers(lab: Lab) -> None:
    assert silent(lab) == set()


@pytest.mark.parametrize("host", SPECIAL)
def test_a_check_there_and_back_leaves_nothing_undecided(lab: Lab, host: str) -> None:
    for source, destination in (("kvm01", host), (host, "kvm01")):
        started(lab, f"checked-{source}", source, disk="shared")
        assert undecided(lab, f"checked-{source}", destination) == []


@pytest.mark.parametrize("host", SPECIAL)
def test_a_guest_moves_there_and_back(lab: Lab, host: str) -> None:
    started(lab, "traveller", "kvm01", disk="shared", autostart=True)
    for destination in (host, "kvm01"):
        outcome = outcomes(migrate(lab, "traveller", "--to", destination).checked())["traveller"]
        assert (outcome["state"], outcome["where"]) == ("migrated", destination)
        assert places(lab, "traveller") == {destination: "running"}
        intact(lab, "traveller")


def test_a_guest_moves_from_one_special_host_to_the_next(lab: Lab) -> None:
    started(lab, "pilgrim", "kvm02", disk="shared")
    for destination in ("kvm03", "kvm04", "kvm03", "kvm02"):
        migrate(lab, "pilgrim", "--to", destination).checked()
        assert places(lab, "pilgrim") == {destination: "running"}
    intact(lab, "pilgrim")


def test_an_address_may_stand_where_a_name_does(lab: Lab, tmp_path: Path) -> None:
    address = lab.topology.address6("kvm02")
    config = Path(configured(lab, tmp_path))
    text = config.read_text().replace("root@kvm02/system", f"root@[{address}]/system")
    before = "ssh: kvm02\n"
    assert text.count(before) == 1
    config.write_text(text.replace(before, f'ssh: "root@{address}"\n'))
    started(lab, "stay", "kvm01", disk="shared")
    assert silent(lab, "--config", str(config)) == set()
    assert undecided(lab, "stay", "kvm02", "--config", str(config)) == []


def test_without_the_jump_host_only_what_is_behind_it_is_lost(lab: Lab) -> None:
    started(lab, "stay", "kvm01")
    lab.shell("jump", "for pid in $(pgrep -x sshd); do kill -KILL $pid; done", undo="/usr/sbin/sshd").checked()
    assert silent(lab) == {"kvm04"}
    said = lab.ferry("hosts").stdout
    assert "Connection refused" in said and "10.77.1.10" in said, said
    assert migrate(lab, "stay", "--to", "kvm04").returncode == 6


def test_a_jump_host_that_lets_nobody_in_is_named(lab: Lab) -> None:
    away = "mv /root/.ssh/authorized_keys /root/.ssh/away"
    lab.shell("jump", away, undo="mv /root/.ssh/away /root/.ssh/authorized_keys").checked()
    said = lab.ferry("hosts").stdout
    assert "root@10.77.1.10: Permission denied" in " ".join(said.split()), said
    assert "host.credentials" in said


def test_without_the_polkit_rule_libvirt_lets_nobody_in(lab: Lab) -> None:
    lab.plant("kvm03", f"/{unprivileged.RULE}", None)
    said = " ".join(lab.ferry("hosts").stdout.split())
    assert "kvm03 (controller to kvm03, libvirt over ssh): authentication unavailable" in said, said
    lab.mend()
    assert silent(lab) == set()


def test_without_the_sudoers_list_what_only_root_can_read_is_unknown(lab: Lab, tmp_path: Path) -> None:
    def unknown(name: str) -> dict[str, Any]:
        file = tmp_path / name
        lab.ferry("facts", "--save", str(file), timeout=60).checked()
        facts = json.loads(file.read_text())
        (kvm03,) = (host["said"] for host in facts["hosts"] if host["name"] == "kvm03")
        return {topic: value for topic, value in kvm03.items() if isinstance(value, dict) and "why" in value}

    with_rights = unknown("with.json")
    lab.plant("kvm03", f"/{unprivileged.SUDOERS}", None)
    without = unknown("without.json")
    for topic in NO_ROOT:
        assert topic not in with_rights
        assert "sudo" in without[topic]["why"], without[topic]
    started(lab, "stay", "kvm03", disk="shared")
    check = lab.ferry("check", "stay", "--to", "kvm01", timeout=60)
    assert check.returncode == 4
    assert "sudo" in check.stdout, check.stdout
