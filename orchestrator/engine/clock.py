"""The machine's clocks."""

import time
from datetime import UTC, datetime


class SystemClock:
    """UTC for records; CLOCK_BOOTTIME for durations, because it also counts while the machine sleeps."""

    def now(self) -> datetime:
        """The date, in UTC."""
        return datetime.now(UTC)

    def ticks(self) -> float:
        """Seconds since boot."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)
