"""What is not begun by itself for now."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """name: what is held. until: when it ends by itself; None: a person lifts it."""

    name: str
    by: str
    at: datetime
    because: str
    until: datetime | None = None
