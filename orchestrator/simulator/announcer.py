"""Tells the simulated network where a guest is."""

from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.simulator.world import World


class SimAnnouncer:
    """Notes what was announced in the World."""

    def __init__(self, host: HostName, world: World) -> None:
        self._host = host
        self._world = world

    def announce(self, move: Move, *, within: float) -> Effect:
        """Announce the guest from this host."""
        self._world.turn()
        if move.probe_address is None:
            return Refused(why="the guest names no address")
        if self._world.machines[self._host].down:
            return Unclear(why=f"{self._host} did not answer within {within:.0f} s")
        self._world.announced.append((self._world.at, move.guest, self._host))
        return Done()
