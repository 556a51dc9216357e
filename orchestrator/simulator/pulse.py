"""How simulated hosts fare."""

from collections.abc import Callable, Collection, Mapping

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.pulse import Readings
from orchestrator.simulator.world import World


class SimPulse:
    """figures: what is so at a host at a moment, by the names of guard rules; a host that is down says nothing."""

    def __init__(self, world: World, figures: Callable[[HostName, float], Mapping[str, float]]) -> None:
        self._world = world
        self._figures = figures

    def read(self, host: HostName, watched: Collection[str], *, within: float) -> Readings | Unknown:
        """Say what is watched."""
        self._world.turn()
        if self._world.machines[host].down:
            return Unknown(why=f"{host} did not answer within {within:.0f} s")
        said = self._figures(host, self._world.at)
        return Readings(figures={name: value for name, value in said.items() if name in watched})
