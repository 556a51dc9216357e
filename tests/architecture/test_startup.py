"""What starting may cost: proven by the modules that are absent, not by milliseconds."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

NOT_FOR_HELP = {"pydantic", "ruamel", "sqlalchemy", "paramiko", "libvirt", "rich", "lxml", "alembic", "tenacity"}
NOT_FOR_STATUS = {"alembic", "paramiko", "libvirt", "lxml"}

CONFIG = """\
networks:
  migration: {{cidr: 10.0.2.0/24}}
migration_network: migration
hosts:
  kvm01:
    uri: qemu+ssh://root@kvm01/system
    addresses: {{migration: 10.0.2.1}}
  kvm02:
    uri: qemu+ssh://root@kvm02/system
    addresses: {{migration: 10.0.2.2}}
store: sqlite:///{store}
"""

CHILD = """\
import json, sys
from orchestrator.cli import main
extra = sys.argv.pop(1)
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
if extra:
    __import__(extra)
print(json.dumps({"code": code, "modules": sorted({m.split(".")[0] for m in sys.modules})}), file=sys.__stderr__)
"""


def started(*arguments: str, extra: str = "") -> tuple[int, set[str], str]:
    """Exit code of ferry, the packages it imported, and all that it said. extra: imported as well, as proof."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "100"}
    result = subprocess.run(
        [sys.executable, "-c", CHILD, extra, *arguments], env=environment, capture_output=True, text=True, check=False
    )
    report = json.loads(result.stderr.splitlines()[-1])
    return report["code"], set(report["modules"]), result.stdout + result.stderr


@pytest.fixture
def config(tmp_path: Path) -> str:
    path = tmp_path / "ferry.yaml"
    path.write_text(CONFIG.format(store=tmp_path / "ferry.db"))
    return str(path)


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_imports_no_door(option: str) -> None:
    code, modules, said = started(option)
    assert code == 0, said
    assert modules & NOT_FOR_HELP == set()


def test_help_of_a_command_imports_no_door_either() -> None:
    code, modules, said = started("migrate", "--help")
    assert code == 0, said
    assert modules & (NOT_FOR_HELP - {"rich"}) == set()


def test_status_imports_no_door_but_the_store(config: str) -> None:
    # The second time: what the first one may do is create the store.
    started("--config", config, "status")
    code, modules, said = started("--config", config, "status")
    assert code == 0, said
    assert modules & NOT_FOR_STATUS == set()


@pytest.mark.parametrize("package", ["rich", "pydantic"])
def test_a_needless_import_is_noticed(package: str) -> None:
    _, modules, _ = started("--help", extra=package)
    assert package in modules & NOT_FOR_HELP
