"""One migration from its first sign to what it leaves, as libvirt's five phases and QEMU's pre-copy do it."""

from dataclasses import replace

from orchestrator.model.effect import Done
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sample import JobResult
from orchestrator.model.transport import Mode, Transport
from orchestrator.simulator.cluster import KEEPALIVE, Cluster
from orchestrator.simulator.copy import Copy
from orchestrator.simulator.flight import Flight, Phase

CANCELLED = "operation aborted: job 'migration out' canceled by client"
CLOSED = "internal error: client socket is closed"
OFFLINE_TAKES = 0.2  # seconds a definition needs to cross: four calls of daemons that have nothing else to do


def refusal(world: Cluster, guest: GuestId, source: HostName, destination: HostName, transport: Transport) -> str:
    """What libvirt has against beginning; empty if nothing."""
    ours, theirs = world.copies.get((source, guest)), world.copies.get((destination, guest))
    if guest in world.flights:
        return "another migration job is already running"
    if ours is None:
        return "no domain with matching uuid"
    if theirs is not None and theirs.power is not Power.SHUT_OFF:
        return "domain is already active"
    if transport.mode in (Mode.OFFLINE, Mode.COLD):
        if ours.active:
            return "the guest is active, only its definition was to move"
        if not transport.persistent:
            return "offline migration must be specified with the persistent flag set"
        return ""
    return "" if ours.active else "domain is not running"


def begin(world: Cluster, flight: Flight) -> None:
    """Begin and Prepare: the destination builds up an empty copy."""
    theirs = world.copies.get((flight.destination, flight.guest))
    if flight.transport.mode in (Mode.OFFLINE, Mode.COLD):
        world.flights[flight.guest] = flight
        world.during(flight, OFFLINE_TAKES, lambda f: _cross_offline(world, f))
        return
    world.flights[flight.guest] = flight
    world.copies[flight.destination, flight.guest] = Copy(
        power=Power.INCOMING,
        reason="migration",
        persistent=theirs is not None,
        autostart=theirs is not None and theirs.autostart,
        since=world.at,
        pid=world.new_pid(),
    )
    world.results.pop((flight.source, flight.guest), None)
    if flight.holds_still and not flight.was_paused:
        _halt(world, flight)
    world.enter(flight, Phase.SETUP)
    world.during(flight, world.speeds.setup, lambda f: _flow(world, f))


def _cross_offline(world: Cluster, flight: Flight) -> None:
    ours = world.copies[flight.source, flight.guest]
    world.copies[flight.destination, flight.guest] = Copy(power=Power.SHUT_OFF, reason="", since=world.at)
    del world.flights[flight.guest]
    world.answer(flight, Done())
    world.remove(flight.source, flight.guest, ours.reason, definition=True)


def _flow(world: Cluster, flight: Flight) -> None:
    if flight.transport.disks and flight.disk_bytes and flight.phase is Phase.SETUP:
        world.enter(flight, Phase.DISKS)
        return
    world.enter(flight, Phase.PRECOPY)
    flight.begin_pages(world.at)


def proceed(world: Cluster, flight: Flight) -> None:
    """Nothing is left of what was being sent, or QEMU asks itself whether it may stop the guest."""
    if flight.phase is Phase.DISKS:
        _flow(world, flight)
    elif flight.phase is Phase.PRECOPY:
        flight.look_at_dirty_pages(world.at)
        world.copies[flight.source, flight.guest].slow_down(flight.throttle, world.at)
        if flight.stops_guest_now:
            _halt(world, flight)
            flight.round += 1  # QEMU looks once more when the guest stands still
            world.enter(flight, Phase.SWITCH)
    elif flight.phase is Phase.SWITCH:
        flight.last_page_at = world.at
        world.enter(flight, Phase.FINISH)
        finish(world, flight)


def _halt(world: Cluster, flight: Flight) -> None:
    """The guest stands still at the source."""
    if flight.halted_at is None:
        flight.halted_at = world.at
    if not flight.was_paused:
        world.power(flight.source, flight.guest, Power.PAUSED, "migration")


def finish(world: Cluster, flight: Flight) -> None:
    """The source asks the destination to start the guest; a daemon that is out does its part as soon as it is back."""
    for host in (flight.source, flight.destination):
        if not world.machines[host].works:
            world.owe(host, flight, lambda f: finish(world, f))
            return
    if world.talk(flight):
        world.during(flight, world.speeds.handover, lambda f: _start_there(world, f))


def _start_there(world: Cluster, flight: Flight) -> None:
    if not world.machines[flight.destination].works:
        world.owe(flight.destination, flight, lambda f: _start_there(world, f))
        return
    arrive(world, flight)
    world.enter(flight, Phase.STARTED)
    if flight.reply_lost or not world.talk(flight):
        world.during(flight, KEEPALIVE, lambda f: run_twice(world, f))
    else:
        world.during(flight, world.speeds.reply, lambda f: hear(world, f))


