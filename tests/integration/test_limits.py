"""Limits hold on real hosts, whoever moves what: another ferry, virsh, a process that was killed, a store that went."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.integration.moves import copying, guest, intact, outcomes, places, until, virsh_migrate
from tests.integration.stores import FLOOR, Kept, PostgresStore, SqliteStore, configured, gaps, journal
from tests.integration.traffic import Watch
from tests.lab import host_shell
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.postgres import Postgres
from tests.lab.topology import Workload

pytestmark = pytest.mark.lab

HELD, SLOW = "2mbit", "150mbit"
ONE = f"limits: {{live: 1, floor: {FLOOR}}}\ntransport: tcp\nconvergence: {{measure: never}}\nstall: {{patience: 3m}}\n"
_SMALL = Workload(size=8, rate=0)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Kept:
    """The same must hold in both."""
    if request.param == "sqlite":
        return SqliteStore(tmp_path / "ferry.db")
    return PostgresStore(request.getfixturevalue("postgres"))


@pytest.fixture(autouse=True)
def held(lab: NamespaceLab) -> None:
    """A copy from kvm01 goes on for as long as a test likes."""
    lab.link("kvm01", "migration", rate=HELD)


def let_go(lab: NamespaceLab) -> None:
    lab.link("kvm01", "migration", rate=SLOW)


class Ferry:
    """A `ferry migrate`, or another command that moves guests, that is listened to while it goes on."""

    def __init__(
        self, lab: NamespaceLab, env: dict[str, str], *words: str, to: str = "kvm02", command: str = "migrate"
    ) -> None:
        self.process = lab.spawn_ferry("-o", "jsonl", command, *words, "--to", to, "--yes", env=env)
        self._said: list[str] = []
        pipes = (self.process.stdout, self.process.stderr)
        self._threads = [threading.Thread(target=self._listen, args=(pipe,), daemon=True) for pipe in pipes]
        for thread in self._threads:
            thread.start()

    def _listen(self, pipe: IO[str]) -> None:
        for line in pipe:
            self._said.append(line)

    @property
    def said(self) -> str:
        """All of it so far."""
        return "".join(self._said)

    def until(self, words: str) -> None:
        """Until it has said so."""
        until(lambda: words in self.said or self.process.poll() is not None, words, timeout=60)
        assert words in self.said, self.said

    def ended(self, timeout: float = 60) -> int:
        """Its exit code."""
        code = self.process.wait(timeout)
        for thread in self._threads:
            thread.join()
        return code

    def kill(self) -> None:
        """-9."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.ended()


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


def begun(lab: NamespaceLab, env: dict[str, str], name: str) -> Ferry:
    """It has begun to copy the guest away from kvm01."""
    ferry = Ferry(lab, env, name)
    until(lambda: copying(lab, "kvm01", name), f"the copy of {name} shows", timeout=60)
    return ferry


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
        try:
            until(lambda: "by-virsh" in watch.now(), "the foreign copy shows", timeout=60)
            ferry = Ferry(lab, env, "by-ferry")
            ferry.until("ferry did not start (by-virsh)")
        finally:
            let_go(lab)
        _, complaint = foreign.communicate(timeout=60)
        assert foreign.returncode == 0, complaint
    assert ferry.ended() == 0, ferry.said
    assert together(watch, "by-virsh", "by-ferry") == 0
    arrived(lab, "by-virsh", "by-ferry")


def test_two_ferries_share_one_limit(lab: NamespaceLab, store: Kept, watch: Watch, tmp_path: Path) -> None:
    running(lab, "first", "second")
    env = configured(lab, tmp_path / "c", ONE, store=store)
    one = begun(lab, env, "first")
    other = Ferry(lab, env, "second")
    other.until("1 of 1 live slots, held by first (run ")
    let_go(lab)
    assert (one.ended(), other.ended()) == (0, 0), other.said
    assert together(watch, "first", "second") == 0
    assert gaps(journal(store)) == []
    arrived(lab, "first", "second")


def test_the_slot_of_a_killed_process_is_taken_while_its_copy_runs(
    lab: NamespaceLab, store: Kept, watch: Watch, tmp_path: Path
) -> None:
    running(lab, "orphan", "next")
    env = configured(lab, tmp_path / "c", ONE, store=store)
    driver = begun(lab, env, "orphan")
    waiting = Ferry(lab, env, "next")  # one that begins later would take the orphan over before anything else
    waiting.until("1 of 1 live slots, held by orphan (run ")
    driver.kill()
    time.sleep(5)  # more looks, none of which may free it
    assert list(watch.now()) == ["orphan"]
    let_go(lab)
    assert waiting.ended() == 0, waiting.said
    assert together(watch, "orphan", "next") == 0
    lab.ferry("resume", env=env)
    assert "no run is open" in lab.ferry("status", env=env).checked().stdout
    assert gaps(journal(store)) == []
    arrived(lab, "orphan", "next")


def test_over_the_limit_it_is_refused_where_the_policy_says_so(lab: NamespaceLab, tmp_path: Path) -> None:
    running(lab, "inside", "outside")
    env = configured(lab, tmp_path / "c", ONE.replace("live: 1", "live: 1, over: refuse"))
    inside = begun(lab, env, "inside")
    outside = Ferry(lab, env, "outside")
    assert outside.ended() not in (0, 70), outside.said
    assert "1 of 1 live slots" in outside.said
    assert places(lab, "outside") == {"kvm01": "running"}
    let_go(lab)
    assert inside.ended() == 0


