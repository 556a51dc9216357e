"""What a run is part of: an evacuation, a way home, or nothing but itself."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence
from orchestrator.model.run import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """The fields are those of the Run. beside: leases of this process that are prolonged while the run goes on."""

    purpose: Purpose = "move"
    emptied: tuple[HostName, ...] = ()
    deadline: datetime | None = None
    at_deadline: Literal["finish", "cancel"] = "finish"
    beside: tuple[Fence, ...] = ()
