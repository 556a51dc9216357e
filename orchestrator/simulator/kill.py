"""Kills the simulated ferry at any call of any door, before or after the effect."""

from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Killed(BaseException):
    """The process is gone: nothing in ferry catches this."""


class Killer:
    """Counts door calls and kills at the chosen ones."""

    def __init__(self, before: frozenset[int] = frozenset(), after: frozenset[int] = frozenset()) -> None:
        self.calls = 0
        self._before = before
        self._after = after

    def guard(self, call: Callable[P, T]) -> Callable[P, T]:
        """The same call, with death around it."""

        def guarded(*args: P.args, **kwargs: P.kwargs) -> T:
            self.calls += 1
            number = self.calls
            if number in self._before:
                raise Killed
            answer = call(*args, **kwargs)
            if number in self._after:
                raise Killed
            return answer

        return guarded


class Mortal:
    """A door whose every call may be the last one of the process."""

    def __init__(self, door: object, killer: Killer) -> None:
        self._door = door
        self._killer = killer

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._door, name)
        return self._killer.guard(found) if callable(found) else found
