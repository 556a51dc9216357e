"""How an operator's signals reach a run."""

from collections.abc import Callable

from orchestrator.migration.decision import Level
from orchestrator.model.entry import Ordered


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


class Orders:
    """What one run is ordered: by this process, and on record from a process before it. An order never lapses."""

    def __init__(self, stop: Stop, on_record: Ordered | None = None) -> None:
        self._stop = stop
        self._record = on_record

    @property
    def level(self) -> Level:
        """How far the run is stopped."""
        return max(self._stop.level, self._recorded)

    @property
    def by(self) -> str:
        """Who asked for that."""
        if self._record is not None and self._recorded > self._stop.level:
            return self._record.by
        return self._stop.by

    def on_change(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after every change."""
        self._stop.on_change(listener)

    @property
    def _recorded(self) -> Level:
        return Level.GO if self._record is None else level_of(self._record)


def level_of(ordered: Ordered) -> Level:
    """The level that an order on record stands for."""
    return Level.ABORT if ordered.order == "abort" else Level.STOP
