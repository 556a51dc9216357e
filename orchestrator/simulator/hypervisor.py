"""One simulated host behind the Hypervisor door."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.model.command import BeginMove, Command, LibvirtRepair, RecoverPostCopy
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sighting import Call, InFlight, NotOurs, Returned, Sighting
from orchestrator.model.traffic import Migrating, Traffic
from orchestrator.simulator import orders
from orchestrator.simulator.cluster import Daemon
from orchestrator.simulator.statistics import sample
from orchestrator.simulator.world import World


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
        if world.silent(self._host):
            return Unknown(why=self._silence(within))
        copy = world.copy(self._host, guest)
        if copy is None:
            return Sighting(power=Power.ABSENT, call=self._call(guest))
        flight = world.flights.get(guest)
        leaving = flight if flight is not None and flight.source == self._host and copy.active else None
        coming = flight is not None and flight.destination == self._host
        return Sighting(
            power=copy.power,
            reason=copy.reason,
            persistent=copy.persistent,
            autostart=copy.persistent and copy.autostart,
            vcpu_time_ns=int(copy.ran_seconds * 1e9) if copy.power is not Power.SHUT_OFF else None,
            moving=leaving is not None,
            job=None if leaving is None else sample(leaving, world.at),
            last_job=None if leaving is not None or coming else world.results.get((self._host, guest)),
            call=self._call(guest),
        )

    def traffic(self, *, within: float) -> Traffic | Unknown:
        """Say what the simulated libvirt would of all its guests. They have no names but their ids."""
        if self._world.silent(self._host):
            return Unknown(why=self._silence(within))
        here = {
            flight.guest: (flight, copy)
            for flight in self._world.flights.values()
            if (copy := self._world.copies.get((self._host, flight.guest))) is not None
        }
        leaving = [
            Migrating(guest=guest, name=guest, direction="out", storage=flight.disk_bytes > 0)
            for guest, (flight, copy) in here.items()
            if flight.source == self._host and copy.active
        ]
        coming = [
            Migrating(guest=guest, name=guest, direction="in")
            for guest, (flight, copy) in here.items()
            if flight.destination == self._host and (copy.power is Power.INCOMING or flight.second_half)
        ]
        return Traffic(migrations=tuple(sorted(leaving + coming, key=lambda one: one.guest)))

    def act(self, command: Command, *, within: float) -> Effect:
        """Do it to the simulated host."""
        world = self._world
        if world.silent(self._host):
            return self._unreached(command, within)
        if isinstance(command, BeginMove):
            why = world.accept(command.guest, self._host, command.destination, command.transport)
        elif isinstance(command, RecoverPostCopy):
            why = world.recover(command.guest, self._host, command.transport)
        else:
            return orders.carry_out(world, self._host, command)
        if why:
            return Refused(why=why)
        self._issued.add(command.guest)
        return Done()

    def mend(self, repair: LibvirtRepair, *, within: float) -> Effect:
        """Refuse: simulated hosts have no drives, pools or networks of libvirt."""
        del within
        return Refused(why=f"{self._host} is simulated and knows no {repair.kind}")

    @contextmanager
    def listen(self, hint: Callable[[GuestId], None]) -> Iterator[None]:
        """Give no hints: the simulated loop looks often enough."""
        del hint
        yield

    def _silence(self, within: float) -> str:
        host = self._world.machines[self._host]
        if host.down:
            return "No route to host"
        return "Connection refused" if host.daemon is Daemon.DEAD else f"did not answer within {within:.0f} s"

    def _unreached(self, command: Command, within: float) -> Effect:
        """A daemon that is not there has taken no order; one that is silent may have."""
        why, host = self._silence(within), self._world.machines[self._host]
        if host.down or host.daemon is Daemon.DEAD:
            return Refused(why=f"{self._host}: {why}", code="host.unreachable")
        return Unclear(why=f"{self._host} {why}: {command.kind}")

    def _call(self, guest: GuestId) -> Call:
        if guest not in self._issued:
            return NotOurs()
        said = self._world.returned.get((self._host, guest))
        if said is None:
            return InFlight()
        effect, took_ms = said
        return Returned(effect=effect, took_ms=took_ms)
