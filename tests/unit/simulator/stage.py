"""Two or three simulated hosts and nobody who decides anything: a test gives the orders."""

from dataclasses import replace
from typing import Any

from orchestrator.model.command import BeginMove, Command, RecoverPostCopy
from orchestrator.model.effect import Effect
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sample import JobResult
from orchestrator.model.sighting import Returned, Sighting
from orchestrator.model.transport import Transport
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.simulator.world import Copy, Fault, Memory, Mishap, World

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
MIB = 2**20
LINK = 50e6
TRANSPORT = Transport(
    network="migration",
    address="10.0.0.2",
    persistent=True,
    paused=False,
    downtime_limit_ms=300,
    bandwidth_bytes_per_second=None,
    sharing_proven=False,
)


def idle(mib: int = 256) -> Memory:
    """A guest that uses all of its memory and changes nothing."""
    return Memory(size=mib * MIB, used=mib * MIB)


class Stage:
    """A world whose clock moves when the test waits."""

    def __init__(self, *mishaps: Mishap, rate: float = LINK, **world: Any) -> None:
        self.clock = SimClock()
        fault = world.pop("fault", Fault())
        fault.mishaps = (*fault.mishaps, *mishaps)
        self.world = World(clock=self.clock, hosts=(A, B, C), rate=rate, fault=fault, **world)
        self.doors = {host: SimHypervisor(host, self.world) for host in (A, B, C)}

    def guest(
        self, memory: Memory, number: int = 1, *, power: Power = Power.RUNNING, persistent: bool = True
    ) -> GuestId:
        """Put a guest on the first host."""
        guest = GuestId(f"00000000-0000-4000-8000-{number:012d}")
        copy = Copy(power=power, reason="booted", persistent=persistent, since=self.clock.ticks())
        self.world.add_guest(guest, A, copy, memory=memory)
        return guest

    def begin(self, guest: GuestId, source: HostName = A, destination: HostName = B, **transport: Any) -> Effect:
        """Order the move of a guest."""
        order = BeginMove(guest=guest, destination=destination, peer_uri="", transport=replace(TRANSPORT, **transport))
        return self.act(order, source)

    def recover(self, guest: GuestId, **transport: Any) -> Effect:
        """Order the recovery of a broken post-copy."""
        changed = replace(TRANSPORT, postcopy=True, **transport)
        return self.act(RecoverPostCopy(guest=guest, destination=B, peer_uri="", transport=changed))

    def act(self, command: Command, host: HostName = A) -> Effect:
        """Give an order."""
        return self.doors[host].act(command, within=10.0)

    def look(self, guest: GuestId, host: HostName = A) -> Sighting:
        """What a host that answers says."""
        said = self.doors[host].observe(guest, within=10.0)
        assert isinstance(said, Sighting), said
        return said

    def look_if_it_answers(self, guest: GuestId, host: HostName) -> Sighting | None:
        """What it says, if it says anything."""
        said = self.doors[host].observe(guest, within=10.0)
        return said if isinstance(said, Sighting) else None

    def silent(self, host: HostName) -> bool:
        """Whether it does not answer."""
        return isinstance(self.doors[host].observe(GuestId("none"), within=10.0), Unknown)

    def says(self, guest: GuestId, host: HostName = A) -> str:
        """Its power and reason in short."""
        seen = self.look(guest, host)
        return f"{seen.power} ({seen.reason})" if seen.reason else str(seen.power)

    def both(self, guest: GuestId) -> tuple[str, str]:
        """What source and destination say."""
        return self.says(guest, A), self.says(guest, B)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.advance_to(self.clock.ticks() + seconds)
        self.world.turn()

    def effect(self, guest: GuestId, host: HostName = A) -> Effect | None:
        """What the migration call has returned."""
        call = self.look(guest, host).call
        return call.effect if isinstance(call, Returned) else None

    def finish(self, guest: GuestId, *, within: float = 600.0) -> float:
        """Let time pass until no host moves the guest any more; answer how long that took."""
        began = self.clock.ticks()
        while guest in self.world.flights:
            assert self.clock.ticks() - began < within, "it does not end"
            self.wait(0.01)
        return self.clock.ticks() - began

    def result(self, guest: GuestId, host: HostName = B) -> JobResult:
        """The statistics of the finished migration."""
        job = self.look(guest, host).last_job
        assert job is not None
        return job
