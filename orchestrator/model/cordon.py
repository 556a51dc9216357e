"""A host that takes no guests for now."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cordon:
    """Who put it, since when and why. run: the run or roll that put it and lifts it; None: a person, who lifts it.
    emptied: it came with an evacuation, so that bringing the guests home ends it."""

    host: HostName
    by: str
    at: datetime
    because: str
    run: RunId | None = None
    emptied: bool = False

    def __str__(self) -> str:
        whose = f" for run {self.run}" if self.run is not None else ""
        return f"{self.host} is cordoned since {self.at:%Y-%m-%d %H:%M} UTC by {self.by}{whose}: {self.because}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arriving:
    """A move towards a host that is cordoned. begun: it goes on to its end; otherwise it waits, and will not begin."""

    name: str
    run: RunId
    begun: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cordoning:
    """What became of a host's cordon. cordon: that it has now, before: that it had; None: takes guests. arriving: moves
    towards it. given_up: evacuations that nobody goes on with for this host, each named. stopped: rolls that nobody
    works on, and that would close the host again: they stop where they are. done: it was done, and not only shown."""

    host: HostName
    cordon: Cordon | None
    before: Cordon | None
    arriving: tuple[Arriving, ...] = ()
    given_up: tuple[str, ...] = ()
    stopped: tuple[RunId, ...] = ()
    done: bool = False
