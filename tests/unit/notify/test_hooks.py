"""Scripts of the operator get the facts, nothing else, and are never waited for without end."""

import json
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


def test_a_script_that_hangs_is_ended_with_all_that_it_began(tmp_path: Path) -> None:
    script(tmp_path / "before-host", "sleep 60 & sleep 60")
    assert call(tmp_path, within=0.3).endswith("it has not ended within 0 s")


@pytest.mark.parametrize(("mode", "why"), [(0o757, "everybody may write"), (0o755, "cannot be run")])
def test_what_cannot_be_trusted_or_run_refuses(tmp_path: Path, mode: int, why: str) -> None:
    path = tmp_path / "before-host"
    path.write_text("#!/nonexistent/interpreter\n")
    path.chmod(mode)
    assert why in call(tmp_path)