def test_a_limit_is_raised_for_one_run(lab: NamespaceLab, watch: Watch, tmp_path: Path) -> None:
    running(lab, "usual", "urgent")
    env = configured(lab, tmp_path / "c", ONE, store=SqliteStore(tmp_path / "ferry.db"))
    usual = begun(lab, env, "usual")
    urgent = Ferry(lab, env, "urgent", "--override-limits", "live=2", "--reason", "the disk of kvm01 fails")
    until(lambda: set(watch.now()) == {"usual", "urgent"} or urgent.process.poll() is not None, "both move", timeout=60)
    let_go(lab)
    assert (urgent.ended(), usual.ended()) == (0, 0), urgent.said
    assert together(watch, "usual", "urgent") > 0
    lines = [json.loads(line) for line in urgent.said.splitlines() if line.startswith("{")]
    (raised,) = {line["event"]["run"]["id"] for line in lines if line.get("kind") == "opened"}
    told = lab.ferry("history", raised, env=env).checked().stdout
    assert "live=2" in told
    assert "the disk of kvm01 fails" in told
    arrived(lab, "usual", "urgent")


def test_the_slot_of_a_dead_host_is_taken_until_a_person_releases_it(lab: NamespaceLab, tmp_path: Path) -> None:
    running(lab, "victim")
    running(lab, "bystander", host="kvm03")
    env = configured(lab, tmp_path / "c", ONE.replace("live: 1", "live: 1, total: 1"))
    driver = begun(lab, env, "victim")
    waiting = Ferry(lab, env, "bystander", to="kvm04")
    waiting.until("held by victim")
    run = waiting.said.partition("held by victim (run ")[2].partition(")")[0]
    driver.kill()
    lab.kill_host("kvm02")
    time.sleep(5)  # more looks, none of which may free it: nobody has proven that the copy is gone at kvm02
    assert places(lab, "bystander") == {"kvm03": "running"}
    reason = "its power supply died"
    released = lab.ferry("release", "victim@kvm02", "--because", reason, env=env).checked()
    assert waiting.ended() == 0, (released, waiting.said)
    told = lab.ferry("history", run, env=env).checked().stdout
    assert reason in " ".join(told.split())
    arrived(lab, "bystander", at="kvm04")
    lab.boot_host("kvm02")
    lab.ferry("resume", env=env, timeout=120)  # the next test finds no run that was left
    assert places(lab, "victim") == {"kvm01": "running"}


@pytest.mark.parametrize("how", ["restarted", "cut", "gone for a while"])
def test_no_limit_breaks_and_no_line_is_lost_with_the_store(
    lab: NamespaceLab, postgres: Postgres, watch: Watch, tmp_path: Path, how: str
) -> None:
    names = ("one", "two", "three", "four")
    running(lab, *names, memory_mib=96)
    store = PostgresStore(postgres)
    env = configured(lab, tmp_path / "c", ONE, store=store)
    ferry = Ferry(lab, env, *names)
    until(lambda: bool(watch.now()), "the first copy shows", timeout=60)
    let_go(lab)
    if how == "cut":
        for _ in range(5):
            postgres.cut_connections()
            time.sleep(1)
    else:
        postgres.restart(quick=how != "restarted", away=8 if how == "gone for a while" else 0)
    code = ferry.ended(timeout=150)
    print(f"{how}: exit {code}")
    assert code in (0, 6), ferry.said
    if code:
        lab.ferry("resume", env=env).checked()
    assert max(len(moment.moving) for moment in watch.moments()) == 1
    assert gaps(journal(store)) == []
    outcome = outcomes(lab.ferry("-o", "json", "history", "--last", env=env).checked())
    assert {name: end["state"] for name, end in outcome.items()} == dict.fromkeys(names, "migrated")
    arrived(lab, *names)


def test_an_evacuation_goes_on_while_its_store_is_restarted_and_cut(
    lab: NamespaceLab, postgres: Postgres, watch: Watch, tmp_path: Path
) -> None:
    names = ("one", "two", "three", "four")
    running(lab, *names, memory_mib=96)
    store = PostgresStore(postgres)
    env = configured(lab, tmp_path / "c", ONE, store=store)
    ferry = Ferry(lab, env, "kvm01", command="evacuate")
    until(lambda: bool(watch.now()), "the first copy shows", timeout=60)
    let_go(lab)
    postgres.restart(quick=True, away=4)
    for _ in range(3):
        time.sleep(2)
        postgres.cut_connections()
    code = ferry.ended(timeout=150)
    print(f"exit {code}")
    assert code in (0, 6), ferry.said
    if code:
        lab.ferry("resume", "--unattended", env=env, timeout=150).checked()
    assert max(len(moment.moving) for moment in watch.moments()) == 1
    assert gaps(journal(store)) == []
    status = json.loads(lab.ferry("-o", "json", "status", env=env).checked().stdout)
    assert (status["runs"], [one["host"] for one in status["cordons"]]) == ([], ["kvm01"])
    arrived(lab, *names)


def test_two_ferries_go_on_over_a_restart(lab: NamespaceLab, postgres: Postgres, watch: Watch, tmp_path: Path) -> None:
    pairs = (("left-1", "left-2"), ("right-1", "right-2"))
    running(lab, *pairs[0], *pairs[1], memory_mib=96)
    store = PostgresStore(postgres)
    env = configured(lab, tmp_path / "c", ONE, store=store)
    ferries = [Ferry(lab, env, *names) for names in pairs]
    until(lambda: bool(watch.now()), "the first copy shows", timeout=60)
    postgres.restart(away=3, quick=True)
    let_go(lab)
    codes = [ferry.ended(timeout=150) for ferry in ferries]
    assert codes == [0, 0], [ferry.said for ferry in ferries]
    assert max(len(moment.moving) for moment in watch.moments()) == 1
    assert gaps(journal(store)) == []
    arrived(lab, *pairs[0], *pairs[1])


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
    let_go(lab)
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
