"""What is true of the simulated hosts and guests, whatever ferry believes, and what is still to happen."""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.effect import Effect, Unclear
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.offer import Feature
from orchestrator.model.sample import JobResult
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.copy import Copy
from orchestrator.simulator.fault import Fault, Mishap, What
from orchestrator.simulator.flight import Flight, Phase
from orchestrator.simulator.link import Capacity
from orchestrator.simulator.memory import Memory
from orchestrator.simulator.speeds import Speeds

KEEPALIVE = 26.5  # seconds after which a libvirt daemon gives up another one that does not answer (measured)
TCP_GIVES_UP = 924.6  # seconds after which Linux breaks a connection of which nothing is acknowledged (tcp_retries2 15)


class Daemon(StrEnum):
    """What libvirt's daemon of a host does."""

    UP = "up"
    FROZEN = "frozen"
    DEAD = "dead"


@dataclass
class Host:
    """One simulated host. absent: features that its libvirt or QEMU refuses. crashes_on_recovery: its daemon dies when
    it is to receive the recovery of a post-copy (libvirt 11.2 and 11.3). outages: how often its daemon was out."""

    capacity: Capacity
    cpus: int = 8
    absent: frozenset[Feature] = frozenset()
    crashes_on_recovery: bool = False
    daemon: Daemon = Daemon.UP
    down: bool = False
    outages: int = 0
    debts: list[Callable[[], None]] = field(default_factory=list)  # what its daemon does as soon as it is back

    @property
    def works(self) -> bool:
        """Whether its daemon does anything."""
        return self.daemon is Daemon.UP and not self.down


@dataclass(frozen=True, slots=True, kw_only=True)
class Inside:
    """What a guest is, beside its memory. shuts_down_after: seconds after it was asked to; None: it does not listen."""

    memory: Memory
    disk_bytes: float = 0.0
    agent: bool = False
    shuts_down_after: float | None = 2.0


@dataclass
class Cluster:
    """Hosts, guests and copies at the moment `at`; rate: of every host's link, each way, in bytes per second."""

    clock: SimClock
    hosts: tuple[HostName, ...]
    rate: float
    fault: Fault = field(default_factory=Fault)
    speeds: Speeds = field(default_factory=Speeds)
    at: float = 0.0
    machines: dict[HostName, Host] = field(default_factory=dict)
    guests: dict[GuestId, Inside] = field(default_factory=dict)
    copies: dict[tuple[HostName, GuestId], Copy] = field(default_factory=dict)
    flights: dict[GuestId, Flight] = field(default_factory=dict)
    returned: dict[tuple[HostName, GuestId], tuple[Effect, int]] = field(default_factory=dict)
    results: dict[tuple[HostName, GuestId], JobResult] = field(default_factory=dict)
    announced: list[tuple[float, GuestId, HostName]] = field(default_factory=list)
    cuts: list[Mishap] = field(default_factory=list)  # paths on which nothing passes at this moment
    pulse: dict[GuestId, list[tuple[float, int]]] = field(default_factory=dict)  # moment → copies that run from then on
    ended_at: float | None = None  # when the guests ended by themselves
    agenda: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    pending: list[Mishap] = field(default_factory=list)  # those that wait for a step
    _count: int = 0
    _pids: int = 1000

    def __post_init__(self) -> None:
        self.at = self.clock.ticks()
        both = Capacity(egress=self.rate, ingress=self.rate)
        self.machines = {host: Host(capacity=both) for host in self.hosts} | self.machines

    def later(self, seconds: float, then: Callable[[], None]) -> None:
        """Have something happen."""
        self._count += 1
        heapq.heappush(self.agenda, (self.at + max(seconds, 0.0), self._count, then))

    def during(self, flight: Flight, seconds: float, then: Callable[[Flight], None]) -> None:
        """Have something happen unless the copy has gone on to another step before."""
        entered = flight.entered

        def still() -> None:
            if self.flights.get(flight.guest) is flight and flight.entered == entered:
                then(flight)

        self.later(seconds, still)

    def owe(self, host: HostName, flight: Flight, then: Callable[[Flight], None]) -> None:
        """Have the daemon of a host do something as soon as it is back, if the copy still stands where it stands."""
        entered = flight.entered

        def still() -> None:
            if self.flights.get(flight.guest) is flight and flight.entered == entered:
                then(flight)

        self.machines[host].debts.append(still)

    def new_pid(self) -> int:
        """The process id of a QEMU that begins now."""
        self._pids += 1
        return self._pids

    def power(self, host: HostName, guest: GuestId, power: Power, reason: str) -> None:
        """Change what a host says of a guest, and note whether it runs anywhere."""
        self.copies[host, guest].become(power, reason, self.at)
        self.beat(guest)

    def remove(self, host: HostName, guest: GuestId, reason: str, *, definition: bool = False) -> None:
        """End a host's QEMU of the guest; what is left is its definition, if it has one that is not removed as well."""
        copy = self.copies[host, guest]
        if copy.persistent and not definition:
            copy.become(Power.SHUT_OFF, reason, self.at)
            copy.pid = 0
        else:
            del self.copies[host, guest]
        self.beat(guest)

    def beat(self, guest: GuestId) -> None:
        """Note in how many places the guest runs from now on."""
        running = sum(c.power is Power.RUNNING for (_, g), c in self.copies.items() if g == guest)
        self.pulse.setdefault(guest, []).append((self.at, running))

    def answer(self, flight: Flight, effect: Effect) -> None:
        """The call that began, or recovered, this migration returns. Only the first answer counts."""
        if flight.told is None:
            flight.told = effect
            took = round((self.at - flight.begun_at) * 1000)
            self.returned[flight.source, flight.guest] = (effect, took)

    def fail_call(self, flight: Flight, why: str) -> None:
        """It returns with an error, which proves nothing."""
        self.answer(flight, Unclear(why=why))

    def open_path(self, flight: Flight) -> bool:
        """Whether memory can pass between the two hosts of a copy."""
        if self.machines[flight.source].down or self.machines[flight.destination].down:
            return False
        return not any(self.concerns(cut, flight) for cut in self.cuts)

    def talk(self, flight: Flight) -> bool:
        """Whether the daemons of its two hosts reach each other."""
        return not any(cut.what is What.PARTITION and self.concerns(cut, flight) for cut in self.cuts)

    def concerns(self, mishap: Mishap, flight: Flight) -> bool:
        """Whether a mishap befalls this copy."""
        return (
            mishap.guest in (None, flight.guest)
            and mishap.host in (None, flight.source, flight.destination)
            and mishap.network in (None, flight.transport.network)
        )

    def writing(self, flight: Flight) -> float:
        """Bytes a second that the guest of a copy changes now."""
        host = flight.destination if flight.runs_there else flight.source
        copy = self.copies.get((host, flight.guest))
        if copy is None or copy.power is not Power.RUNNING:
            return 0.0
        return flight.memory.writes(flight.throttle)

    def enter(self, flight: Flight, phase: Phase) -> None:
        """The copy takes its next step; what was waiting for that goes wrong from there."""
        flight.phase = phase
        flight.entered += 1

    def holders(self, guest: GuestId) -> list[HostName]:
        """Hosts on which the guest runs, or stands paused with its memory, at the moment `at`."""
        return [h for h in self.hosts if (copy := self.copies.get((h, guest))) is not None and copy.active]
