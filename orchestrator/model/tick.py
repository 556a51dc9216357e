"""What one call of `ferry cron` came to."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An entry of the schedule whose time had come. began: it was begun, or would be. exit_code: what that answered,
    or would for what keeps it from beginning. why: what that is. again: begun for this time before, it found a host or
    the store silent, and that was told. run: the last one that it began now, if it came to one."""

    name: str
    do: str
    hosts: tuple[HostName, ...]
    began: bool
    exit_code: int
    why: str = ""
    again: bool = False
    run: RunId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """An entry whose time has not come. at: when it may begin next; None: not within the next few years. held: the
    holds that would keep it from beginning then, "" for none."""

    name: str
    do: str
    hosts: tuple[HostName, ...]
    at: datetime | None
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """told: in the order in which they were begun, then those that were not. coming: where it was only looked, all
    other entries. busy: who else is at it; nothing was looked at then."""

    told: tuple[Told, ...] = ()
    coming: tuple[Coming, ...] = ()
    busy: str = ""
