"""A store that is away for a while: every call fails, or has its effect and loses its answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.errors import OrchestratorError


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """From one simulated moment to another. answers_lost: a write arrives, and nobody hears so."""

    begins: float
    ends: float
    answers_lost: bool = False


class FailingStore:
    """The store as one process sees it. outages: asked at each call, so that a test may add one in the middle."""

    def __init__(self, store: object, clock: Callable[[], float], outages: Sequence[Outage]) -> None:
        self._store = store
        self._clock = clock
        self._outages = outages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        if not callable(found):
            return found

        def call(*given: Any, **named: Any) -> Any:
            outage = next((o for o in self._outages if o.begins <= self._clock() < o.ends), None)
            if outage is None:
                return found(*given, **named)
            if outage.answers_lost:
                found(*given, **named)
            raise OrchestratorError.of("store.unavailable", "the simulated store is away")

        return call
