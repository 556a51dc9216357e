"""Limits hold on real hosts, whoever moves what: another ferry, virsh, a process that was killed, a store that went."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.moves import copying, guest, intact, outcomes, places, until, virsh_migrate
from tests.integration.stores import FLOOR, Kept, PostgresStore, SqliteStore, configured, gaps, journal
from tests.integration.traffic import Watch
from tests.lab import host_shell
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.postgres import Postgres
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab

SLOW = "150mbit"
ONE = f"limits: {{live: 1, floor: {FLOOR}}}\ntransport: tcp\nconvergence: {{measure: never}}\n"
_SMALL = Workload(size=8, rate=0)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """The same must hold in both."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "ferry.db")
    return PostgresStore(request.getfixturevalue("postgres"))


@pytest.fixture(autouse=True)
def slow(lab: NamespaceLab) -> None:
    """A copy takes some seconds."""
    for host in lab.hosts():
        lab.link(host, "migration", rate=SLOW)


@pytest.fixture
def watch(lab: NamespaceLab) -> Iterator[Watch]:
    """What libvirt shows from here on."""
    with Watch(lab) as watch:
        yield watch


def running(lab: NamespaceLab, *names: str, host: str = "kvm01", memory_mib: int = 128) -> None:
    made = [guest(name, host, memory_mib=memory_mib, workload=_SMALL) for name in names]
    for one in made:
        lab.start_guest(one)
    for one in made:
        lab.wait_for_guest(one.name)


def begun(
    lab: NamespaceLab, env: dict[str, str], *words: str, to: str = "kvm02", copy_of: str | None = None
) -> "subprocess.Popen[str]":
    process = lab.spawn_ferry("-o", "jsonl", "migrate", *words, "--to", to, "--yes", env=env)
    if copy_of is not None:
        until(lambda: copying(lab, "kvm01", copy_of), f"the copy of {copy_of} shows")
    return process


def said_by(process: "subprocess.Popen[str]", timeout: float = 60) -> str:
    out, err = process.communicate(timeout=timeout)
    return out + err


def together(watch: Watch, *guests: str) -> float:
    """Seconds for which libvirt showed all of these moving at once."""
    return sum(0.05 for moment in watch.moments() if set(guests) <= set(moment.moving))


def arrived(lab: NamespaceLab, *names: str, at: str = "kvm02") -> None:
    for name in names:
        assert places(lab, name) == {at: "running"}
        intact(lab, name)


def test_a_migration_by_virsh_is_counted_and_waited_for(lab: NamespaceLab, watch: Watch, tmp_path: Path) -> None:
    running(lab, "by-virsh", "by-ferry")
    env = configured(lab, tmp_path / "c", ONE)
    command = host_shell.enter(lab.place, "kvm01", virsh_migrate(lab, "by-virsh"))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as foreign:
        until(lambda: "by-virsh" in watch.now(), "the foreign copy shows")
        ferry = begun(lab, env, "by-ferry")
        _, complaint = foreign.communicate(timeout=60)
        assert foreign.returncode == 0, complaint
    said = said_by(ferry)
    assert ferry.returncode == 0, said
    assert "ferry did not start (by-virsh)" in said
    assert together(watch, "by-virsh", "by-ferry") == 0
    arrived(lab, "by-virsh", "by-ferry")


def test_two_ferries_share_one_limit(lab: NamespaceLab, store: Kept, watch: Watch, tmp_path: Path) -> None:
    running(lab, "first", "second")
    env = configured(lab, tmp_path / "c", ONE, store=store)
    one = begun(lab, env, "first", copy_of="first")
    other = begun(lab, env, "second")
    said = said_by(other)
    assert (one.wait(timeout=10), other.returncode) == (0, 0), said
    assert "1 of 1 live slots, held by first (run " in said
    assert together(watch, "first", "second") == 0
    assert gaps(journal(store)) == []
    arrived(lab, "first", "second")


def test_the_slot_of_a_killed_process_is_taken_while_its_copy_runs(
    lab: NamespaceLab, store: Kept, watch: Watch, tmp_path: Path
) -> None:
    running(lab, "orphan", "next")
    env = configured(lab, tmp_path / "c", ONE, store=store)
    killed = begun(lab, env, "orphan", copy_of="orphan")
    os.kill(killed.pid, signal.SIGKILL)
    killed.communicate()
    died = time.time()
    waiting = begun(lab, env, "next")
    said = said_by(waiting)
    assert waiting.returncode == 0, said
    outlived = [moment.at for moment in watch.moments() if moment.at > died and "orphan" in moment.moving]
    assert outlived, "its copy was over too soon to prove anything"
    assert together(watch, "orphan", "next") == 0
    lab.ferry("resume", env=env)
    assert "no run is open" in lab.ferry("status", env=env).checked().stdout
    assert gaps(journal(store)) == []
    arrived(lab, "orphan", "next")


def test_over_the_limit_it_is_refused_where_the_policy_says_so(lab: NamespaceLab, tmp_path: Path) -> None:
    running(lab, "inside", "outside")
    env = configured(lab, tmp_path / "c", ONE.replace("live: 1", "live: 1, over: refuse"))
    inside = begun(lab, env, "inside", copy_of="inside")
    outside = begun(lab, env, "outside")
    said = said_by(outside)
    assert inside.poll() is None, "the copy it should have waited for was over too soon"
    assert outside.returncode not in (0, 70), said
    assert "1 of 1 live slots" in said
    assert places(lab, "outside") == {"kvm01": "running"}
    assert inside.wait(timeout=60) == 0


