"""The result of one check: what was seen, how bad it is, and the way out as a command."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from orchestrator.model.command import Repair
from orchestrator.model.host import HostName


class Severity(StrEnum):
    """blocker: the move is refused. warning: it goes on and says so. note: worth knowing."""

    BLOCKER = "blocker"
    WARNING = "warning"
    NOTE = "note"


class Scope(StrEnum):
    """What a check looks at: one host, one guest, the way between two hosts, one move, all moves of a plan."""

    HOST = "host"
    GUEST = "guest"
    LINK = "link"
    MOVE = "move"
    PLAN = "plan"


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What ferry itself can do about it, safely, when told to: `--fix ID`."""

    host: HostName
    repair: Repair


@dataclass(frozen=True, slots=True, kw_only=True)
class Waived:
    """A blocker or warning that the policy lets pass, and who says why and until when."""

    reason: str
    until: date
    severity: Severity  # what it would be


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding. exit_code: what it asks for when it blocks (4; 6 for a silent host, 7 for an alarm).

    guest is "" where it is about hosts only; source and destination are None where it is not about that host.
    network: that it is about; what it refuses is that network, and a move only where no other is left.
    undecided: why the check could not be decided, in words that are the same for all checks that lack the same fact.
    """

    check: str
    severity: Severity
    guest: str
    source: HostName | None
    destination: HostName | None
    saw: str
    fix: str
    exit_code: int = 4
    detail: tuple[str, ...] = ()
    scope: Scope = Scope.MOVE
    remedy: Remedy | None = None
    undecided: str | None = None
    waived: Waived | None = None
    network: str = ""

    @property
    def id(self) -> str:
        """What `--fix` takes: the check and what it is about."""
        return f"{self.check}:{self.guest or self.destination or self.source or 'plan'}"
