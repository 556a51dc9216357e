"""Work of several runs that is not over: who has begun it, where it stands, and who is at it."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.roll import Step
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenEvacuation:
    """An evacuation that has not concluded. driver: the process that is at it; None: nobody, and `ferry resume` goes on
    with it. because: the reason it was given."""

    hosts: tuple[HostName, ...]
    since: datetime
    by: str
    because: str | None = None
    deadline: datetime | None = None
    driver: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoll:
    """A roll that is not over. at: the host in hand, step: the last that is on record of it. done: so many of its
    hosts. driver: the process that is at it; None: nobody. rests: it was stopped, or a host failed, and a person has to
    take it up; otherwise `ferry resume` goes on with it where nobody drives it.
    """

    name: RunId
    hosts: tuple[HostName, ...]
    since: datetime
    by: str
    at: HostName | None = None
    step: Step | None = None
    done: int = 0
    driver: str | None = None
    rests: bool = False
