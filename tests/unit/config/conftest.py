"""A configuration in a temporary directory, and what is said about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.config import load
from orchestrator.errors import OrchestratorError, Problem
from orchestrator.model.settings import Settings

GOOD = """\
networks:
  migration: {cidr: 10.77.2.0/24}
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {migration: 10.77.2.11}
  kvm02:
    uri: qemu+ssh://root@kvm02/system
    addresses: {migration: 10.77.2.12}
"""

Load = Callable[[str | bytes], Settings]
Problems = Callable[[str | bytes], tuple[Problem, ...]]


@pytest.fixture
def loaded(tmp_path: Path) -> Load:
    def of(text: str | bytes) -> Settings:
        path = tmp_path / "ferry.yaml"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(str(path), {})

    return of


@pytest.fixture
def problems(loaded: Load) -> Problems:
    def of(text: str | bytes) -> tuple[Problem, ...]:
        with pytest.raises(OrchestratorError) as caught:
            loaded(text)
        assert {p.code for p in caught.value.problems} == {"config.invalid"}
        assert caught.value.exit_code == 3
        for problem in caught.value.problems:
            assert problem.fix, problem
            assert problem.place is not None
            assert len(problem.saw) <= 300
        return caught.value.problems

    return of


@pytest.fixture
def good() -> str:
    return GOOD
