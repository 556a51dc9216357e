"""When something may be done: a daily span of wall-clock time in a time zone."""

from dataclasses import dataclass
from datetime import time, tzinfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """On these days (0: Monday) from `begins` until `ends`; where that is not later, until then on the next day.

    zone: whose wall clock is meant. The day is the one on which the window begins.
    """

    begins: time
    ends: time
    zone: tzinfo
    days: frozenset[int] = frozenset(range(7))

    def __str__(self) -> str:
        named = ",".join(DAYS[day] for day in sorted(self.days))
        when = f"{self.begins:%H:%M}-{self.ends:%H:%M}"
        return f"{'daily' if len(self.days) == 7 else named} {when} {self.zone}"
