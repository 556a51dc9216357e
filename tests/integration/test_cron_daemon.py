"""What a crontab does: the shipped one, executed by Debian's cron, and ferry without any environment."""

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.integration.moves import guest, intact, places, started, until
from tests.integration.stores import FLOOR, SqliteStore, configured
from tests.lab.cron_daemon import CronDaemon
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.place import CHECKOUT
from tests.lab.protocol import Result

pytestmark = pytest.mark.lab

CRONTAB = (CHECKOUT / "docs/how-to/files/ferry.crontab").read_text()
POLICY = f"downtime_budget: 10s\nlimits: {{live: 2, floor: {FLOOR}}}\nconvergence: {{measure: never}}\n"
TICK = 240  # seconds, on a busy machine, until cron has looked at its table and what was due is over


def empties(*hosts: str) -> list[dict[str, Any]]:
    """A schedule in which these are due since a moment, in this order."""
    now = datetime.now(UTC)
    at = f"{now.minute} {now.hour} * * * UTC"
    return [{"name": f"empty-{host}", "do": "evacuate", "hosts": [host], "at": at} for host in hosts]


@pytest.fixture
def store(tmp_path: Path) -> SqliteStore:
    return SqliteStore(tmp_path / "ferry.db")


@pytest.mark.timeout(600)  # only a busy machine needs as much
def test_the_shipped_crontab_does_what_is_due_and_mails_what_stays(
    lab: NamespaceLab, tmp_path: Path, store: SqliteStore
) -> None:
    started(lab, "leaves-1", "kvm01", memory_mib=128)
    started(lab, "leaves-2", "kvm02", memory_mib=128)
    started(lab, "stays-2", "kvm02", memory_mib=128, disk="local")
    env = configured(lab, tmp_path / "c", POLICY, store=store, schedule=empties("kvm01", "kvm02"))
    with CronDaemon(lab).running(CRONTAB, Path(env["FERRY_CONFIG"]).parent) as cron:
        until(lambda: "Subject:" in cron.mail, "a letter", timeout=TICK)
    print(cron.mail)
    assert cron.mail.count("Subject:") == 1
    assert "Subject: Cron <root@" in cron.mail
    (line,) = [line for line in cron.mail.splitlines() if line.startswith("ferry cron: ")]
    assert line.startswith("ferry cron: empty-kvm02 (evacuate kvm02): exit code 1, ")
    assert "stays-2" in cron.mail
    assert places(lab, "stays-2") == {"kvm02": "running"}
    for name in ("leaves-1", "leaves-2"):
        ((host, state),) = places(lab, name).items()
        assert (host in ("kvm03", "kvm04") or (name, host) == ("leaves-1", "kvm02"), state) == (True, "running")
        intact(lab, name)
    assert "schedule: empty-kvm02" in lab.ferry("history", "--last", env=env).checked().stdout
    assert {row["name"] for row in store.select("due")} == {"empty-kvm01", "empty-kvm02"}


def bare(lab: NamespaceLab, env: Mapping[str, str], *words: str) -> Result:
    """ferry, without a single variable."""
    ferry = [str(CHECKOUT / ".venv/bin/ferry"), "--config", env["FERRY_CONFIG"], *words]
    argv = lab.controller_argv(["/usr/bin/env", "-i", *ferry])
    done = subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)
    return Result(tuple(words), done.returncode, done.stdout, done.stderr)


def test_ferry_evacuates_without_an_environment(lab: NamespaceLab, tmp_path: Path, store: SqliteStore) -> None:
    started(lab, "bare-1", "kvm01", memory_mib=128)
    env = configured(lab, tmp_path / "c", POLICY, store=store)
    done = bare(lab, env, "evacuate", "kvm01", "--unattended", "--yes", "--reason", "weekly")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "kvm01" not in places(lab, "bare-1")
    intact(lab, "bare-1")


def test_ferry_cron_works_without_an_environment(lab: NamespaceLab, tmp_path: Path, store: SqliteStore) -> None:
    made = guest("bare-3", "kvm03", memory_mib=128)
    lab.start_guest(made)
    lab.wait_for_guest(made.name)
    env = configured(lab, tmp_path / "c", POLICY, store=store, schedule=empties("kvm03"))
    for _ in range(2):  # the second has nothing to do
        done = bare(lab, env, "cron")
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "kvm03" not in places(lab, made.name)
    intact(lab, made.name)
