"""What becomes of the copies that are under way when a daemon is killed or frozen, or a host is lost, by their step.

What libvirt does then was measured with libvirt 9.0.0 and QEMU 7.2.22; what a daemon does after a restart is that of
qemu_process.c (qemuProcessRecoverMigrationOut and -In).
"""

from collections.abc import Callable

from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.simulator import crossing, second_half
from orchestrator.simulator.cluster import KEEPALIVE, Cluster, Daemon
from orchestrator.simulator.fault import Mishap
from orchestrator.simulator.flight import BEFORE_END, Flight, Phase

END_OF_FILE = "End of file while reading data: Input/output error"


def host_of(mishap: Mishap) -> HostName:
    """The host that it happens to."""
    assert mishap.host is not None, f"{mishap.what} happens to a host"
    return mishap.host


def _outage(world: Cluster, mishap: Mishap, daemon: Daemon) -> Callable[[], bool]:
    """Take the daemon out, and back in time; answers whether this very outage lasts."""
    host = world.machines[host_of(mishap)]
    host.daemon, host.outages = daemon, host.outages + 1
    this = host.outages

    def lasts() -> bool:
        return host.outages == this

    def back() -> None:
        if lasts():
            come_back(world, host_of(mishap))

    if mishap.lasts is not None:
        world.later(mishap.lasts, back)
    return lasts


def come_back(world: Cluster, name: HostName) -> None:
    """The daemon of a host works again, and does what it could not do meanwhile."""
    host = world.machines[name]
    host.daemon, host.down, host.outages = Daemon.UP, False, host.outages + 1
    debts, host.debts = host.debts, []
    for debt in debts:
        debt()


def freeze(world: Cluster, mishap: Mishap) -> None:
    """It answers nobody. The other daemon gives it up in time (keepalive); what it was asked it does at the thaw."""
    name = host_of(mishap)
    if not world.machines[name].works:
        return
    lasts = _outage(world, mishap, Daemon.FROZEN)

    def give_up() -> None:
        if lasts():
            for flight in list(world.flights.values()):
                if not flight.direct and name in (flight.source, flight.destination):
                    _give_frozen_up(world, flight, name)

    world.later(KEEPALIVE, give_up)


def _give_frozen_up(world: Cluster, flight: Flight, frozen: HostName) -> None:
    if flight.phase in BEFORE_END or (flight.phase is Phase.FINISH and frozen == flight.source):
        crossing.break_off(world, flight, crossing.CLOSED)
    elif flight.phase is Phase.FINISH:
        # The order to start the guest is already in the frozen daemon's socket: it obeys when it thaws.
        world.machines[frozen].debts.append(lambda: _start_late(world, flight))
        crossing.run_twice(world, flight)
    elif flight.phase is Phase.POSTCOPY and frozen == flight.destination:
        second_half.give_up(world, flight)


def _start_late(world: Cluster, flight: Flight) -> None:
    there = world.copies.get((flight.destination, flight.guest))
    if there is not None and there.power is Power.INCOMING:
        crossing.arrive(world, flight)


def kill(world: Cluster, mishap: Mishap) -> None:
    """It dies, and with it what it still had to do and what it remembered; its guests live on."""
    name = host_of(mishap)
    host = world.machines[name]
    if host.down:
        return
    host.debts = [lambda: _sweep(world, name)]
    _outage(world, mishap, Daemon.DEAD)
    for key in [key for key in world.results if key[0] == name]:
        del world.results[key]
    for flight in list(world.flights.values()):
        if flight.source == name:
            world.fail_call(flight, END_OF_FILE)
            _source_died(world, flight)
        elif flight.destination == name:
            _destination_died(world, flight)


def _sweep(world: Cluster, name: HostName) -> None:
    """A restarted daemon ends what was coming in and never began to run; not what has begun to come in since."""
    for (host, guest), copy in list(world.copies.items()):
        flight = world.flights.get(guest)
        if host == name and copy.power is Power.INCOMING and (flight is None or flight.destination != name):
            world.remove(host, guest, "failed")


def _source_died(world: Cluster, flight: Flight) -> None:
    """After its restart it cancels what QEMU still copies; a guest between two hosts it leaves as it is."""
    if flight.phase in (*BEFORE_END, Phase.LOST):
        crossing.break_off(world, flight, END_OF_FILE)
    elif flight.phase is Phase.FINISH:
        crossing.clear_there(world, flight)
        del world.flights[flight.guest]
    elif flight.phase is Phase.STARTED:
        del world.flights[flight.guest]
    elif flight.phase is Phase.CONFIRM:
        crossing.let_go(world, flight)
    # In post-copy QEMU goes on by itself, and the daemon takes the job up again.


def _destination_died(world: Cluster, flight: Flight) -> None:
    if flight.phase in (*BEFORE_END, Phase.FINISH, Phase.LOST):
        crossing.break_off(world, flight, crossing.CLOSED)
    elif flight.phase is Phase.STARTED:
        crossing.run_twice(world, flight)  # the guest runs there, and the answer was never given
    elif flight.phase is Phase.POSTCOPY:
        second_half.give_up(world, flight)
        if not flight.runs_there:
            second_half.start_there(world, flight)


def lose_host(world: Cluster, mishap: Mishap) -> None:
    """All its guests are gone at once; the other end of a copy only notices when it is given up."""
    name = host_of(mishap)
    host = world.machines[name]
    host.debts = []
    _outage(world, mishap, Daemon.DEAD)
    host.down = True
    for (place, guest), copy in list(world.copies.items()):
        if place == name and copy.power is not Power.SHUT_OFF:
            world.remove(place, guest, "crashed")
    for flight in list(world.flights.values()):
        if flight.source == name:
            world.fail_call(flight, END_OF_FILE)
            _notice(world, flight, _source_lost)
        elif flight.destination == name and flight.phase is not Phase.CONFIRM:
            _notice(world, flight, _destination_lost)


def _notice(world: Cluster, flight: Flight, then: Callable[[Cluster, Flight, Phase], None]) -> None:
    phase = flight.phase
    world.enter(flight, Phase.LOST)
    world.during(flight, KEEPALIVE, lambda f: then(world, f, phase))


def _source_lost(world: Cluster, flight: Flight, phase: Phase) -> None:
    if phase is Phase.POSTCOPY:
        second_half.fail(world, flight)
    elif phase in (*BEFORE_END, Phase.FINISH):
        crossing.clear_there(world, flight)
    del world.flights[flight.guest]


def _destination_lost(world: Cluster, flight: Flight, phase: Phase) -> None:
    if phase in (*BEFORE_END, Phase.FINISH, Phase.LOST):
        crossing.break_off(world, flight, crossing.CLOSED)
    elif phase is Phase.STARTED:
        crossing.run_twice(world, flight)
    elif phase is Phase.POSTCOPY:
        second_half.fail(world, flight)
