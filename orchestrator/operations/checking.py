"""What `ferry check` looks at: guests, a whole host, the moves of a run; and what was not right the last time."""

import hashlib
import os
import pwd
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from orchestrator.checks.registry import RULES
from orchestrator.errors import OrchestratorError
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest
from orchestrator.model.run import RunId
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import one
from orchestrator.operations.propose import propose

_SYSTEM_CACHE = Path("/var/cache/ferry")
_REMEMBERED_SECONDS = 24 * 3600
_ALWAYS = frozenset(rule.name for rule in RULES if not rule.waivable)


def check(doors: Doors, requests: Sequence[MoveRequest]) -> Plan:
    """Check each request and answer them as one plan. Raises as propose."""
    plans = [propose(doors, request) for request in requests]
    return Plan(
        moves=tuple(move for plan in plans for move in plan.moves),
        findings=tuple(dict.fromkeys(finding for plan in plans for finding in plan.findings)),
        rejected=tuple(rejected for plan in plans for rejected in plan.rejected),
    )


def of_run(doors: Doors, name: str) -> tuple[MoveRequest, ...]:
    """The moves of a run that have not ended, one request for each destination. Raises usage.unknown-run."""
    run = RunId(name)
    moves = [told.move for told in one(doors, run).moves if told.outcome is None]
    if not moves:
        raise OrchestratorError.of("usage.unknown-run", f"{name} has no move left that could be checked")
    ends = dict.fromkeys(move.destination for move in moves)
    return tuple(
        MoveRequest(guests=tuple(m.guest for m in moves if m.destination == to), to=to, of_run=run) for to in ends
    )


def repairable(findings: Sequence[Finding], wanted: Sequence[str]) -> tuple[Finding, ...]:
    """The findings that `--fix` means: by id, by the name of a check, or `all` (which may be none).

    Raises usage.no-remedy for a name that means none.
    """
    offered = [finding for finding in findings if finding.remedy is not None]
    if list(wanted) == ["all"]:
        return tuple(offered)
    chosen = {name: [f for f in offered if name in (f.id, f.check, "all")] for name in wanted}
    empty = [name for name, found in chosen.items() if not found]
    if empty:
        have = ", ".join(dict.fromkeys(finding.id for finding in offered)) or "none"
        raise OrchestratorError.of("usage.no-remedy", f"{', '.join(empty)} names none; there are: {have}")
    return tuple(dict.fromkeys(finding for found in chosen.values() for finding in found))


def again(requests: Sequence[MoveRequest], findings: Sequence[Finding]) -> tuple[MoveRequest, ...]:
    """The same requests, for the checks alone that were not content."""
    return narrowed(requests, frozenset(f.check for f in findings if f.severity is not Severity.NOTE))


def narrowed(requests: Sequence[MoveRequest], only: frozenset[str]) -> tuple[MoveRequest, ...]:
    """The same requests, for these checks and those that nobody may waive: a guest may have been shut off meanwhile."""
    return tuple(replace(request, only=only | _ALWAYS) for request in requests)


def remember(doors: Doors, requests: Sequence[MoveRequest], findings: Sequence[Finding]) -> None:
    """Keep the names of the checks that were not content; a cache that cannot be written costs a full check."""
    file = _file(doors, requests)
    names = sorted({finding.check for finding in findings if finding.severity is not Severity.NOTE})
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text("".join(f"{name}\n" for name in names))
    except OSError:
        return


def remembered(doors: Doors, requests: Sequence[MoveRequest]) -> frozenset[str] | None:
    """Names of the checks that were not content when these requests were last checked.

    None: nobody knows, all were content, or it is so long ago that everything may have changed.
    """
    file = _file(doors, requests)
    try:
        age = doors.clock.now().timestamp() - file.stat().st_mtime
        return frozenset(file.read_text().split()) or None if age < _REMEMBERED_SECONDS else None
    except (OSError, UnicodeDecodeError):
        return None


def _file(doors: Doors, requests: Sequence[MoveRequest]) -> Path:
    asked = [f"{doors.settings.file}", *(f"{r.guests} {r.to} {r.leaving}" for r in requests)]
    return _cache() / hashlib.sha256("\n".join(asked).encode()).hexdigest()[:32]


def _cache() -> Path:
    """Of the user alone: what stands there decides which checks are run."""
    if os.geteuid() == 0:
        return _SYSTEM_CACHE / "checks"
    named = Path(os.environ.get("XDG_CACHE_HOME") or "")
    home = named if named.is_absolute() else Path(pwd.getpwuid(os.geteuid()).pw_dir) / ".cache"
    return home / "ferry" / "checks"
