"""How an operator's signals reach a run."""

from collections.abc import Callable

from orchestrator.migration.terms import Level

SHUTDOWN = "SIGTERM"  # who asks where the machine or the service manager ends the process


class Stop:
    """Raised level by level, from a signal handler or another thread; never lowered."""

    def __init__(self) -> None:
        self._level = Level.GO
        self._by = ""
        self._listeners: list[Callable[[], None]] = []

    @property
    def level(self) -> Level:
        """How far the run is stopped."""
        return self._level

    @property
    def by(self) -> str:
        """Who asked last."""
        return self._by

    @property
    def passing(self) -> bool:
        """Whether nothing but this process is to end: nobody has changed their mind about what it does, and the next
        one goes on with that, as after a power cut."""
        return self._by == SHUTDOWN

    def more(self, by: str, *, at_most: Level = Level.ABORT) -> Level:
        """Go one level further, at most so far, and wake the run."""
        if self._level < at_most:
            self._by = by
            self._level = Level(self._level + 1)
            for listener in self._listeners:
                listener()
        return self._level

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every change."""
        self._listeners.append(listener)


def following(stop: Stop) -> Stop:
    """A stop of one run: it follows the operator's, and may be raised by what bounds the run alone."""
    mine = Stop()

    def follow() -> None:
        while mine.level < stop.level:
            mine.more(stop.by, at_most=stop.level)

    stop.on_change(follow)
    follow()
    return mine