def arrive(world: Cluster, flight: Flight) -> None:
    """The copy becomes the guest, in the state in which it is to arrive."""
    there = world.copies[flight.destination, flight.guest]
    there.persistent = there.persistent or flight.transport.persistent
    stays_paused = flight.was_paused or flight.transport.held
    flight.runs_there = True
    power, reason = (Power.PAUSED, "user") if stays_paused else (Power.RUNNING, "migrated")
    world.power(flight.destination, flight.guest, power, reason)
    _keep_result(world, flight)


def hear(world: Cluster, flight: Flight) -> None:
    """The source knows that the guest runs there, and lets go of its own QEMU."""
    if not world.machines[flight.source].works:
        world.owe(flight.source, flight, lambda f: hear(world, f))
        return
    world.enter(flight, Phase.CONFIRM)
    world.during(flight, world.speeds.letting_go, lambda f: let_go(world, f))


def let_go(world: Cluster, flight: Flight) -> None:
    """The end of a migration that went well."""
    if not world.machines[flight.source].works:
        world.owe(flight.source, flight, lambda f: let_go(world, f))
        return
    del world.flights[flight.guest]
    ours = world.copies.get((flight.source, flight.guest))
    if ours is not None:
        world.remove(flight.source, flight.guest, "migrated", definition=flight.transport.persistent)
        if ours.power is Power.SHUT_OFF:
            _copy_result(world, flight)
    world.answer(flight, Done())


def run_twice(world: Cluster, flight: Flight) -> None:
    """The source gives up waiting for the answer of a destination that has started the guest, or yet may."""
    if not world.machines[flight.source].works:
        world.owe(flight.source, flight, lambda f: run_twice(world, f))
        return
    del world.flights[flight.guest]
    resume_source(world, flight)
    world.fail_call(flight, CLOSED)


def break_off(world: Cluster, flight: Flight, why: str) -> None:
    """The copy is over: the destination clears up, the guest goes on at the source, each as soon as its daemon can."""
    clear_there(world, flight)
    world.enter(flight, Phase.LOST)
    return_to_source(world, flight, why)


def return_to_source(world: Cluster, flight: Flight, why: str) -> None:
    """The source is done with the copy that failed."""
    if not world.machines[flight.source].works:
        world.owe(flight.source, flight, lambda f: return_to_source(world, f, why))
        return
    del world.flights[flight.guest]
    resume_source(world, flight)
    world.fail_call(flight, why)


def resume_source(world: Cluster, flight: Flight) -> None:
    """Let the guest go on if this migration has stopped it."""
    ours = world.copies.get((flight.source, flight.guest))
    if ours is None:
        return
    ours.slow_down(0, world.at)
    if ours.power is Power.PAUSED and ours.reason == "migration" and not flight.was_paused:
        world.power(flight.source, flight.guest, Power.RUNNING, "migration canceled")


def clear_there(world: Cluster, flight: Flight) -> None:
    """The destination removes the copy that never ran, as soon as its daemon can; a definition it had before stays."""
    destination = world.machines[flight.destination]
    if not destination.works:
        destination.debts.append(lambda: clear_there(world, flight))
        return
    there = world.copies.get((flight.destination, flight.guest))
    if there is not None and there.power is Power.INCOMING:
        world.remove(flight.destination, flight.guest, "failed")


def _keep_result(world: Cluster, flight: Flight) -> None:
    halted, last = flight.halted_at, flight.last_page_at
    world.results[flight.destination, flight.guest] = JobResult(
        elapsed_ms=round((world.at - flight.begun_at) * 1000),
        downtime_ms=None if halted is None else round((world.at - halted) * 1000),
        transferred_bytes=round(flight.count.sent + flight.disk_sent),
        rounds=flight.round,
        downtime_net_ms=None if halted is None or last is None else round((last - halted) * 1000),
        throttle_percent=flight.throttle,
    )


def count_second_half(world: Cluster, flight: Flight) -> None:
    """Add to the statistics what came after the switch to post-copy."""
    before = world.results.get((flight.destination, flight.guest))
    if before is None:  # its daemon was restarted
        return
    world.results[flight.destination, flight.guest] = replace(
        before,
        elapsed_ms=round((world.at - flight.begun_at) * 1000),
        transferred_bytes=round(flight.count.sent + flight.disk_sent),
        postcopy_requests=round(flight.count.requests),
    )


def _copy_result(world: Cluster, flight: Flight) -> None:
    result = world.results.get((flight.destination, flight.guest))
    if result is not None:
        world.results[flight.source, flight.guest] = result
