"""The password of the store comes from one place, is nobody else's, and stands in no message."""

import os
from pathlib import Path

import pytest

from orchestrator.model.settings import Secret
from orchestrator.store import secret
from tests.contract.store_contract import refused


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "store.password"
    made.write_text("hunter2\n# a remark\n")
    made.chmod(0o640)
    return made


def test_the_first_line_of_the_file_counts(path: Path) -> None:
    assert secret.read(Secret(file=str(path))) == "hunter2"
    path.write_bytes("pass wörd ;\r\n".encode())
    assert secret.read(Secret(file=str(path))) == "pass wörd ;"


def test_nothing_named_is_for_libpq_to_find() -> None:
    assert secret.read(None) is None


def test_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FERRY_PW", "hunter2")
    assert secret.read(Secret(env="FERRY_PW")) == "hunter2"
    monkeypatch.delenv("FERRY_PW")
    with refused("store.password") as caught:
        secret.read(Secret(env="FERRY_PW"))
    assert "FERRY_PW" in caught.value.problems[0].saw


@pytest.mark.parametrize("mode", [0o644, 0o602, 0o641])
def test_a_file_that_others_reach_is_refused(path: Path, mode: int) -> None:
    path.chmod(mode)
    with refused("store.password") as caught:
        secret.read(Secret(file=str(path)))
    assert "chmod o=" in caught.value.problems[0].fix
    assert "hunter2" not in repr(caught.value)


@pytest.mark.parametrize("content", [b"", b"\nhunter2", b"\xff\xfe"])
def test_a_file_with_no_password_in_its_first_line(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with refused("store.password") as caught:
        secret.read(Secret(file=str(path)))
    assert str(path) in caught.value.problems[0].saw


def test_no_file_at_all(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    (tmp_path / "directory").mkdir()
    for name in ("missing", "directory"):
        with refused("store.password"):
            secret.read(Secret(file=str(tmp_path / name)))
