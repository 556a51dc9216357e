"""Measures simulated guests and links just before a move."""

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Power
from orchestrator.model.move import Move
from orchestrator.model.offer import Content, DirtyRate, Gauging, Measurement
from orchestrator.simulator.link import Demand, share
from orchestrator.simulator.world import World

WINDOW = 1.0  # seconds: the shortest window of libvirt's page sampling, and the time between two looks at the memory
PROBE = 0.5  # seconds for which the link is filled
PAGES = 512


class SimGauge:
    """Finds what is true at this moment. It takes its time, and a silent host says nothing."""

    def __init__(self, world: World) -> None:
        self._world = world

    def measure(self, move: Move, what: Gauging, *, within: float) -> Measurement:
        """All of it at the same time."""
        world = self._world
        world.turn()
        seconds = max(WINDOW if what.dirty or what.content else 0.0, PROBE if what.link else 0.0)
        silent = next((host for host in (move.source, move.destination) if world.silent(host)), None)
        if silent is not None and what.anything:
            seconds = within
        link = self._link(move)
        world.clock.advance_to(world.clock.ticks() + seconds)
        unknown = None if silent is None else Unknown(why=f"{silent} did not answer within {within:.0f} s")
        dirty: DirtyRate | Unknown = self._dirty(move)
        return Measurement(
            dirty=(unknown or dirty) if what.dirty else None,
            link_bytes_per_second=(unknown or link) if what.link else None,
            content=(unknown or self._content(move)) if what.content else None,
            took_ms=round(seconds * 1000),
        )

    def _dirty(self, move: Move) -> DirtyRate:
        memory, writes = self._world.guests[move.guest].memory, self._writes(move)
        return DirtyRate(bytes_per_second=round(memory.dirtied(writes * WINDOW) / WINDOW), window_seconds=WINDOW)

    def _link(self, move: Move) -> int:
        """What one more copy would get beside those that are under way."""
        world = self._world
        demands = [
            Demand(source=f.source, destination=f.destination, most=f.rate * f.wire) for f in world.flights.values()
        ]
        mine = Demand(source=move.source, destination=move.destination, most=float("inf"))
        capacities = {host: machine.capacity for host, machine in world.machines.items()}
        return round(share([*demands, mine], capacities)[-1])

    def _content(self, move: Move) -> Content:
        memory = self._world.guests[move.guest].memory
        used = memory.used / memory.size
        changed = memory.dirtied(self._writes(move) * WINDOW) / memory.size
        rewritten = memory.working_set / memory.size
        return Content(
            pages=PAGES,
            zero=1.0 - used + memory.zero * min(rewritten, used),
            compressed=memory.compressed,
            changed=changed,
            delta=memory.delta if changed else None,
        )

    def _writes(self, move: Move) -> float:
        copy = self._world.copies.get((move.source, move.guest))
        if copy is None or copy.power is not Power.RUNNING:
            return 0.0
        return self._world.guests[move.guest].memory.write_rate
