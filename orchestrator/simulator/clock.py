"""Simulated time, and a loop that moves it."""

import heapq
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


class SimClock:
    """Time that passes only when the loop says so."""

    def __init__(self) -> None:
        self._ticks = 0.0

    def now(self) -> datetime:
        """The simulated date."""
        return EPOCH + timedelta(seconds=self._ticks)

    def ticks(self) -> float:
        """Seconds since the simulation began."""
        return self._ticks

    def advance_to(self, ticks: float) -> None:
        """Let time pass."""
        self._ticks = max(self._ticks, ticks)


class SimLoop:
    """The Loop on a heap of simulated moments: no threads, always the same order."""

    def __init__(self, clock: SimClock) -> None:
        self._clock = clock
        self._steps: dict[str, Callable[[], float | None]] = {}
        self._due: list[tuple[float, int, str]] = []
        self._turn: dict[str, int] = {}  # the valid heap entry of each key; older ones are passed over
        self._count = 0

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        """Call the step at this moment."""
        self._steps[key] = step
        self._schedule(key, 0.0)

    def poke(self, key: str) -> None:
        """Call it at this moment instead of later."""
        if key in self._steps:
            self._schedule(key, 0.0)

    def run(self) -> None:
        """Let time pass until every step has finished; what a step raises ends the run."""
        while self._steps:
            at, turn, key = heapq.heappop(self._due)
            if self._turn.get(key) != turn:
                continue
            self._clock.advance_to(at)
            seconds = self._steps[key]()
            if seconds is None:
                del self._steps[key], self._turn[key]
            elif self._turn[key] == turn:
                self._schedule(key, seconds)

    def _schedule(self, key: str, seconds: float) -> None:
        self._count += 1
        self._turn[key] = self._count
        heapq.heappush(self._due, (self._clock.ticks() + seconds, self._count, key))
