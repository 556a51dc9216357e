"""The simulated world: what was due happens, copies share the links, and time passes only when somebody looks."""

import heapq
from dataclasses import dataclass

from orchestrator.model.effect import Effect, Refused, Unclear
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.offer import Feature
from orchestrator.model.transport import Transport
from orchestrator.simulator import crossing, outage, second_half
from orchestrator.simulator.cluster import KEEPALIVE, Cluster, Daemon, Host, Inside
from orchestrator.simulator.copy import Copy
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.features import needs
from orchestrator.simulator.flight import SENDING, Flight, Phase, whole_mib
from orchestrator.simulator.link import Demand, share
from orchestrator.simulator.memory import Memory

__all__ = ["Copy", "Fault", "Flight", "Host", "Inside", "Memory", "Mishap", "Phase", "What", "World"]
HARDLY_ANY = 0.01  # share of a guest's CPU time, which is what the strongest throttle leaves it
RESTARTED_AFTER = 2.0  # seconds until systemd has started a daemon again that crashed
REFUSED_AFTER = 0.05  # seconds libvirt takes to find that it does not know what it was asked for


@dataclass
class World(Cluster):
    """Hosts, guests and links. Between two events everything is linear, so that the clock may leap over any time."""

    def __post_init__(self) -> None:
        super().__post_init__()
        fault = self.fault
        if fault.guest_ends_at is not None:
            what = What.GUEST_CRASHES if fault.guest_crashes else What.GUEST_ENDS
            self.strike(Mishap(what=what, after=fault.guest_ends_at))
        for mishap in fault.mishaps:
            self.strike(mishap)

    def strike(self, mishap: Mishap) -> None:
        """Have something go wrong: at its moment, or when a copy reaches its step."""
        if mishap.step is None:
            self.later(mishap.after - self.at, lambda: outage.strike(self, mishap))
        else:
            self.pending.append(mishap)

    def add_guest(
        self, guest: GuestId, host: HostName, copy: Copy, *, memory: int | Memory, dirty: float = 0.0
    ) -> None:
        """Put a guest on a host. A plain size: all of it is in use, and rewritten at `dirty` bytes a second, whatever
        throttle there is, with pages that nothing makes smaller."""
        if isinstance(memory, int):
            written = memory if dirty else 0
            memory = Memory(size=memory, used=memory, working_set=written, write_rate=dirty, effort=HARDLY_ANY)
        self.guests.setdefault(guest, Inside(memory=memory))
        copy.pid = self.new_pid() if copy.power is not Power.SHUT_OFF else 0
        self.copies[host, guest] = copy
        self.beat(guest)

    def copy(self, host: HostName, guest: GuestId) -> Copy | None:
        """The guest as the host has it now."""
        self.turn()
        found = self.copies.get((host, guest))
        if found is not None:
            found.settle(self.at)
        return found

    def active(self, guest: GuestId) -> list[HostName]:
        """Hosts on which the guest runs, or stands paused with its memory."""
        self.turn()
        return self.holders(guest)

    def silent(self, host: HostName) -> bool:
        """Whether the host's daemon answers nobody at this moment."""
        self.turn()
        unheard = any(h == host and start <= self.at < end for h, start, end in self.fault.silent)
        return unheard or not self.machines[host].works

    def accept(self, guest: GuestId, source: HostName, destination: HostName, transport: Transport) -> str:
        """Take the call; the copy begins a little later, even if the caller is dead by then. Answers a refusal."""
        self.turn()
        self.returned.pop((source, guest), None)
        missing = next(iter(needs(transport) & self._absent(source, destination)), None)
        away = self._unreachable(source, destination)
        if away is not None:
            # The source's daemon opens a connection of its own before it begins anything.
            self.later(away, lambda: self._say((source, guest), Unclear(why="unable to connect to server")))
            return ""
        if missing:
            refused = Refused(why=f"argument unsupported: Migration option '{missing}' is not supported by QEMU binary",
                              unsupported=True)  # fmt: skip
            self.later(REFUSED_AFTER, lambda: self._say((source, guest), refused))
            return ""
        if self.fault.call_cut_after is not None:
            cut = Unclear(why="Cannot recv data: Connection reset by peer", cut=True)
            self.later(self.fault.call_cut_after, lambda: self._say((source, guest), cut))
        if not self.fault.begins_late:
            return self.begin(guest, source, destination, transport)

        def late() -> None:
            why = self.begin(guest, source, destination, transport)
            if why:
                self._say((source, guest), Unclear(why=why))

        self.later(self.fault.begins_late, late)
        return ""

    def begin(self, guest: GuestId, source: HostName, destination: HostName, transport: Transport) -> str:
        """Start a migration; the answer is libvirt's refusal, or nothing."""
        why = crossing.refusal(self, guest, source, destination, transport)
        if why:
            return why
        inside, ours = self.guests[guest], self.copies[source, guest]
        flight = Flight(
            guest=guest,
            source=source,
            destination=destination,
            transport=transport,
            memory=inside.memory,
            begun_at=self.at,
            was_paused=ours.power is Power.PAUSED,
            disk_bytes=inside.disk_bytes,
            limit_ms=transport.downtime_limit_ms,
            cap=whole_mib(transport.initial_bytes_per_second),
            postcopy_cap=whole_mib(transport.postcopy_bandwidth_bytes_per_second),
            reply_lost=self.fault.reply_lost,
        )
        crossing.begin(self, flight)
        if self.fault.breaks_after is not None:
            self.later(self.fault.breaks_after, lambda: self._break(flight))
        return ""

    def recover(self, guest: GuestId, source: HostName, transport: Transport) -> str:
        """Connect both ends of a broken post-copy again; the answer is libvirt's refusal, or nothing."""
        self.turn()
        flight = self.flights.get(guest)
        why = second_half.refusal(self, flight, guest)
        if why or flight is None:
            return why
        self.returned.pop((source, guest), None)
        second_half.recover(self, flight, transport)
        if self.machines[flight.destination].crashes_on_recovery:
            outage.strike(self, Mishap(what=What.DAEMON_KILLED, host=flight.destination, lasts=RESTARTED_AFTER))
        return ""

    def client_gone(self) -> None:
        """ferry's process has died: the copies that it carried messages for itself cannot go on without it."""
        self.turn()
        for flight in [f for f in self.flights.values() if f.direct]:
            outage.lose_client(self, flight)

    def turn(self) -> None:
        """Let everything happen that was due by now."""
        now = max(self.clock.ticks(), self.at)
        if now == self.at and not (self.agenda and self.agenda[0][0] <= now):
            return  # looked at twice at one moment
        while True:
            self._share()
            first = min(self.flights.values(), key=self._due, default=None)
            moves_at = float("inf") if first is None else self._due(first)
            planned_at = self.agenda[0][0] if self.agenda else float("inf")
            if min(moves_at, planned_at) > now:
                break
            self._flow_to(min(moves_at, planned_at))
            if first is not None and moves_at < planned_at:
                self._proceed(first)
            else:
                heapq.heappop(self.agenda)[2]()
        self._flow_to(now)

    def enter(self, flight: Flight, phase: Phase) -> None:
        """The copy takes its next step; what was waiting for that goes wrong from there."""
        super().enter(flight, phase)
        for mishap in [m for m in self.pending if m.step is phase and self.concerns(m, flight)]:
            self.pending.remove(mishap)
            self._strike_later(mishap)

    def _strike_later(self, mishap: Mishap) -> None:
        self.later(mishap.after, lambda: outage.strike(self, mishap))

    def _proceed(self, flight: Flight) -> None:
        if flight.phase is Phase.PRECOPY and flight.postcopy_wanted:
            second_half.switch(self, flight)
        elif flight.phase is not Phase.POSTCOPY:
            crossing.proceed(self, flight)
        elif flight.runs_there:
            second_half.complete(self, flight)
        else:
            flight.remaining = 0.0  # all is there before the guest was started

    def _due(self, flight: Flight) -> float:
        return self.at + max(flight.due_in(self.at), 0.0)

    def _flow_to(self, at: float) -> None:
        for flight in self.flights.values():
            flight.pass_time(at - self.at, self.writing(flight))
        self.at = at

    def _share(self) -> None:
        """Give every copy its share of the links for as long as nothing changes."""
        sending = []
        for flight in self.flights.values():
            if flight.phase in SENDING and self._may_send(flight):
                sending.append(flight)
            else:
                flight.carry(0.0)
        if not sending:
            return
        if len(sending) == 1:  # nearly always
            (only,) = sending
            here, there = self.machines[only.source].capacity, self.machines[only.destination].capacity
            only.carry(min(self._most(only), here.egress, there.ingress) / only.wire)
            return
        demands = [Demand(source=f.source, destination=f.destination, most=self._most(f)) for f in sending]
        capacities = {host: machine.capacity for host, machine in self.machines.items()}
        for flight, given in zip(sending, share(demands, capacities), strict=True):
            flight.carry(given / flight.wire)

    def _may_send(self, flight: Flight) -> bool:
        # QEMU waits for libvirt between the guest's stop and the last pages (pause-before-switchover).
        waits = flight.phase is Phase.SWITCH and not self.machines[flight.source].works
        done = flight.phase is Phase.POSTCOPY and not flight.runs_there and not flight.remaining
        return self.open_path(flight) and not waits and not done

    def _most(self, flight: Flight) -> float:
        ready = self.speeds.limit(flight.transport, self.machines[flight.source].cpus)
        return min(flight.most, ready * flight.wire)

    def _break(self, flight: Flight) -> None:
        if self.flights.get(flight.guest) is flight:
            outage.strike(self, Mishap(what=What.BREAK, guest=flight.guest))

    def _unreachable(self, source: HostName, destination: HostName) -> float | None:
        """Seconds until one daemon finds that it cannot reach the other; None where it can."""
        there = self.machines[destination]
        parted = any(
            cut.what is What.PARTITION and cut.host in (None, source, destination) and cut.guest is None
            for cut in self.cuts
        )
        if parted or there.down or there.daemon is Daemon.FROZEN:
            return KEEPALIVE
        return REFUSED_AFTER if there.daemon is Daemon.DEAD else None

    def _absent(self, source: HostName, destination: HostName) -> frozenset[Feature]:
        return self.machines[source].absent | self.machines[destination].absent

    def _say(self, call: tuple[HostName, GuestId], effect: Effect) -> None:
        self.returned[call] = (effect, round(REFUSED_AFTER * 1000))
