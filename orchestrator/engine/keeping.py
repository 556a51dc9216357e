"""A loop that keeps a lease alive, and looks for orders, for as long as anything runs in it."""

from collections.abc import Callable

from orchestrator.ports import Loop

_KEEPER = "keeper"


class KeepingLoop:
    """Implements `ports.Loop` over another one. keep: called from time to time while a step is left; answers after how
    many seconds again. What it raises ends the loop, as what any step raises."""

    def __init__(self, loop: Loop, keep: Callable[[], float]) -> None:
        self._loop = loop
        self._keep = keep
        self._left: set[str] = set()

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        """Call the step now and again after the seconds it answers."""
        first = not self._left
        self._left.add(key)

        def counted() -> float | None:
            seconds = step()
            if seconds is None:
                self._left.discard(key)
                if not self._left:
                    self._loop.poke(_KEEPER)
            return seconds

        self._loop.add(key, counted)
        if first:
            self._loop.add(_KEEPER, self._look)

    def poke(self, key: str) -> None:
        """Call the step of `key` soon."""
        self._loop.poke(key)

    def run(self) -> None:
        """Return when every step but the keeper has finished."""
        self._loop.run()

    def _look(self) -> float | None:
        seconds = self._keep()
        return seconds if self._left else None
