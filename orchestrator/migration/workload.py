"""How a guest writes to its memory: what windows of looking teach of it, and what it will have changed by when."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """So many bytes of different pages were changed in so many seconds."""

    seconds: float
    unique_bytes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What a guest changes in longer and longer windows: it comes back to the pages of its working set, so that a
    window of twice the length holds less than twice the pages.

    windows: by length, none of them with fewer pages than a shorter one. most_bytes: all that it could ever change.
    No shape is assumed between them, because guests that sweep through their memory and guests that write here and
    there have different ones; below the shortest window the rate of that one holds, which is the least it can be.
    """

    windows: tuple[Window, ...] = ()
    most_bytes: float = 0.0

    @property
    def bytes_per_second(self) -> float:
        """The rate in the shortest window that was looked at."""
        return self.windows[0].unique_bytes / self.windows[0].seconds if self.windows else 0.0

    @property
    def working_set_bytes(self) -> float:
        """All that it comes back to, as far as two windows show it; one says nothing of that."""
        return self.windows[-1].unique_bytes if len(self.windows) > 1 else self.most_bytes


def fit(seen: Iterable[Window], most_bytes: float) -> Writing:
    """The writing behind what was seen; of windows of one length the last one counts."""
    windows: list[Window] = []
    for window in sorted({one.seconds: one for one in seen if one.seconds > 0}.values(), key=lambda one: one.seconds):
        least = windows[-1].unique_bytes if windows else 0.0
        unique = min(max(window.unique_bytes, least), most_bytes)
        windows.append(Window(seconds=window.seconds, unique_bytes=unique))
    return Writing(windows=tuple(windows), most_bytes=most_bytes)


def changed(writing: Writing, seconds: float, throttle_percent: float = 0.0) -> float:
    """Bytes of different pages that are changed in so many seconds, of a guest slowed by so much."""
    if not writing.windows:
        return 0.0
    unslowed = seconds * (1 - throttle_percent / 100)
    return min(_between(writing.windows, unslowed), writing.most_bytes)


def _between(windows: tuple[Window, ...], seconds: float) -> float:
    points = ((0.0, 0.0), *((one.seconds, one.unique_bytes) for one in windows))
    for (t1, u1), (t2, u2) in pairwise(points):
        if seconds <= t2 or t2 == windows[-1].seconds:  # beyond the last one it goes on as between the last two
            return u1 + (u2 - u1) * (seconds - t1) / (t2 - t1)
    return 0.0
