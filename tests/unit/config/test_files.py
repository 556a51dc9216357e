"""Files that are none: directories, pipes, what may not be read."""

import os
from pathlib import Path

import pytest

from orchestrator.config import load
from orchestrator.errors import OrchestratorError


def refusal(path: Path) -> str:
    with pytest.raises(OrchestratorError) as caught:
        load(str(path), {})
    [problem] = caught.value.problems
    assert problem.code == "config.invalid"
    assert problem.place is not None
    assert problem.place.file == str(path)
    return problem.saw


def test_a_directory(tmp_path: Path) -> None:
    assert "is a directory" in refusal(tmp_path)


def test_a_pipe_that_nobody_writes_to(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "ferry.yaml")
    assert "not a regular file" in refusal(tmp_path / "ferry.yaml")


def test_a_device_without_end() -> None:
    assert "not a regular file" in refusal(Path("/dev/zero"))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ferry.yaml"
    path.touch()

    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "open", denied)
    assert "Permission denied" in refusal(path)
