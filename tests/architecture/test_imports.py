"""The import contracts hold, and every one of them notices when it is broken."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGE, ROOT

CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]

# contract, module that is spoiled, what is added to it
POISON = [
    ("layers", "model/host.py", "import orchestrator.cli"),
    ("layers", "ports.py", "from orchestrator.planning import planner"),
    ("layers", "planning/verdict.py", "import orchestrator.engine.driver"),
    ("layers", "checks/cpu.py", "import orchestrator.limits.costs"),
    ("layers", "limits/costs.py", "import orchestrator.migration.place"),
    ("layers", "errors.py", "import orchestrator.model.host"),
    ("layers", "engine/driver.py", "def f() -> None:\n    from orchestrator.operations import propose"),
    ("layers", "attic/__init__.py", ""),
    ("pure", "model/host.py", "import pydantic"),
    ("pure", "planning/verdict.py", "import os"),
    ("pure", "evacuation/due.py", "import random"),
    ("pure", "checks/cpu.py", "from pathlib import Path"),
    ("pure", "limits/costs.py", "def f() -> None:\n    from time import sleep"),
    ("pure", "migration/place.py", "import random"),
    ("pure", "errors.py", "import logging"),
    ("simulator-decides-nothing", "simulator/world.py", "import orchestrator.migration.place"),
    ("door-libvirt", "engine/driver.py", "import libvirt"),
    ("door-libvirt", "documents/__init__.py", "from lxml import etree"),
    ("door-ssh", "hypervisor/door.py", "import paramiko"),
    ("door-sql", "operations/history.py", "from sqlalchemy import select"),
    ("door-command-line", "operations/apply.py", "import click"),
    ("door-terminal", "cli/commands/hosts.py", "from rich.table import Table"),
    ("door-validation", "operations/apply.py", "import pydantic"),
    ("door-yaml", "wiring.py", "from ruamel.yaml import YAML"),
    ("door-retry", "engine/driver.py", "import tenacity"),
]


def lint(where: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run lint-imports on the package in that directory, which hides any installed one."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache", *options],
        cwd=where,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    shutil.copytree(PACKAGE, tmp_path / "orchestrator", symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.parametrize(("contract", "module", "added"), POISON, ids=[f"{c}:{m}" for c, m, _ in POISON])
def test_a_contract_notices(copy: Path, contract: str, module: str, added: str) -> None:
    spoiled = copy / "orchestrator" / module
    spoiled.parent.mkdir(exist_ok=True)
    before = spoiled.read_text() if spoiled.exists() else '"""Spoiled."""\n'
    spoiled.write_text(f"{before}\n{added}\n")
    result = lint(copy, "--contract", contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "0 kept, 1 broken" in result.stdout, result.stdout + result.stderr


def test_an_unspoiled_copy_passes(copy: Path) -> None:
    assert lint(copy).returncode == 0


def test_every_contract_is_proven() -> None:
    assert {contract for contract, _, _ in POISON} == {contract["id"] for contract in CONTRACTS}
