"""The moment a short order is issued, or proven never to be: a process that stood still may have lost its lease."""

import threading
import time


class Issuing:
    """Whoever comes first decides: the thread that is about to issue the order, or the caller who waits no longer."""

    def __init__(self, within: float) -> None:
        self._deadline = _boot_time() + within
        self._lock = threading.Lock()
        self._issued = False
        self._withdrawn = False

    def now(self) -> bool:
        """Whether the order may be issued; asked just before, with nothing between that could wait."""
        with self._lock:
            self._issued = not self._withdrawn and _boot_time() <= self._deadline
            return self._issued

    def withdraw(self) -> bool:
        """Have it never issued from now on; False: it was already, and may have been carried out."""
        with self._lock:
            self._withdrawn = True
            return not self._issued


def _boot_time() -> float:
    """Seconds that also pass while this process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)
