"""A host that takes no guests for now."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.host import HostName
from orchestrator.model.run import RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Cordon:
    """Who put it, since when and why. run: the run or roll that put it and lifts it; None: a person, who lifts it."""

    host: HostName
    by: str
    at: datetime
    because: str
    run: RunId | None = None

    def __str__(self) -> str:
        whose = f" for run {self.run}" if self.run is not None else ""
        return f"{self.host} is cordoned since {self.at:%Y-%m-%d %H:%M} UTC by {self.by}{whose}: {self.because}"
