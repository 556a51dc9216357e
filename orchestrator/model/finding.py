"""The result of one check: what was seen, how bad it is, and the way out as a command."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.model.host import HostName


class Severity(StrEnum):
    """blocker: the move is refused. warning: it goes on and says so. note: worth knowing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. exit_code: what it asks for when it blocks (4; 6 for a silent host, 7 for an alarm)."""

    check: str
    severity: Severity
    guest: str
    source: HostName | None
    destination: HostName | None
    saw: str
    fix: str
    exit_code: int = 4
    detail: tuple[str, ...] = ()
