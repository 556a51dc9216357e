"""The simulated hosts and guests: what is true, whatever ferry believes."""

from dataclasses import dataclass, field

from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.simulator.clock import SimClock

SETUP = 0.3  # seconds libvirt takes before pages flow
HANDOVER = 0.05  # seconds between the source's pause and the copy's start
LETTING_GO = 0.1  # seconds after which the source has cleaned up


@dataclass
class Copy:
    """One guest as one host has it."""

    power: Power
    reason: str = ""
    persistent: bool = True
    autostart: bool = False
    ran_seconds: float = 0.0
    since: float = 0.0

    def settle(self, now: float) -> None:
        """Account the CPU time up to now."""
        if self.power is Power.RUNNING:
            self.ran_seconds += now - self.since
        self.since = now

    def become(self, power: Power, reason: str, now: float) -> None:
        """Change the power state."""
        self.settle(now)
        self.power, self.reason = power, reason


@dataclass
class Flight:
    """One migration in the simulated libvirt: when what will happen, unless something comes between."""

    guest: GuestId
    source: HostName
    destination: HostName
    persistent: bool
    paused: bool
    begun_at: float
    switch_at: float
    total_bytes: int
    rate: float
    dirty_rate: float
    fails_at: float | None = None
    reply_lost: bool = False  # the destination runs it, the source never hears and resumes: a double run
    switched: bool = False
    arrived: bool = False


@dataclass
class Fault:
    """What goes wrong in the simulated world, apart from ferry itself."""

    breaks_after: float | None = None  # seconds after its start the copy breaks off
    reply_lost: bool = False
    begins_late: float = 0.0  # seconds between the accepted call and the first sign of a copy
    answers_after: float = 0.0  # seconds one look at a host takes
    guest_ends_at: float | None = None  # simulated moment at which the guest shuts itself down
    guest_crashes: bool = False  # … or dies, instead
    silent: tuple[tuple[HostName, float, float], ...] = ()  # host, from, until


