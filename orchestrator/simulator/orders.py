"""The short commands of a simulated host: done or refused before they return."""

from orchestrator.model.command import (
    Announce,
    Cancel,
    Discard,
    PausePostCopy,
    Resume,
    SetAutostart,
    SetBandwidth,
    SetDowntimeLimit,
    Short,
    ShutDown,
    Start,
    StartHeld,
    StartPostCopy,
    Suspend,
    SyncTime,
    Undefine,
)
from orchestrator.model.effect import Done, Effect, Refused
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.simulator import crossing, outage, second_half
from orchestrator.simulator.cluster import Cluster
from orchestrator.simulator.copy import Copy
from orchestrator.simulator.flight import Flight, Phase, whole_mib

ABORT_ON_CUT_PATH = 1.8  # seconds until a copy of which nothing arrives is cancelled (measured)
LOCKED = "timed out during operation: cannot acquire state change lock"
_HALVES = ("post-copy", "post-copy failed")
NOT_POSTCOPY = "current job is not outgoing migration in post-copy mode"


def carry_out(world: Cluster, host: HostName, order: Short) -> Effect:
    """Do it once and say what libvirt would."""
    copy = world.copies.get((host, order.guest))
    if copy is None:
        return Refused(why="Domain not found: no domain with matching uuid")
    flight = world.flights.get(order.guest)
    leaving = flight if flight is not None and flight.source == host else None
    if isinstance(order, Cancel | StartPostCopy | PausePostCopy | SetBandwidth | SetDowntimeLimit):
        why = _steer(world, order, leaving)
    elif isinstance(order, Suspend):
        why = _suspend(world, host, order, copy, flight)
    elif flight is not None and host in (flight.source, flight.destination):
        why = LOCKED  # the job of a migration lets only looking, stopping and its own controls pass
    else:
        why = _change(world, host, order, copy)
    return Refused(why=why) if why else Done()


Steering = Cancel | StartPostCopy | PausePostCopy | SetBandwidth | SetDowntimeLimit


def _steer(world: Cluster, order: Steering, flight: Flight | None) -> str:
    """The controls of a running migration; answers libvirt's refusal."""
    if flight is None or flight.phase is Phase.LOST:
        return "no migration is leaving this host for that guest"
    if isinstance(order, SetDowntimeLimit):
        flight.limit_ms = order.limit_ms
        return ""
    if isinstance(order, SetBandwidth):
        _cap(flight, order)
        return ""
    if isinstance(order, Cancel):
        return _cancel(world, flight)
    if isinstance(order, StartPostCopy):
        return _start_second_half(flight)
    if flight.phase is not Phase.POSTCOPY:
        return NOT_POSTCOPY
    second_half.fail(world, flight)
    return ""


def _cap(flight: Flight, order: SetBandwidth) -> None:
    cap = whole_mib(order.bytes_per_second)
    if order.postcopy:
        flight.postcopy_cap = cap
    else:
        flight.cap = cap


def _cancel(world: Cluster, flight: Flight) -> str:
    if flight.second_half:
        return "cannot abort migration in post-copy mode"
    if flight.phase not in (Phase.SETUP, Phase.DISKS, Phase.PRECOPY):
        return "no job is active on the domain"
    if world.open_path(flight):
        crossing.break_off(world, flight, crossing.CANCELLED)
    else:
        world.during(flight, ABORT_ON_CUT_PATH, lambda f: crossing.break_off(world, f, crossing.CANCELLED))
    return ""


def _start_second_half(flight: Flight) -> str:
    if not flight.transport.postcopy:
        return "switching to post-copy requires migration to be started with VIR_MIGRATE_POSTCOPY flag"
    if flight.phase not in (Phase.SETUP, Phase.DISKS, Phase.PRECOPY):
        return "post-copy can only be started while outgoing migration is in progress"
    flight.postcopy_wanted = True
    return ""


def _suspend(world: Cluster, host: HostName, order: Suspend, copy: Copy, flight: Flight | None) -> str:
    """In a pre-copy it stands still until it has arrived, or the copy is over (qemuDomainSuspend)."""
    if not copy.active:
        return "domain is not running"
    leaving = flight is not None and flight.source == host
    if flight is not None and not leaving and flight.second_half:
        return LOCKED
    if flight is not None and leaving and flight.halted_at is None:
        flight.halted_at = world.at
    if copy.power is Power.RUNNING:
        world.power(host, order.guest, Power.PAUSED, "migration" if leaving else "user")
    return ""


Change = StartHeld | Resume | Undefine | SetAutostart | SyncTime | Announce | ShutDown | Start | Discard


def _change(world: Cluster, host: HostName, order: Change, copy: Copy) -> str:
    inside = world.guests[order.guest]
    match order:
        case SetAutostart():
            copy.autostart = order.on
        case Undefine():
            if copy.power is not Power.SHUT_OFF:
                return "the guest is active"
            del world.copies[host, order.guest]
        case Resume() | StartHeld():
            if copy.power is not Power.PAUSED:
                return "the guest is not paused"
            if copy.reason in _HALVES:
                return "the guest is one half of a post-copy: here it stands still for good"
            world.power(host, order.guest, Power.RUNNING, "unpaused")
        case Discard():
            return _discard(world, host, order, copy)
        case Start():
            if copy.power is not Power.SHUT_OFF:
                return "domain is already running"
            copy.pid = world.new_pid()
            world.power(host, order.guest, Power.RUNNING, "booted")
        case _ if copy.power is not Power.RUNNING:
            return "domain is not running"
        case SyncTime():
            return "" if inside.agent else "QEMU guest agent is not configured"
        case Announce():
            world.announced.append((world.at, order.guest, host))
        case ShutDown():
            if inside.shuts_down_after is not None:
                world.later(inside.shuts_down_after, lambda: _shut_down(world, host, order))
    return ""


def _discard(world: Cluster, host: HostName, order: Discard, copy: Copy) -> str:
    if copy.power is not Power.PAUSED:
        return f"the guest is not paused here, it is {copy.power}"
    if copy.reason in _HALVES:
        return "the guest is one half of a post-copy: its memory lies on both hosts"
    world.remove(host, order.guest, "destroyed")
    return ""


def _shut_down(world: Cluster, host: HostName, order: ShutDown) -> None:
    copy = world.copies.get((host, order.guest))
    if copy is not None and copy.power is Power.RUNNING:
        outage.end_guest(world, host, order.guest, "shutdown")
