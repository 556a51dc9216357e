"""Four simulated hosts that are rolled through: a survey over them, moves between them, commands that restart them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

from orchestrator.engine.stop import Stop
from orchestrator.model.effect import Effect
from orchestrator.model.facts import Ask, Facts, HostFacts, Identity, Unknown
from orchestrator.model.guest import Guest, GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.plan import Plan
from orchestrator.model.roll import Roll, RollEntry, Step
from orchestrator.model.run import RunId
from orchestrator.model.services import Pool
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.rolling import Terms, find_roll, resume_roll, roll
from orchestrator.operations.rolling_drive import Rolled
from orchestrator.operations.rolling_moves import Hands, Moving, adopt_left, lying
from orchestrator.ports import Survey, Upkeep
from orchestrator.simulator.kill import Killer, Mortal
from orchestrator.simulator.upkeep import Conduct, Machines, SimUpkeep
from orchestrator.simulator.world import Fault, World
from tests.scenarios.simulated import WHO, Bench

GIB = 2**30
HOSTS = tuple(HostName(f"kvm0{n}") for n in (1, 2, 3, 4))
A, B, C, D = HOSTS


@dataclass
class SimSurvey:
    """What the simulated hosts say of themselves."""

    world: World
    machines: Machines
    capacity: int
    lacking: dict[HostName, str]

    def facts(self, ask: Ask, *, within: float) -> Facts:
        return Facts(hosts={host: self._host(host, within) for host in ask.hosts})

    def _host(self, host: HostName, within: float) -> HostFacts | Unknown:
        if self.world.silent(host):
            return Unknown(why=f"{host} did not answer within {within:.0f} s")
        there = [(guest, copy) for (at, guest), copy in self.world.copies.items() if at == host]
        guests = tuple(_guest(guest, copy, self.world.guests[guest].memory.size) for guest, copy in there)
        taken = sum(g.memory_bytes for g in guests if g.power is not Power.SHUT_OFF)
        pools = [
            Pool(name=name, kind="dir", autostart=True, active=self.lacking.get(host) != name, target="/")
            for name in ("images",)
        ]
        return HostFacts(
            name=host,
            identity=Identity(host_uuid=host, machine_id=f"m-{host}", boot_id=self.machines.boot_id(host)),
            hostname=host, libvirt_version=11_003_000, qemu_version=10_000_002, arch="x86_64", cpu_model="EPYC",
            cpus=8, memory_total_bytes=self.capacity, memory_free_bytes=self.capacity - taken, machine_types=(),
            networks=(), bridges=frozenset({"br0"}), guests=guests, pools=tuple(pools),
        )  # fmt: skip


def _guest(guest: GuestId, copy: Any, memory: int) -> Guest:
    return Guest(
        uuid=guest, name=f"guest-{guest[-2:]}", power=copy.power, reason=copy.reason, persistent=copy.persistent,
        autostart=copy.autostart, memory_bytes=memory, vcpus=1, virt_type="kvm", arch="x86_64", machine="q35",
        emulator="qemu", cpu_xml=None,
    )  # fmt: skip


@dataclass
class Rack:
    """conduct: what the command does. stuck: guests that nothing moves. lacking: host → pool that is not up there."""

    conduct: Mapping[HostName, Conduct] = field(default_factory=dict)
    stuck: tuple[GuestId, ...] = ()
    capacity: int = 8 * GIB
    hosts: tuple[HostName, ...] = HOSTS
    fault: Fault = field(default_factory=Fault)

    def __post_init__(self) -> None:
        self.bench = Bench(hosts=self.hosts, fault=self.fault)
        self.machines = Machines(self.bench.world, self.conduct)
        self.lacking: dict[HostName, str] = {}
        self.said: list[RollEntry] = []
        self.on_entry: Any = lambda _entry: None
        self.on_begin: Any = lambda _host: None
        self.open_begins: list[HostName] = []
        self.home_says = ""

    def guests(self, each: int = 2, memory: int = 2**28) -> None:
        for n, host in enumerate(self.hosts):
            for m in range(each):
                self.bench.guest(n * each + m + 1, host, memory=memory)

    def doors(self, killer: Killer | None = None) -> Doors:
        killer = killer or Killer()
        survey = SimSurvey(self.bench.world, self.machines, self.capacity, self.lacking)
        made = self.bench.doors(killer)
        policy = replace(made.settings.policy, memory_reserve=type(made.settings.policy.memory_reserve)(0))
        return replace(
            made,
            settings=replace(made.settings, policy=policy),
            survey=lambda: cast(Survey, Mortal(survey, killer)),
            upkeep=lambda host: cast(Upkeep, Mortal(_WatchedUpkeep(host, self.machines, self), killer)),
        )

    def wish(self, **more: Any) -> Roll:
        given: dict[str, Any] = {"hosts": self.hosts, "command": "upgrade", "id": RunId("roll-1")}
        return Roll(**{**given, "started_at": self.bench.clock.now(), "by": "ada on ctl", **more})

    def roll(
        self, killer: Killer | None = None, stop: Stop | None = None, anew: bool = False,
        over: tuple[HostName, ...] = (), **more: Any,
    ) -> Rolled:  # fmt: skip
        return roll(
            self.doors(killer), self.wish(**more), WHO, (), stop or Stop(),
            tell=self._tell, moving=Moving(away=self._away, home=self._home), terms=Terms(anew=anew, over=over),
        )  # fmt: skip

    def resume(self, killer: Killer | None = None, stop: Stop | None = None, go_on: bool = True) -> Rolled:
        return resume_roll(
            self.doors(killer), RunId("roll-1"), WHO, (), stop or Stop(),
            tell=self._tell, moving=Moving(away=self._away, home=self._home), go_on=go_on,
        )  # fmt: skip

    def _tell(self, _roll: Roll, entry: RollEntry) -> None:
        self.said.append(entry)
        self.on_entry(entry)

    def _away(self, doors: Doors, host: HostName, to: Sequence[HostName], hands: Hands) -> str:
        adopt_left(doors, hands)
        here = [guest for guest in lying(doors, (host,)).get(host, ()) if guest not in self.stuck]
        return self._apply(doors, [(g, host, to[n % len(to)]) for n, g in enumerate(here)], hands)

    def _home(self, doors: Doors, host: HostName, guests: Sequence[GuestId], hands: Hands) -> str:
        adopt_left(doors, hands)
        every = lying(doors, self.hosts)
        if self.home_says:
            return self.home_says
        return self._apply(
            doors, [(g, at, host) for at, all_ in every.items() for g in all_ if g in guests and at != host], hands
        )

    def _apply(self, doors: Doors, ways: Sequence[tuple[GuestId, HostName, HostName]], hands: Hands) -> str:
        moves = tuple(self.bench.move(guest, there, here) for guest, here, there in ways)
        if moves:
            count = len(self.bench.store.runs())
            named = replace(doors, new_run_name=lambda: f"run-{count + 1}")
            apply(named, Plan(moves=moves, findings=()), WHO, hands.sinks, hands.stop)
        return f"{len(self.stuck)} cannot leave" if self.stuck else ""

    # what is true

    def kept(self) -> Roll:
        found = find_roll(self.doors(), "roll-1")
        assert found is not None
        return found

    def cordoned(self) -> list[HostName]:
        return [cordon.host for cordon in self.bench.store.cordons()]

    def where(self, guest: GuestId) -> HostName:
        (place,) = [host for host, there in lying(self.doors(), self.hosts).items() if guest in there]
        return place

    def moves_of(self) -> dict[GuestId, int]:
        count: dict[GuestId, int] = {}
        for run in self.bench.store.runs():
            for move in run.moves:
                count[move.guest] = count.get(move.guest, 0) + 1
        return count

    def unharmed(self) -> None:
        """Each guest runs in exactly one place, always did, no restart found one on its host, and no command was given
        where guests might come."""
        assert self.machines.victims == []
        assert self.open_begins == []
        for guest in self.bench.guest_ids:
            assert len(self.bench.world.active(guest)) == 1, guest
            assert max(running for _, running in self.bench.world.pulse[guest]) == 1, guest


class _WatchedUpkeep(SimUpkeep):
    """Notes commands that are given on a host that takes guests."""

    def __init__(self, host: HostName, machines: Machines, rack: Rack) -> None:
        super().__init__(host, machines)
        self._place, self._rack = host, rack

    def begin(self, name: str, command: str, *, about: HostName, within: float) -> Effect:
        self._rack.on_begin(self._place)
        if self._place not in self._rack.cordoned():
            self._rack.open_begins.append(self._place)
        return super().begin(name, command, about=about, within=within)


def steps(roll_: Roll, host: HostName) -> list[Step]:
    return [entry.step for entry in roll_.entries if entry.host == host]
