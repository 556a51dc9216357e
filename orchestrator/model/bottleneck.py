"""What held a copy back, as far as its figures show it."""

from dataclasses import dataclass
from enum import StrEnum

_SHORT_MS = 10_000  # of a shorter copy nobody needs to be told how it could have been faster


class Limiting(StrEnum):
    """What a copy would have to have more of to be over sooner."""

    LINK = "link"
    STREAM_CPU = "stream-cpu"
    CAP = "cap"
    DIRTY_RATE = "dirty-rate"
    DISK = "disk"
    DESTINATION = "destination"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Bottleneck:
    """evidence: what shows it, one sentence, also of why nothing does. advice: what would help, "" where nothing is
    known to. copied_ms: how long the last attempt was seen to copy, of which this is said."""

    limiting: Limiting
    evidence: str
    advice: str = ""
    copied_ms: int = 0

    @property
    def lasted(self) -> bool:
        """Whether the copy took long enough for the question to matter."""
        return self.copied_ms >= _SHORT_MS

    @property
    def worth_saying(self) -> bool:
        """Whether somebody who did not ask wants to know."""
        return self.lasted and self.limiting is not Limiting.UNKNOWN and self.advice != ""
