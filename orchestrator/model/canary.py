"""What a canary met on its tour: one leg for each way between two hosts."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.run import RunId

Way = tuple[HostName, HostName]


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A guest, its host, and the hosts between which it is to try every way; its own is the first."""

    guest: GuestId
    name: str
    hosts: tuple[HostName, ...]

    @property
    def home(self) -> HostName:
        """Where it sets out, and comes back to."""
        return self.hosts[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """One way that was tried. outcome: how its move ended, or that pre-flight blocked it, with what exit code.

    again: taken before, and now only to get on. Times in milliseconds, None where they are not known.
    """

    source: HostName
    destination: HostName
    outcome: Literal["migrated", "blocked", "kept", "ended", "unclear"]
    because: str
    exit_code: int = 0
    run: RunId | None = None
    again: bool = False
    duration_ms: int | None = None
    downtime_ms: int | None = None
    blackout_ms: int | None = None
    blackout_unknown: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tour:
    """A whole tour. where: the host the canary was last proven on, None if nobody knows. untried: ways left out, for
    the reason in `stopped`; "" where the tour is complete."""

    canary: Canary
    where: HostName | None
    legs: tuple[Leg, ...]
    untried: tuple[Way, ...] = ()
    stopped: str = ""
