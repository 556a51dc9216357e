"""ferry cron as cron calls it: by a process with nothing in its environment."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

CONFIG = """\
networks:
  migration: {{cidr: 10.0.2.0/24}}
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {{migration: 10.0.2.1}}
store: sqlite:///{store}
schedule:
  - {{name: adopt, do: resume, at: "* * * * * UTC"}}
"""


def bare(config: Path, *arguments: str) -> tuple[int, str, str]:
    command = [sys.executable, "-m", "orchestrator", "--config", str(config), *arguments]
    ended = subprocess.run(command, env={}, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "ferry.yaml"
    path.write_text(CONFIG.format(store=tmp_path / "ferry.db"))
    return path


def test_it_does_what_is_due_and_is_silent(config: Path) -> None:
    # Its time is every minute and lasts for an hour: due whenever this test runs.
    assert bare(config, "cron") == (0, "", "")


def test_on_hold_it_says_so_when_asked(config: Path) -> None:
    assert bare(config, "hold", "adopt", "--because", "tests")[0] == 0
    assert bare(config, "cron") == (75, "", "")
    code, out, _ = bare(config, "cron", "-v")
    assert code == 75
    assert "adopt (resume): not begun, adopt is on hold since" in out
