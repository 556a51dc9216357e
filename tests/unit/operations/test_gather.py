"""Facts are written to a file whole, for their owner alone, or the reason is told with a way out."""

import pytest

from orchestrator.errors import OrchestratorError
from orchestrator.operations.gather import save_text


def refused(file: str) -> tuple[str, str, str]:
    with pytest.raises(OrchestratorError) as caught:
        save_text(file, "x")
    (problem,) = caught.value.problems
    assert problem.code == "usage.facts"
    return problem.saw, problem.cause, problem.fix


def test_a_file(tmp_path) -> None:
    save_text(str(tmp_path / "facts.json"), "x")
    save_text(str(tmp_path / "facts.json"), "y")
    assert [(one.name, one.read_text(), one.stat().st_mode & 0o777) for one in tmp_path.iterdir()] == [
        ("facts.json", "y", 0o600)
    ]


def test_a_directory_that_is_not_there(tmp_path) -> None:
    saw, cause, fix = refused(f"{tmp_path}/no such/facts.json")
    assert saw == f"{tmp_path}/no such/facts.json cannot be written: No such file or directory"
    assert cause == f"There is no directory {tmp_path}/no such."
    assert fix.startswith(f"mkdir -p '{tmp_path}/no such', or")


def test_a_file_in_the_place_of_a_directory(tmp_path) -> None:
    (tmp_path / "file").touch()
    saw, cause, _ = refused(f"{tmp_path}/file/facts.json")
    assert "Not a directory" in saw and cause == f"There is no directory {tmp_path}/file."


def test_a_directory_in_the_place_of_the_file(tmp_path) -> None:
    (tmp_path / "facts").mkdir()
    assert refused(f"{tmp_path}/facts")[1] == "It is a directory."
    assert [one.name for one in tmp_path.iterdir()] == ["facts"], "nothing is left beside it"


def test_a_place_where_nothing_may_be_written() -> None:
    _, cause, fix = refused("/proc/facts.json")
    assert cause.startswith("This user may not write there")
    assert "ferry facts GUEST --save FILE" in fix
