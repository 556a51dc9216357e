"""How much work a lab guest gets done, read from what it tells on its console."""

import re
import threading
import time
from types import TracebackType

from tests.lab.protocol import Lab

_PAGE = 4096
_EVERY = 0.1
_TOLD = re.compile(r"^(?:AT|OK \d+) progress=(\d+) written=(\d+) ", re.MULTILINE)


class Watching:
    """Looks at the console all the time, from entering the context to leaving it. Times are of time.monotonic()."""

    def __init__(self, lab: Lab, guest: str) -> None:
        self._lab = lab
        self._guest = guest
        self._seen: list[tuple[float, int, int]] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watching":
        self._thread.start()
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(_EVERY):
            found = _TOLD.findall(self._lab.guest_console(self._guest)[-500:])
            if found and (not self._seen or self._seen[-1][1] != int(found[-1][0])):
                self._seen.append((time.monotonic(), int(found[-1][0]), int(found[-1][1])))

    def work(self, begin: float, end: float) -> float:
        """Pages written and checked a second."""
        return (self._at(end)[0] - self._at(begin)[0]) / (end - begin)

    def written(self, begin: float, end: float) -> float:
        """MB a second that were rewritten."""
        return (self._at(end)[1] - self._at(begin)[1]) * _PAGE / (end - begin) / 1e6

    def _at(self, moment: float) -> tuple[float, float]:
        """Both figures at a moment, in between two sights in proportion."""
        before = [sight for sight in self._seen if sight[0] <= moment]
        after = [sight for sight in self._seen if sight[0] > moment]
        if not before or not after:
            _, progress, written = before[-1] if before else after[0] if after else (0.0, 0, 0)
            return progress, written
        (t0, p0, w0), (t1, p1, w1) = before[-1], after[0]
        share = (moment - t0) / (t1 - t0)
        return p0 + share * (p1 - p0), w0 + share * (w1 - w0)
