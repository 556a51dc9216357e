"""Rolls over real hosts: guests stay alive, commands run on empty hosts only and once, a sick host ends it."""

import json
import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.integration.lives import Lives
from tests.integration.moves import guest, intact, places, started, until
from tests.integration.stores import FLOOR, SqliteStore, configured
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Result

pytestmark = pytest.mark.lab

RESTART = "/usr/local/sbin/restart-libvirtd"
# As an operator has it: root runs it, anybody else asks sudo, which has a line for it on the hosts that need one.
COMMAND = f'$([ "$(id -u)" = 0 ] || echo sudo -n) {RESTART}'
RESTARTS = "/srv/local/restarts"
SUDOERS = f"ferry ALL = (root) NOPASSWD: {RESTART}\n"
STOPS = f"""#!/bin/sh
echo x >>{RESTARTS}
pid=$(pgrep -o -x libvirtd) && kill $pid && while kill -0 $pid 2>/dev/null; do sleep 0.1; done
"""
COMES_BACK = """pgrep -x libvirtd >/dev/null || /usr/sbin/libvirtd --daemon --listen
until virsh -q -c qemu:///system version >/dev/null; do sleep 0.2; done
"""
STARTS = STOPS + "exec /usr/sbin/libvirtd --daemon --listen\n"
POLICY = f"downtime_budget: 10s\nlimits: {{live: 2, floor: {FLOOR}}}\nconvergence: {{measure: never}}\n"


@pytest.fixture
def env(lab: NamespaceLab, tmp_path: Path) -> dict[str, str]:
    """Every host knows how to restart its daemon; a store of its own."""
    for host, there in lab.topology.hosts.items():
        lab.plant(host, RESTART, STARTS, 0o755)
        lab.shell(host, f"rm -f {RESTARTS}", undo=f"rm -f {RESTARTS} /srv/local/ran").checked()
        if there.user != "root":
            lab.plant(host, "/etc/sudoers.d/restart", SUDOERS, 0o440)
    return configured(lab, tmp_path / "c", POLICY, store=SqliteStore(tmp_path / "ferry.db"))


def running(lab: NamespaceLab, where: Mapping[str, str]) -> None:
    """Small guests, each on its host."""
    made = [guest(name, host, memory_mib=96) for name, host in where.items()]
    for one in made:
        lab.start_guest(one)
    for one in made:
        lab.wait_for_guest(one.name)


def rolling(lab: NamespaceLab, env: dict[str, str], *words: str, run: str = COMMAND, text: bool = False) -> Result:
    how = () if text else ("-o", "json")
    return lab.ferry(*how, "rolling", *words, "--run", run, "--yes", env=env, timeout=500)


def count(lab: NamespaceLab, host: str, file: str = RESTARTS) -> int:
    """How many lines a command has left there."""
    return len(lab.run(host, ["sh", "-c", f"cat {file} 2>/dev/null || true"]).checked().stdout.split())


def ran_on(lab: NamespaceLab) -> dict[str, int]:
    return {host: count(lab, host) for host in lab.hosts()}


def lived(lab: NamespaceLab, lives: Lives, names: Mapping[str, str], most: int = 2) -> None:
    """They were alive all the time, moved at most so often, were never booted again and kept their memory."""
    assert [gap for name in names for gap in lives.lost(name)] == []
    assert {name: moves for name in names if (moves := lives.moves(name)) > most} == {}
    for name in names:
        intact(lab, name)
        assert lab.guest_console(name).count("READY ") == 1


@pytest.mark.timeout(600)  # only a busy machine needs as much
def test_all_hosts_are_rolled_and_no_guest_is_ever_down(lab: NamespaceLab, env: dict[str, str]) -> None:
    names = {f"roll-{host[-1]}": host for host in lab.hosts()}
    running(lab, names)
    with Lives(lab) as lives:
        rolled = rolling(lab, env, *lab.hosts()).checked()
    told = json.loads(rolled.stdout)
    assert (told["done"], told["failed"], told["cordoned"]) == (list(lab.hosts()), [], [])
    assert ran_on(lab) == dict.fromkeys(lab.hosts(), 1)
    assert all(lives.away(host) for host in lab.hosts())
    print({name: lives.moves(name) for name in names}, {name: places(lab, name) for name in names})
    lived(lab, lives, names)
    assert lab.ferry("rolling", env=env).checked().stdout == "No roll is open.\n"


@pytest.mark.timeout(600)  # only a busy machine needs as much
def test_a_host_that_does_not_come_back_ends_the_roll(lab: NamespaceLab, env: dict[str, str]) -> None:
    names = {"left-1": "kvm01", "left-4": "kvm04"}
    running(lab, names)
    lab.plant("kvm01", RESTART, STOPS, 0o755)
    lab.shell("kvm01", "true", undo=COMES_BACK).checked()
    hosts = ("kvm02", "kvm01", "kvm04")
    with Lives(lab) as lives:
        sick = rolling(lab, env, *hosts, "--healthy-timeout", "8s", text=True)
        assert sick.returncode == 1, sick
        said = " ".join(sick.stdout.split())
        assert "1 of 3 hosts done. kvm01 did not come back: not healthy within 8 s: it does not answer" in said
        assert "kvm01 takes no guests until: ferry uncordon kvm01" in said
        (roll,) = json.loads(lab.ferry("-o", "json", "rolling", env=env).checked().stdout)["rolls"]
        assert f"ferry resume {roll['id']}" in said
        assert ran_on(lab) == {"kvm01": 1, "kvm02": 1, "kvm03": 0, "kvm04": 0}
        assert lab.run("kvm04", ["virsh", "domstate", "left-4"]).checked().stdout.strip() == "running"
        again = lab.ferry("-o", "json", "resume", roll["id"], env=env)
        told = json.loads(again.stdout)
        assert (again.returncode, told["done"], told["failed"]) == (1, ["kvm02"], ["kvm01"])
        assert [cordon["host"] for cordon in told["cordoned"]] == ["kvm01"]
        lab.start_daemon("kvm01")
        ended = json.loads(lab.ferry("-o", "json", "resume", roll["id"], env=env, timeout=200).checked().stdout)
    assert (ended["done"], ended["failed"], ended["cordoned"]) == (list(hosts), [], [])
    assert ran_on(lab) == {"kvm01": 1, "kvm02": 1, "kvm03": 0, "kvm04": 1}
    lived(lab, lives, names)


