"""Doors of this machine: time, turns, what a guest answers to, who listens."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Protocol

from orchestrator.model.event import Event
from orchestrator.model.facts import Unknown
from orchestrator.model.move import Blackout


class Hooks(Protocol):
    """Scripts of the operator."""

    def call(self, event: str, facts: Mapping[str, str], *, within: float) -> str:
        """Run what there is for the event, with the facts in its environment and as JSON. Answers "" where all went
        well, otherwise which script failed and why; later ones are not run. within: for each of them."""
        ...


class Clock(Protocol):
    """Time."""

    def now(self) -> datetime:
        """UTC, for records."""
        ...

    def ticks(self) -> float:
        """Seconds that also count while the machine sleeps (CLOCK_BOOTTIME), for durations and deadlines."""
        ...


class Loop(Protocol):
    """The only owner of engine threads: one for each step in reality, none in the simulator."""

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        """Call `step` now and again after the seconds it answers; None: finished."""
        ...

    def poke(self, key: str) -> None:
        """Call the step of `key` soon, whatever it answered."""
        ...

    def run(self) -> None:
        """Return when every step has finished. Raises what a step raised."""
        ...


class BlackoutProbe(Protocol):
    """Watch a guest from outside."""

    def watch(self, address: str) -> "Watch":
        """Begin; the answer is asked for when the move is over."""
        ...


class Watch(Protocol):
    """A running probe."""

    def answering(self) -> bool:
        """Whether the guest has answered the most recent probe."""
        ...

    def stop(self) -> Blackout | Unknown:
        """End the watch and say what the longest silence was."""
        ...


class EventSink(Protocol):
    """A view, a hook, a log."""

    def emit(self, event: Event) -> None:
        """After the journal; never blocks, never raises."""
        ...
