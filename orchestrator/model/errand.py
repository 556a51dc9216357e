"""An evacuation that somebody has begun and that has not concluded: what is needed to go on with it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.run import Who
from orchestrator.model.schedule import Occasion


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenErrand:
    """name: nobody else's. who: began it. deadline, at_deadline: as they were asked for; at_deadline None: as the
    policy says. silent_since, silent_last: when a host was silent first, and last, as somebody went on with it; None:
    never. occasion: for which the schedule began it; None: a person did."""

    name: str
    started_at: datetime
    who: Who
    request: EvacuationRequest
    deadline: datetime | None = None
    at_deadline: Literal["finish", "cancel"] | None = None
    silent_since: datetime | None = None
    silent_last: datetime | None = None
    occasion: Occasion | None = None

    @property
    def by(self) -> str:
        """Who began it, in short: anna on ctl1."""
        return f"{self.who.login} on {self.who.controller}"
