"""Watches a simulated guest from outside."""

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Blackout
from orchestrator.ports import Watch
from orchestrator.simulator.world import HANDOVER, World


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

    def answering(self) -> bool:
        """Whether the guest is active anywhere."""
        return bool(self._world.active(self._guest))

    def stop(self) -> Blackout | Unknown:
        """The silence of the world's hand-over."""
        return Blackout(longest_ms=int(HANDOVER * 1000), sent=0, answered=0)
