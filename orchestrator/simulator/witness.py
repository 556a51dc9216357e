"""By which way a simulated copy leaves its host."""

from collections.abc import Mapping

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.path import PathSeen, Way
from orchestrator.simulator.flight import SENDING
from orchestrator.simulator.world import World


class SimWitness:
    """Each network has a device of its name. addresses: of every host, by network. astray: hosts whose kernel sends
    what should leave by a network out of another one."""

    def __init__(self, world: World, addresses: Mapping[HostName, Mapping[str, str]]) -> None:
        self._world = world
        self._addresses = addresses
        self.astray: dict[HostName, str] = {}

    def look(self, move: Move, *, within: float) -> PathSeen | Unknown:
        """Say which way the copy takes now."""
        world = self._world
        world.turn()
        if world.machines[move.source].down:
            return Unknown(why=f"{move.source} did not answer within {within:.0f} s")
        flight = world.flights.get(move.guest)
        if flight is None or flight.source != move.source or flight.phase not in SENDING:
            return PathSeen()
        network = self.astray.get(move.source, flight.transport.network)
        sent = int(flight.count.sent + flight.disk_sent)
        way = Way(
            local=self._addresses[move.source][network],
            remote=flight.transport.address,
            sockets=flight.transport.channels or 1,
            sent_bytes=sent,
            device=network,
            home=network,
            device_bytes=sent,
        )
        return PathSeen(ways=(way,))