@dataclass
class World:
    """Hosts, guests and one link rate in bytes per second."""

    clock: SimClock
    hosts: tuple[HostName, ...]
    rate: float
    fault: Fault = field(default_factory=Fault)
    memory: dict[GuestId, int] = field(default_factory=dict)
    dirty: dict[GuestId, float] = field(default_factory=dict)
    copies: dict[tuple[HostName, GuestId], Copy] = field(default_factory=dict)
    flights: dict[GuestId, Flight] = field(default_factory=dict)
    returned: dict[GuestId, str] = field(default_factory=dict)
    accepted: list[tuple[float, GuestId, HostName, HostName, bool]] = field(default_factory=list)

    def add_guest(self, guest: GuestId, host: HostName, copy: Copy, *, memory: int, dirty: float) -> None:
        """Put a guest on a host. dirty: bytes a second it rewrites."""
        self.memory[guest], self.dirty[guest] = memory, dirty
        self.copies[host, guest] = copy

    def copy(self, host: HostName, guest: GuestId) -> Copy | None:
        """The guest as the host has it now."""
        self.turn()
        found = self.copies.get((host, guest))
        if found is not None:
            found.settle(self.clock.ticks())
        return found

    def active(self, guest: GuestId) -> list[HostName]:
        """Hosts on which the guest runs, or stands paused with its memory."""
        self.turn()
        live = (Power.RUNNING, Power.PAUSED)
        return [h for h in self.hosts if (h, guest) in self.copies and self.copies[h, guest].power in live]

    def silent(self, host: HostName) -> bool:
        """Whether the host's daemon answers nobody at this moment."""
        now = self.clock.ticks()
        return any(h == host and start <= now < end for h, start, end in self.fault.silent)

    def accept(self, guest: GuestId, source: HostName, destination: HostName, *, persistent: bool) -> str | None:
        """Take the call; the copy begins a little later, even if the caller is dead by then. Answers a refusal."""
        self.returned.pop(guest, None)
        if not self.fault.begins_late:
            return self.begin(guest, source, destination, persistent=persistent)
        at = self.clock.ticks() + self.fault.begins_late
        self.accepted.append((at, guest, source, destination, persistent))
        return None

    def begin(self, guest: GuestId, source: HostName, destination: HostName, *, persistent: bool) -> str | None:
        """Start a migration; the answer is libvirt's refusal, or None."""
        self.turn()
        now = self.clock.ticks()
        ours = self.copies.get((source, guest))
        if guest in self.flights:
            return "another migration job is already running"
        if ours is None or ours.power not in (Power.RUNNING, Power.PAUSED):
            return "domain is not running"
        theirs = self.copies.get((destination, guest))
        if theirs is not None and theirs.power is not Power.SHUT_OFF:
            return "domain is already active"
        flight = self._plan(guest, source, destination, persistent=persistent, paused=ours.power is Power.PAUSED)
        self.flights[guest] = flight
        incoming = Copy(power=Power.INCOMING, reason="migration", persistent=theirs is not None, since=now)
        self.copies[destination, guest] = incoming
        return None

    def cancel(self, guest: GuestId) -> str | None:
        """Abort a copy before the switch; the answer is libvirt's refusal, or None."""
        self.turn()
        flight = self.flights.get(guest)
        if flight is None or flight.switched:
            return "no job is active on the domain"
        self._break(flight, "operation aborted: job 'migration out' canceled by client")
        return None

    def turn(self) -> None:
        """Let everything happen that was due by now."""
        now = self.clock.ticks()
        for call in [c for c in self.accepted if c[0] <= now]:
            self.accepted.remove(call)
            _, guest, source, destination, persistent = call
            refusal = self.begin(guest, source, destination, persistent=persistent)
            if refusal is not None:
                self.returned[guest] = f"unclear: {refusal}"
        self._end_guests(now)
        for flight in list(self.flights.values()):
            self._turn_flight(flight, now)

    def _plan(
        self, guest: GuestId, source: HostName, destination: HostName, *, persistent: bool, paused: bool
    ) -> Flight:
        now = self.clock.ticks()
        dirty = 0.0 if paused else self.dirty[guest]
        spare = self.rate - dirty
        # Rounds shrink by dirty/rate each: their sum is the memory over what the link carries beyond the changes.
        copying = self.memory[guest] / spare if spare > 0 else float("inf")
        fails = self.fault.breaks_after
        return Flight(
            guest=guest,
            source=source,
            destination=destination,
            persistent=persistent,
            paused=paused,
            begun_at=now,
            switch_at=now + SETUP + copying,
            total_bytes=self.memory[guest],
            rate=self.rate,
            dirty_rate=dirty,
            fails_at=None if fails is None else now + fails,
            reply_lost=self.fault.reply_lost,
        )

    def _turn_flight(self, flight: Flight, now: float) -> None:
        if not flight.switched and flight.fails_at is not None and flight.fails_at <= min(now, flight.switch_at):
            self._break(flight, "operation failed: job 'migration out' failed: Unable to write to socket")
            return
        if not flight.switched and flight.switch_at <= now:
            flight.switched = True
            if not flight.paused:
                self.copies[flight.source, flight.guest].become(Power.PAUSED, "migration", flight.switch_at)
        if flight.switched and not flight.arrived and flight.switch_at + HANDOVER <= now:
            flight.arrived = True
            self._arrive(flight, flight.switch_at + HANDOVER)
        if flight.arrived and flight.switch_at + HANDOVER + LETTING_GO <= now:
            self._let_go(flight, flight.switch_at + HANDOVER + LETTING_GO)

    def _arrive(self, flight: Flight, at: float) -> None:
        there = self.copies[flight.destination, flight.guest]
        there.become(Power.PAUSED if flight.paused else Power.RUNNING, "migrated", at)
        there.persistent = there.persistent or flight.persistent

    def _let_go(self, flight: Flight, at: float) -> None:
        del self.flights[flight.guest]
        if flight.reply_lost:
            self.copies[flight.source, flight.guest].become(Power.RUNNING, "migration canceled", at)
            self.returned[flight.guest] = "unclear: internal error: client socket is closed"
            return
        del self.copies[flight.source, flight.guest]
        self.returned[flight.guest] = "done"

    def _break(self, flight: Flight, why: str) -> None:
        now = self.clock.ticks()
        del self.flights[flight.guest]
        there = self.copies[flight.destination, flight.guest]
        if there.persistent:
            there.become(Power.SHUT_OFF, "failed", now)
        else:
            del self.copies[flight.destination, flight.guest]
        ours = self.copies[flight.source, flight.guest]
        if not flight.paused and ours.power is Power.PAUSED:
            ours.become(Power.RUNNING, "migration canceled", now)
        self.returned[flight.guest] = f"unclear: {why}"

    def _end_guests(self, now: float) -> None:
        at = self.fault.guest_ends_at
        if at is None or now < at:
            return
        self.fault.guest_ends_at = None
        reason = "crashed" if self.fault.guest_crashes else "shutdown"
        for flight in list(self.flights.values()):
            if not flight.switched:
                self._break(flight, "operation failed: domain is not running")
        for key, copy in list(self.copies.items()):
            if copy.power in (Power.RUNNING, Power.PAUSED):
                if copy.persistent:
                    copy.become(Power.SHUT_OFF, reason, now)
                else:
                    del self.copies[key]