def test_beside_a_guest_that_cannot_leave_the_command_is_not_run(lab: NamespaceLab, env: dict[str, str]) -> None:
    started(lab, "stuck", "kvm02", memory_mib=96, disk="local")
    kept = rolling(lab, env, "kvm02", "kvm04", "--attempts", "1", run="touch /srv/local/ran")
    told = json.loads(kept.stdout)
    assert (kept.returncode, told["done"], told["failed"], told["cordoned"]) == (1, [], ["kvm02"], []), kept
    assert "stuck is running there" in kept.stdout
    for host in ("kvm02", "kvm04"):
        assert lab.run(host, ["test", "-e", "/srv/local/ran"]).returncode == 1
    assert places(lab, "stuck") == {"kvm02": "running"}
    intact(lab, "stuck")


def test_beside_a_guest_that_libvirt_does_not_know_the_command_is_not_run(
    lab: NamespaceLab, env: dict[str, str]
) -> None:
    """The process table tells of it, also to an account that is not root."""
    pid = "/run/by-hand.pid"
    words = f"-m 32 -S -display none -monitor none -serial none -daemonize -pidfile {pid}"
    lab.shell("kvm03", f"qemu-system-x86_64 {words}", undo=f"kill $(cat {pid}); rm -f {pid}").checked()
    kept = rolling(lab, env, "kvm03", "--attempts", "1", run="touch /srv/local/ran")
    assert kept.returncode == 1, kept
    number = lab.run("kvm03", ["cat", pid]).checked().stdout.strip()
    assert f"the kernel of kvm03 has QEMU processes: {number}" in kept.stdout
    assert lab.run("kvm03", ["test", "-e", "/srv/local/ran"]).returncode == 1


def test_a_command_is_not_given_twice_when_ferry_is_killed(lab: NamespaceLab, env: dict[str, str]) -> None:
    running(lab, {"bystander-3": "kvm03"})
    command = f"echo x >>/srv/local/ran; sleep 8; {COMMAND}"
    lab.shell("kvm03", "install -m 666 /dev/null /srv/local/ran").checked()
    ferry = lab.spawn_ferry("rolling", "kvm03", "--run", command, "--yes", env=env)
    until(lambda: count(lab, "kvm03", "/srv/local/ran") > 0 or ferry.poll() is not None, "it is given", timeout=90)
    os.kill(ferry.pid, signal.SIGKILL)
    out, err = ferry.communicate()
    assert ferry.returncode == -signal.SIGKILL, out + err
    (roll,) = json.loads(lab.ferry("-o", "json", "rolling", env=env).checked().stdout)["rolls"]
    ended = json.loads(lab.ferry("-o", "json", "resume", roll["id"], env=env, timeout=200).checked().stdout)
    assert (ended["done"], ended["failed"], ended["cordoned"]) == (["kvm03"], [], [])
    assert (count(lab, "kvm03", "/srv/local/ran"), count(lab, "kvm03")) == (1, 1)
    intact(lab, "bystander-3")


@pytest.mark.timeout(400)  # only a busy machine needs as much
def test_a_host_that_reboots_is_well_when_it_says_so_with_another_boot_id(
    lab: NamespaceLab, env: dict[str, str]
) -> None:
    """The connection breaks in the middle of the command, as with any reboot; a command beside it runs here."""
    running(lab, {"traveller": "kvm02"})
    told = "/srv/local/ran"
    lab.shell("kvm02", f"rm -f {told}", undo=f"rm -f {told}").checked()
    words = ("rolling", "kvm02", "--reboot", "--restore", "--run", f"echo x >>{told}; sleep 300", "--yes")
    ferry = lab.spawn_ferry("-o", "json", *words, env=env)
    until(lambda: count(lab, "kvm02", told) > 0 or ferry.poll() is not None, "the command runs", timeout=120)
    assert "kvm02" not in places(lab, "traveller")
    lab.kill_host("kvm02")
    lab.boot_host("kvm02")
    said, complaint = ferry.communicate(timeout=200)
    assert ferry.returncode == 0, said + complaint
    rolled = json.loads(said)
    assert (rolled["done"], rolled["failed"], rolled["cordoned"]) == (["kvm02"], [], [])
    assert count(lab, "kvm02", told) == 1
    assert places(lab, "traveller") == {"kvm02": "running"}
    intact(lab, "traveller")


def test_a_local_command_runs_here_and_knows_its_host(lab: NamespaceLab, env: dict[str, str], tmp_path: Path) -> None:
    running(lab, {"passenger": "kvm03"})
    told = tmp_path / "ran"
    rolled = json.loads(rolling(lab, env, "kvm03", "--local", run=f"echo $FERRY_HOST >>{told}").checked().stdout)
    assert (rolled["done"], rolled["failed"], rolled["cordoned"]) == (["kvm03"], [], [])
    assert told.read_text() == "kvm03\n"
    assert "kvm03" not in places(lab, "passenger")
    intact(lab, "passenger")
