"""Mishaps of paths, QEMUs and guests: what each does to the copies under way (measured with libvirt 9.0, QEMU 7.2)."""

from collections.abc import Callable

from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.simulator import crossing, daemons, second_half
from orchestrator.simulator.cluster import KEEPALIVE, TCP_GIVES_UP, Cluster
from orchestrator.simulator.fault import Mishap, What
from orchestrator.simulator.flight import BEFORE_END, Flight, Phase

RESET = "operation failed: job 'migration out' failed: Unable to write to socket: Connection reset by peer"
BAD_DESCRIPTOR = "operation failed: job 'migration out' failed: Unable to write to socket: Bad file descriptor"
CLIENT_GONE = "internal error: connection of the client is closed"
NOT_RUNNING = "operation failed: domain is not running"


def strike(world: Cluster, mishap: Mishap) -> None:
    """Let it happen now."""
    _STRIKES[mishap.what](world, mishap)


def _befallen(world: Cluster, mishap: Mishap) -> list[Flight]:
    return [f for f in world.flights.values() if world.concerns(mishap, f)]


def _break(world: Cluster, mishap: Mishap) -> None:
    for flight in _befallen(world, mishap):
        if flight.phase in BEFORE_END:
            crossing.break_off(world, flight, mishap.why)


def _cut(world: Cluster, mishap: Mishap) -> None:
    """Memory is dropped on its way: TCP heals when the path is back in time, and breaks otherwise."""
    world.cuts.append(mishap)

    def broken() -> None:
        if mishap in world.cuts:
            reset(world, _befallen(world, mishap))

    def heal() -> None:
        world.cuts.remove(mishap)

    world.later(TCP_GIVES_UP, broken)
    if mishap.lasts is not None:
        world.later(mishap.lasts, heal)


def _reset(world: Cluster, mishap: Mishap) -> None:
    befallen = _befallen(world, mishap)
    reset(world, befallen, mishap.host)
    if mishap.host is not None and mishap.lasts is not None:
        for flight in befallen:
            world.during(flight, mishap.lasts, lambda f: second_half.fail(world, f))


def reset(world: Cluster, flights: list[Flight], only: HostName | None = None) -> None:
    """The connections that carry memory break."""
    for flight in flights:
        if flight.phase in BEFORE_END:
            crossing.break_off(world, flight, RESET)
        elif flight.phase is Phase.POSTCOPY:
            second_half.fail(world, flight, only)


def _partition(world: Cluster, mishap: Mishap) -> None:
    world.cuts.append(mishap)
    befallen = _befallen(world, mishap)

    def give_up() -> None:
        if mishap in world.cuts:
            for flight in befallen:
                _lose_each_other(world, flight)

    def heal() -> None:
        world.cuts.remove(mishap)
        for flight in befallen:
            if world.flights.get(flight.guest) is flight:
                _talk_again(world, flight)

    world.later(KEEPALIVE, give_up)
    if mishap.lasts is not None:
        world.later(mishap.lasts, heal)


def _lose_each_other(world: Cluster, flight: Flight) -> None:
    """Both daemons have given the other one up."""
    if world.flights.get(flight.guest) is not flight:
        return
    if flight.phase in (*BEFORE_END, Phase.FINISH):
        crossing.break_off(world, flight, crossing.CLOSED)
    elif flight.phase is Phase.POSTCOPY:
        second_half.fail(world, flight)


def _talk_again(world: Cluster, flight: Flight) -> None:
    if flight.phase is Phase.FINISH:
        crossing.finish(world, flight)
    elif flight.phase is Phase.STARTED and not flight.reply_lost:
        crossing.hear(world, flight)


def _lose_reply(world: Cluster, mishap: Mishap) -> None:
    for flight in _befallen(world, mishap):
        flight.reply_lost = True
        if flight.phase is Phase.STARTED:
            world.enter(flight, Phase.STARTED)
            world.during(flight, KEEPALIVE, lambda f: crossing.run_twice(world, f))


def _kill_qemu(world: Cluster, mishap: Mishap) -> None:
    for (host, guest), copy in list(world.copies.items()):
        if host == mishap.host and mishap.guest in (None, guest) and copy.power is not Power.SHUT_OFF:
            lose_qemu(world, host, world.flights.get(guest))
            if (host, guest) in world.copies:
                world.remove(host, guest, "crashed")


def lose_qemu(world: Cluster, host: HostName, flight: Flight | None) -> None:
    """What becomes of the other end when the QEMU of one end of a copy dies."""
    if flight is None or host not in (flight.source, flight.destination):
        return
    if flight.second_half:
        second_half.fail(world, flight)
        if host == flight.source:
            del world.flights[flight.guest]
    elif host == flight.destination and flight.phase in (*BEFORE_END, Phase.FINISH):
        crossing.break_off(world, flight, BAD_DESCRIPTOR)
    elif host == flight.source and flight.phase in (*BEFORE_END, Phase.FINISH):
        world.remove(host, flight.guest, "crashed")
        crossing.break_off(world, flight, NOT_RUNNING)


def _end_guest(world: Cluster, mishap: Mishap) -> None:
    """The guest shuts itself down, which it can only do while it is not between two hosts, or dies."""
    between = (Phase.SWITCH, Phase.FINISH, Phase.STARTED, Phase.CONFIRM)
    guests = [g for g in world.guests if mishap.guest in (None, g)]
    if any((flight := world.flights.get(g)) is not None and flight.phase in between for g in guests):
        world.later(0.2, lambda: strike(world, mishap))
        return
    world.fault.guest_ends_at = None
    world.ended_at = world.at
    crashed = mishap.what is What.GUEST_CRASHES
    for host, guest in list(world.copies):
        copy = world.copies.get((host, guest))
        if guest in guests and copy is not None and copy.active:
            end_guest(world, host, guest, "crashed" if crashed else "shutdown")


def end_guest(world: Cluster, host: HostName, guest: GuestId, reason: str) -> None:
    """The guest of this copy ends by itself, and what moves it fails."""
    flight = world.flights.get(guest)
    if flight is None:
        world.remove(host, guest, reason)
    elif not flight.second_half:
        world.remove(host, guest, reason)
        crossing.break_off(world, flight, NOT_RUNNING)
    elif host == flight.destination:
        second_half.fail(world, flight)
        world.remove(host, guest, reason)


def lose_client(world: Cluster, flight: Flight) -> None:
    """The process that carries messages between the daemons has died (control: direct)."""
    if flight.phase in BEFORE_END:
        crossing.break_off(world, flight, CLIENT_GONE)
    elif flight.phase is Phase.FINISH:
        crossing.clear_there(world, flight)  # the source stays paused, and no job tells why
        del world.flights[flight.guest]
    elif flight.phase is Phase.STARTED:
        del world.flights[flight.guest]
    elif flight.phase is Phase.POSTCOPY:
        second_half.give_up(world, flight)


_STRIKES: dict[What, Callable[[Cluster, Mishap], None]] = {
    What.PATH_CUT: _cut,
    What.PATH_RESET: _reset,
    What.BREAK: _break,
    What.PARTITION: _partition,
    What.LOSE_REPLY: _lose_reply,
    What.DAEMON_KILLED: daemons.kill,
    What.DAEMON_FROZEN: daemons.freeze,
    What.QEMU_KILLED: _kill_qemu,
    What.HOST_DOWN: daemons.lose_host,
    What.GUEST_ENDS: _end_guest,
    What.GUEST_CRASHES: _end_guest,
}
