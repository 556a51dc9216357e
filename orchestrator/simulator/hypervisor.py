"""One simulated host behind the Hypervisor door."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.model.command import (
    BeginMove,
    Cancel,
    Command,
    LibvirtRepair,
    Resume,
    SetAutostart,
    Suspend,
    Undefine,
)
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sample import JobResult, Sample
from orchestrator.model.sighting import Call, InFlight, NotOurs, Returned, Sighting
from orchestrator.simulator.world import HANDOVER, Copy, Flight, World

ABSENT = Sighting(power=Power.ABSENT)


class SimHypervisor:
    """Answers from the World. The calls it has issued die with it, as those of a killed process do."""

    def __init__(self, host: HostName, world: World) -> None:
        self._host = host
        self._world = world
        self._issued: set[GuestId] = set()

    def expect(self) -> None:
        """Nothing to get ready."""

    def observe(self, guest: GuestId, *, within: float) -> Sighting | Unknown:
        """Say what the simulated libvirt would."""
        world = self._world
        world.clock.advance_to(world.clock.ticks() + world.fault.answers_after)
        copy = world.copy(self._host, guest)
        if world.silent(self._host):
            return Unknown(why=f"did not answer within {within:.0f} s")
        if copy is None:
            return Sighting(power=Power.ABSENT, call=self._call(guest))
        flight = world.flights.get(guest)
        leaving = flight is not None and flight.source == self._host
        return Sighting(
            power=copy.power,
            reason=copy.reason,
            persistent=copy.persistent,
            autostart=copy.autostart,
            vcpu_time_ns=int(copy.ran_seconds * 1e9),
            moving=leaving,
            job=self._sample(flight) if flight is not None and leaving else None,
            last_job=self._last_job(guest, copy),
            call=self._call(guest),
        )

    def act(self, command: Command, *, within: float) -> Effect:
        """Do it to the simulated host."""
        if self._world.silent(self._host):
            return Unclear(why=f"{self._host} did not answer within {within:.0f} s")
        if isinstance(command, BeginMove):
            return self._begin(command)
        if isinstance(command, Cancel):
            refusal = self._world.cancel(command.guest)
            return Refused(why=refusal) if refusal else Done()
        copy = self._world.copy(self._host, command.guest)
        if copy is None:
            return Refused(why="no domain with matching uuid")
        return self._change(command, copy)

    def mend(self, repair: LibvirtRepair, *, within: float) -> Effect:
        """Refuse: simulated hosts have no drives, pools or networks of libvirt."""
        del within
        return Refused(why=f"{self._host} is simulated and knows no {repair.kind}")

    @contextmanager
    def listen(self, hint: Callable[[GuestId], None]) -> Iterator[None]:
        """Give no hints: the simulated loop looks often enough."""
        del hint
        yield

    def _begin(self, command: BeginMove) -> Effect:
        refusal = self._world.accept(
            command.guest, self._host, command.destination, persistent=command.transport.persistent
        )
        if refusal is not None:
            return Refused(why=refusal)
        self._issued.add(command.guest)
        return Done()

    def _change(self, command: Suspend | Resume | Undefine | SetAutostart, copy: Copy) -> Effect:
        now = self._world.clock.ticks()
        if isinstance(command, SetAutostart):
            copy.autostart = command.on
        elif isinstance(command, Undefine):
            if copy.power is not Power.SHUT_OFF:
                return Refused(why="the guest is active")
            del self._world.copies[self._host, command.guest]
        elif isinstance(command, Suspend):
            if copy.power is not Power.RUNNING:
                return Refused(why="the guest does not run")
            copy.become(Power.PAUSED, "user", now)
        else:
            if copy.power is not Power.PAUSED:
                return Refused(why="the guest is not paused")
            copy.become(Power.RUNNING, "unpaused", now)
        return Done()

    def _call(self, guest: GuestId) -> Call:
        if guest not in self._issued:
            return NotOurs()
        said = self._world.returned.get(guest)
        if said is None:
            return InFlight()
        return Returned(effect=Done() if said == "done" else Unclear(why=said.removeprefix("unclear: ")))

    def _sample(self, flight: Flight) -> Sample:
        elapsed = self._world.clock.ticks() - flight.begun_at
        spare = max(flight.rate - flight.dirty_rate, 0.0)
        remaining = max(flight.total_bytes - int(spare * elapsed), 0)
        return Sample(
            elapsed_ms=int(elapsed * 1000),
            total_bytes=flight.total_bytes,
            processed_bytes=int(flight.rate * elapsed),
            remaining_bytes=remaining,
            transfer_bytes_per_second=int(flight.rate),
            dirty_bytes_per_second=int(flight.dirty_rate),
            round=1 + int(elapsed * flight.rate / flight.total_bytes),
        )

    def _last_job(self, guest: GuestId, copy: Copy) -> JobResult | None:
        if copy.reason != "migrated" or guest in self._world.flights:
            return None
        total = self._world.memory[guest]
        elapsed = int(total / self._world.rate * 1000)
        return JobResult(elapsed_ms=elapsed, downtime_ms=int(HANDOVER * 1000), transferred_bytes=total, rounds=1)
