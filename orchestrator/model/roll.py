"""Several hosts taken one after the other: who asked for it, and what has happened so far."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class RollEntry:
    """Something that happened in a roll, or is about to. host: None for what concerns the whole roll."""

    at: datetime
    step: str
    host: HostName | None = None
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """hosts: in the order in which they are taken. command: what is run on each when it is empty."""

    id: RunId
    started_at: datetime
    by: str
    hosts: tuple[HostName, ...]
    command: str
    entries: tuple[RollEntry, ...] = ()
