"""Measures simulated networks."""

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.network_test import NetworkTest
from orchestrator.simulator.link import Demand, share
from orchestrator.simulator.world import World


class SimPump:
    """Finds what is free of the links beside the copies that run; it takes the time that it would take."""

    def __init__(self, world: World) -> None:
        self._world = world

    def measure(
        self, source: HostName, destination: HostName, network: str, address: str, *, streams: int, seconds: float
    ) -> NetworkTest | Unknown:
        """Every stream gets as much of a link as any copy."""
        world = self._world
        world.turn()
        down = next((host for host in (source, destination) if world.machines[host].down), None)
        if down is not None:
            return Unknown(why=f"{address} does not answer: {down} is down", code="host.unreachable")
        capacities = {host: machine.capacity for host, machine in world.machines.items()}
        ours = Demand(source=source, destination=destination, most=float("inf"))
        theirs = [Demand(source=f.source, destination=f.destination, most=f.most) for f in world.flights.values()]
        found = {number: int(sum(share([*[ours] * number, *theirs], capacities)[:number])) for number in {1, streams}}
        world.clock.advance_to(world.clock.ticks() + seconds * len(found))
        return NetworkTest(source=source, destination=destination, network=network, bytes_per_second=found)