def test_a_limit_is_raised_for_one_run(lab: NamespaceLab, watch: Watch, tmp_path: Path) -> None:
    running(lab, "usual", "urgent", memory_mib=160)
    store = SqliteStore(tmp_path / "ferry.db")
    env = configured(lab, tmp_path / "c", ONE, store=store)
    usual = begun(lab, env, "usual", copy_of="usual")
    words = ("urgent", "--override-limits", "live=2", "--reason", "the disk of kvm01 fails")
    urgent = begun(lab, env, *words)
    said = said_by(urgent)
    assert (urgent.returncode, usual.wait(timeout=60)) == (0, 0), said
    assert together(watch, "usual", "urgent") > 0.5
    audit = lab.ferry("history", "--audit", env=env).checked().stdout
    assert "live=2" in audit
    assert "the disk of kvm01 fails" in audit
    arrived(lab, "usual", "urgent")


def test_the_slot_of_a_dead_host_is_taken_until_a_person_releases_it(lab: NamespaceLab, tmp_path: Path) -> None:
    running(lab, "victim")
    running(lab, "bystander", host="kvm03")
    env = configured(lab, tmp_path / "c", ONE.replace("live: 1", "live: 1, total: 1"))
    mover = begun(lab, env, "victim", copy_of="victim")
    os.kill(mover.pid, signal.SIGKILL)
    mover.communicate()
    run = json.loads(lab.ferry("-o", "json", "history", "--last", env=env).checked().stdout)["run"]["run"]["id"]
    lab.kill_host("kvm02")
    waiting = begun(lab, env, "bystander", to="kvm04")
    time.sleep(12)
    assert places(lab, "bystander") == {"kvm03": "running"}
    assert waiting.poll() is None, "nobody has proven that the copy is gone at kvm02"
    released = lab.ferry(
        "release", f"{run}/victim", "--host", "kvm02", "--because", "power supply died", "--yes", env=env
    )
    said = said_by(waiting)
    assert waiting.returncode == 0, (released, said)
    assert "power supply died" in lab.ferry("history", run, env=env).checked().stdout
    arrived(lab, "bystander", at="kvm04")
    lab.boot_host("kvm02")
    assert places(lab, "victim") == {"kvm01": "running"}


@pytest.mark.parametrize("how", ["restarted", "cut", "gone for a while"])
def test_no_limit_breaks_and_no_line_is_lost_with_the_store(
    lab: NamespaceLab, postgres: Postgres, watch: Watch, tmp_path: Path, how: str
) -> None:
    names = ("one", "two", "three", "four")
    running(lab, *names, memory_mib=96)
    store = PostgresStore(postgres)
    env = configured(lab, tmp_path / "c", ONE, store=store)
    process = begun(lab, env, *names, copy_of=None)
    until(lambda: bool(watch.now()), "the first copy shows")
    if how == "cut":
        for _ in range(4):
            postgres.cut_connections()
            time.sleep(1)
    else:
        postgres.restart(quick=how != "restarted", away=8 if how == "gone for a while" else 0)
    said = said_by(process, timeout=120)
    print(f"{how}: exit {process.returncode}")
    assert process.returncode in (0, 6), said
    if process.returncode:
        lab.ferry("resume", env=env).checked()
    alone = max(len(moment.moving) for moment in watch.moments())
    assert alone == 1
    assert gaps(journal(store)) == []
    outcome = outcomes(lab.ferry("-o", "json", "history", "--last", env=env).checked())
    assert {name: end["state"] for name, end in outcome.items()} == dict.fromkeys(names, "migrated")
    arrived(lab, *names)


def test_without_its_store_nothing_begins(lab: NamespaceLab, postgres: Postgres, tmp_path: Path) -> None:
    running(lab, "staying")
    env = configured(lab, tmp_path / "c", ONE, store=PostgresStore(postgres))
    lab.ferry("status", env=env).checked()
    postgres.stop()
    done = lab.ferry("migrate", "staying", "--to", "kvm02", "--yes", env=env)
    assert done.returncode == 6, done
    assert places(lab, "staying") == {"kvm01": "running"}


def test_the_password_of_the_store_is_nowhere(lab: NamespaceLab, postgres: Postgres, tmp_path: Path) -> None:
    store = PostgresStore(postgres)
    env = configured(lab, tmp_path / "c", ONE, store=store)
    running(lab, "discreet")
    moved = lab.ferry("-v", "migrate", "discreet", "--to", "kvm02", "--yes", env=env).checked()
    password = postgres.password_file.read_text().strip()
    with_it = store.url.replace("ferry@", f"ferry:{password}@")
    written = configured(lab, tmp_path / "d", ONE, store=store)
    config = Path(written["FERRY_CONFIG"])
    config.write_text(config.read_text().replace(store.url, with_it))
    refused = lab.ferry("status", env=written)
    assert refused.returncode == 3, refused
    told = [moved.stdout, moved.stderr, refused.stdout, refused.stderr, lab.ferry("history", env=env).stdout]
    assert not any(password in text for text in told)
    assert not any(password in json.dumps(row) for table in ("runs", "entries") for row in store.select(table))
