"""Commands on simulated machines, what they do to them, and marks that outlive a restart."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.upkeep import CommandSeen, MachineSeen
from orchestrator.simulator.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Conduct:
    """What a command does on a host: it ends after so many seconds with that status; where it restarts the host, that
    one is away for `away` seconds, or for ever (None). unclear: the answer to its beginning is lost."""

    seconds: float = 1.0
    status: int = 0
    restarts: bool = False
    away: float | None = 60.0
    unclear: bool = False


@dataclass
class _Mark:
    boot: int
    ends: float
    status: int


@dataclass
class Machines:
    """All machines of a world past libvirt. victims: guests that a restart has found on its host."""

    world: World
    conduct: Mapping[HostName, Conduct] = field(default_factory=dict)
    boots: dict[HostName, int] = field(default_factory=dict)
    marks: dict[tuple[HostName, str], _Mark | None] = field(default_factory=dict)
    victims: list[tuple[HostName, GuestId]] = field(default_factory=list)

    def boot_id(self, host: HostName) -> str:
        """Of the kernel that runs there now."""
        return f"boot-{self.boots.get(host, 1)}-of-{host}"

    def begun(self, host: HostName) -> int:
        """How many commands have ever begun there."""
        return sum(mark is not None for (where, _), mark in self.marks.items() if where == host)

    def begin(self, host: HostName, name: str) -> None:
        """Have the command of this host do what it does."""
        does = self.conduct.get(host, Conduct())
        ends = self.world.clock.ticks() + does.seconds
        self.marks[host, name] = _Mark(boot=self.boots.get(host, 1), ends=ends, status=does.status)
        if does.restarts:
            self.world.later(does.seconds / 2, lambda: self._restart(host, does.away))

    def _restart(self, host: HostName, away: float | None) -> None:
        self.victims += [(host, guest) for (at, guest), copy in self.world.copies.items() if at == host and copy.active]
        self.world.machines[host].down = True
        if away is not None:
            self.world.later(away, lambda: self._come_back(host))

    def _come_back(self, host: HostName) -> None:
        self.world.machines[host].down = False
        self.boots[host] = self.boots.get(host, 1) + 1


class SimUpkeep:
    """The Upkeep of one simulated host."""

    def __init__(self, host: HostName, machines: Machines) -> None:
        self._host = host
        self._machines = machines

    def machine(self, *, within: float) -> MachineSeen | Unknown:
        """Say what its kernel would."""
        world = self._machines.world
        world.turn()
        if world.machines[self._host].down:
            return self._silent(within)
        pids = (c.pid for (at, _), c in world.copies.items() if at == self._host and c.power is not Power.SHUT_OFF)
        return MachineSeen(boot_id=self._machines.boot_id(self._host), guests=tuple(sorted(pids)))

    def begin(self, name: str, command: str, *, about: HostName, within: float) -> Effect:
        """Begin it once, and not beside a guest."""
        del command, about
        seen = self.machine(within=within)
        if isinstance(seen, Unknown):
            return Unclear(why=seen.why)
        if seen.guests:
            return Refused(why="there are QEMU processes")
        if (self._host, name) in self._machines.marks:
            return Refused(why=f"{name} was begun there before")
        self._machines.begin(self._host, name)
        if self._machines.conduct.get(self._host, Conduct()).unclear:
            return Unclear(why="the connection broke")
        return Done()

    def forbid(self, name: str, *, within: float) -> Effect:
        """Leave a mark with nothing behind it."""
        if isinstance(self.machine(within=within), Unknown):
            return Unclear(why="it does not answer")
        mark = self._machines.marks.setdefault((self._host, name), None)
        return Done() if mark is None else Refused(why=f"{name} was begun there before")

    def seen(self, name: str, *, within: float) -> CommandSeen | Unknown:
        """Say what its mark says."""
        now = self.machine(within=within)
        if isinstance(now, Unknown):
            return now
        mark = self._machines.marks.get((self._host, name))
        if mark is None:
            return CommandSeen(state="never begun", boot_id=now.boot_id)
        if mark.boot != self._machines.boots.get(self._host, 1):
            return CommandSeen(state="broke off", boot_id=now.boot_id)
        if self._machines.world.clock.ticks() < mark.ends:
            return CommandSeen(state="running", boot_id=now.boot_id)
        return CommandSeen(state="ended", boot_id=now.boot_id, status=mark.status)

    def _silent(self, within: float) -> Unknown:
        return Unknown(why=f"{self._host} did not answer within {within:.0f} s")
