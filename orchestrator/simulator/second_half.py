"""Post-copy: the guest runs at the destination and fetches what is missing. Neither host has all of it."""

from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.transport import Transport
from orchestrator.simulator import crossing
from orchestrator.simulator.cluster import Cluster
from orchestrator.simulator.flight import Flight, Phase, whole_mib

FAILED = "operation failed: job 'migration out' failed in post-copy phase"


def switch(world: Cluster, flight: Flight) -> None:
    """The guest stops at the source; the destination starts it as soon as its daemon can."""
    flight.halted_at = world.at if flight.halted_at is None else flight.halted_at
    flight.last_page_at = world.at
    flight.begin_second_half(world.at)
    world.copies[flight.source, flight.guest].slow_down(0, world.at)
    world.power(flight.source, flight.guest, Power.PAUSED, "post-copy")
    world.enter(flight, Phase.POSTCOPY)
    world.during(flight, world.speeds.handover, lambda f: start_there(world, f))


def start_there(world: Cluster, flight: Flight) -> None:
    """Start the guest at the destination, which has only a part of its memory yet."""
    if not world.machines[flight.destination].works:
        world.owe(flight.destination, flight, lambda f: start_there(world, f))
        return
    crossing.arrive(world, flight)
    world.power(flight.destination, flight.guest, Power.RUNNING, "post-copy")


def complete(world: Cluster, flight: Flight) -> None:
    """The last page has come: each daemon clears up when it sees that, also one that had given the copy up."""
    crossing.count_second_half(world, flight)
    there = world.copies[flight.destination, flight.guest]
    if there.power is Power.RUNNING:
        world.power(flight.destination, flight.guest, Power.RUNNING, "migrated")
    else:  # suspended meanwhile
        world.power(flight.destination, flight.guest, Power.PAUSED, "user")
    world.enter(flight, Phase.CONFIRM)
    crossing.hear(world, flight)


def give_up(world: Cluster, flight: Flight) -> None:
    """The source's daemon has lost the other one and calls the migration failed, while QEMU still sends to QEMU."""
    if world.machines[flight.source].works:
        world.power(flight.source, flight.guest, Power.PAUSED, "post-copy failed")
        world.fail_call(flight, FAILED)
    else:
        world.owe(flight.source, flight, lambda f: give_up(world, f))


def fail(world: Cluster, flight: Flight, only: HostName | None = None) -> None:
    """The path is broken for good; only: the end that has noticed so far."""
    if flight.phase is not Phase.BROKEN:
        world.enter(flight, Phase.BROKEN)
    flight.half_reset = only is not None
    if only in (None, flight.source) and (flight.source, flight.guest) in world.copies:
        world.power(flight.source, flight.guest, Power.PAUSED, "post-copy failed")
        world.fail_call(flight, FAILED)
    there = world.copies.get((flight.destination, flight.guest))
    if only in (None, flight.destination) and there is not None:
        blocked = world.fault.blocks_at_destination or there.power is not Power.RUNNING
        power = Power.PAUSED if blocked else Power.RUNNING
        world.power(flight.destination, flight.guest, power, "post-copy failed")


def refusal(world: Cluster, flight: Flight | None, name: str) -> str:
    """What libvirt has against a recovery; empty if nothing (qemu_migration.c of 11.3, line 2880 and after)."""
    if flight is None:
        return f"domain '{name}' is not being migrated"
    if not flight.second_half:
        return f"migration of domain {name} is not in post-copy phase"
    if flight.half_reset or flight.told is None:
        return f"migration of domain {name} is being actively monitored by another thread"
    if flight.phase is not Phase.BROKEN:
        return "QEMU reports migration is still running"
    alive = world.holders(flight.guest)
    return "" if {flight.source, flight.destination} <= {*alive} else f"domain '{name}' is not running at the other end"


def recover(world: Cluster, flight: Flight, transport: Transport) -> None:
    """Connect both ends again, over the transport's network. What was missing still is."""
    flight.told = None
    flight.begun_at = world.at
    flight.transport = transport
    flight.postcopy_cap = whole_mib(transport.postcopy_bandwidth_bytes_per_second)
    world.during(flight, world.speeds.setup, lambda f: _reconnected(world, f))


def _reconnected(world: Cluster, flight: Flight) -> None:
    there = world.machines[flight.destination]
    if not world.open_path(flight) or not there.works or not world.talk(flight):
        world.fail_call(flight, "unable to connect to server: No route to host")
        return
    world.power(flight.source, flight.guest, Power.PAUSED, "post-copy")
    world.enter(flight, Phase.POSTCOPY)
    if flight.runs_there:
        world.power(flight.destination, flight.guest, Power.RUNNING, "post-copy")
    else:
        start_there(world, flight)
