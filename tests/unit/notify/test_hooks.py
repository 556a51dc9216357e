"""Scripts of the operator get the facts, nothing else, and are never waited for without end."""

import errno
import json
import os
import signal
import time
from pathlib import Path

import pytest

from orchestrator.notify.hooks import DirectoryHooks

FACTS = {"host": "kvm01", "left": "a b"}


def script(path: Path, text: str, mode: int = 0o755) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(mode)


def call(directory: Path, within: float = 10) -> str:
    return DirectoryHooks(str(directory)).call("before-host", FACTS, within=within)


def test_facts_come_as_environment_and_as_json(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("SECRET", "of the shell that began ferry")
    script(tmp_path / "before-host", f"env | sort >{tmp_path}/env; cat >{tmp_path}/json; pwd >{tmp_path}/where")
    assert call(tmp_path) == ""
    said = (tmp_path / "env").read_text()
    assert "FERRY_EVENT=before-host\n" in said and "FERRY_HOST=kvm01\n" in said and "FERRY_LEFT=a b\n" in said
    assert "SECRET" not in said and "PATH=/usr/local/sbin" in said
    assert json.loads((tmp_path / "json").read_text()) == {"schema": "ferry.hook/1", "event": "before-host", **FACTS}
    assert (tmp_path / "where").read_text() == "/\n"


def test_all_of_an_event_are_run_in_order_until_one_fails(tmp_path: Path) -> None:
    for name in ("before-host", "before-host.d/20-b", "before-host.d/10-a"):
        script(tmp_path / name, f"echo {name} >>{tmp_path}/ran")
    script(tmp_path / "before-host.d" / "15-no", "echo the change is not approved >&2; exit 3")
    script(tmp_path / "after-host", f"echo other >>{tmp_path}/ran")
    script(tmp_path / "before-host.d" / "12-draft", "exit 1", mode=0o644)
    assert call(tmp_path) == f"{tmp_path}/before-host.d/15-no: status 3: the change is not approved"
    assert (tmp_path / "ran").read_text().split() == ["before-host", "before-host.d/10-a"]


def test_where_there_is_none_nothing_is_refused(tmp_path: Path) -> None:
    assert call(tmp_path) == call(tmp_path / "gone") == ""


def alive(pid: int) -> bool:
    """A process that has ended stays in the table until somebody asks how."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def test_a_script_that_hangs_is_ended_with_all_that_it_began(tmp_path: Path) -> None:
    script(tmp_path / "before-host", f"sleep 60 & echo $! $$ >{tmp_path}/began; sleep 60")
    assert call(tmp_path, within=2.0).endswith("it has not ended within 2 s")
    began = [int(pid) for pid in (tmp_path / "began").read_text().split()]
    assert len(began) == 2
    ended = time.monotonic() + 5.0
    while any(map(alive, began)) and time.monotonic() < ended:
        time.sleep(0.02)
    left = [pid for pid in began if alive(pid)]
    for pid in left:
        os.kill(pid, signal.SIGKILL)
    assert left == []


def answers(fails: type[OSError], at: Path):
    """As the kernel answers whoever is not root; the tests may be."""

    def refuse(real):
        def ask(path, *more, **kinds):
            if path == at:
                raise fails(errno.EACCES, os.strerror(errno.EACCES), str(path))
            return real(path, *more, **kinds)

        return ask

    return refuse


@pytest.mark.parametrize(("asked", "hidden"), [("stat", "before-host"), ("iterdir", "before-host.d")])
def test_what_may_not_be_read_has_not_agreed(tmp_path: Path, monkeypatch, asked: str, hidden: str) -> None:
    refuse = answers(PermissionError, tmp_path / hidden)
    monkeypatch.setattr(Path, asked, refuse(getattr(Path, asked)))
    assert call(tmp_path) == f"{tmp_path}/{hidden}: it cannot be read: Permission denied"


def test_a_link_that_leads_nowhere_refuses_and_a_file_in_place_of_a_directory_does_not(tmp_path: Path) -> None:
    (tmp_path / "before-host.d").write_text("")
    assert call(tmp_path) == ""
    (tmp_path / "before-host").symlink_to(tmp_path / "gone")
    assert call(tmp_path) == f"{tmp_path}/before-host: it cannot be read: No such file or directory"


@pytest.mark.parametrize(("mode", "why"), [(0o757, "everybody may write"), (0o755, "cannot be run")])
def test_what_cannot_be_trusted_or_run_refuses(tmp_path: Path, mode: int, why: str) -> None:
    path = tmp_path / "before-host"
    path.write_text("#!/nonexistent/interpreter\n")
    path.chmod(mode)
    assert why in call(tmp_path)
