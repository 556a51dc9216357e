"""Watches a simulated guest from outside."""

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Blackout
from orchestrator.ports import Watch
from orchestrator.simulator.world import World

EVERY = 0.01  # seconds between two probes


class SimProbe:
    """A guest answers while it is active somewhere; its address is its UUID."""

    def __init__(self, world: World) -> None:
        self._world = world

    def watch(self, address: str) -> Watch:
        """Begin watching."""
        return SimWatch(GuestId(address), self._world)


class SimWatch:
    """A running simulated probe."""

    def __init__(self, guest: GuestId, world: World) -> None:
        self._guest = guest
        self._world = world
        world.turn()
        self._since = world.at

    def answering(self) -> bool:
        """Whether the guest runs anywhere; one that its operator has paused is taken for one that does."""
        self._world.turn()
        return bool(self._world.active(self._guest))

    def stop(self) -> Blackout | Unknown:
        """The longest time in which no copy ran."""
        self._world.turn()
        longest, ran_at = 0.0, self._since
        until, running = self._world.at, 0
        for at, copies in self._world.pulse.get(self._guest, []):
            if running == 0 and copies > 0 and at > self._since:
                longest = max(longest, at - ran_at)
            if running > 0 and copies == 0:
                ran_at = max(at, self._since)
            running = copies
        if running == 0:
            longest = max(longest, until - ran_at)
        sent = int((until - self._since) / EVERY)
        return Blackout(longest_ms=round(longest * 1000), sent=sent, answered=sent - int(longest / EVERY))
