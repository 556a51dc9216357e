"""Which configuration file counts. Never one of the working directory: a job of root must not read what lies there."""

import os
from collections.abc import Mapping
from pathlib import Path

from orchestrator.errors import OrchestratorError

SYSTEM = Path("/etc/ferry/ferry.yaml")


def find(named: str | None, env: Mapping[str, str]) -> Path:
    """The file of --config, else of FERRY_CONFIG, else the user's own, else the system's. Raises config.missing."""
    for origin, name in (("--config", named), ("FERRY_CONFIG", env.get("FERRY_CONFIG"))):
        if name:
            path = Path(name).absolute()
            if not path.exists():
                raise OrchestratorError.of("config.missing", f"{origin} names {path}, which does not exist")
            return path
    candidates = [*_of_user(env), SYSTEM]
    for path in candidates:
        if path.exists():
            return path
    raise OrchestratorError.of("config.missing", f"looked for {' and '.join(map(str, candidates))}")


def _of_user(env: Mapping[str, str]) -> list[Path]:
    if os.geteuid() == 0:
        return []
    base = Path(env.get("XDG_CONFIG_HOME") or Path(env.get("HOME") or "/nonexistent", ".config"))
    return [base / "ferry" / "ferry.yaml"] if base.is_absolute() else []
