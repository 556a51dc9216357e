"""A pause between two runs of one command, which an operator can end."""

from orchestrator.engine.stop import Stop
from orchestrator.migration.terms import Level
from orchestrator.ports import Clock, Loop

_KEY = "interlude"


def pause(loop: Loop, clock: Clock, stop: Stop, seconds: float) -> bool:
    """Let so much time pass. False, and at once, where an operator stops the command."""
    until = clock.ticks() + seconds

    def step() -> float | None:
        left = until - clock.ticks()
        return left if left > 0 and stop.level is Level.GO else None

    loop.add(_KEY, step)
    stop.on_change(lambda: loop.poke(_KEY))
    loop.run()
    return stop.level is Level.GO
