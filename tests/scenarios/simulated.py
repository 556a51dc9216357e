"""A ferry over the simulated world: the same operations, engine and limits; only the doors differ."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

from orchestrator.engine.stop import Stop
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.move import Move
from orchestrator.model.offer import Offers
from orchestrator.model.plan import Plan
from orchestrator.model.policy import Limits, Policy
from orchestrator.model.report import RunReport
from orchestrator.model.run import Holder, Run, Who
from orchestrator.model.settings import Settings
from orchestrator.model.transport import Transport
from orchestrator.model.units import Milliseconds
from orchestrator.operations.apply import apply
from orchestrator.operations.doors import Doors
from orchestrator.operations.history import report
from orchestrator.operations.resume import resume
from orchestrator.operations.unbegun import Unbegun
from orchestrator.ports import Announcer, Gauge, HostShell, Hypervisor, Inventory, Processes, Spill, Store, Survey
from orchestrator.simulator.announcer import SimAnnouncer
from orchestrator.simulator.clock import EPOCH, SimClock, SimLoop
from orchestrator.simulator.gauge import SimGauge
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.simulator.kill import Killer, Mortal
from orchestrator.simulator.probe import SimProbe
from orchestrator.simulator.processes import SimProcesses
from orchestrator.simulator.speeds import Speeds
from orchestrator.simulator.spill import MemorySpill
from orchestrator.simulator.store import MemoryStore
from orchestrator.simulator.store_outage import FailingStore, Outage
from orchestrator.simulator.world import Copy, Fault, Memory, World

A, B, C = HostName("kvm01"), HostName("kvm02"), HostName("kvm03")
MIB = 2**20
LINK = 50 * MIB
WHO = Who(
    login="ada", user="root", controller="ctl", terminal="", argv=(), version="0", config_digest="", policy_digest=""
)


def guest_id(number: int) -> GuestId:
    """The UUID of test guest `number`."""
    return GuestId(f"00000000-0000-4000-8000-{number:012d}")


@dataclass
class Bench:
    """One simulated cluster with a store that survives every ferry process."""

    hosts: tuple[HostName, ...] = (A, B, C)
    rate: float = LINK
    fault: Fault = field(default_factory=Fault)
    live: int = 2
    max_duration: str = "10m"
    policy: Policy = field(default_factory=lambda: Policy(name="test"))  # limits and max_duration come from above
    speeds: Speeds = field(default_factory=Speeds)

    def __post_init__(self) -> None:
        self.clock = SimClock()
        self.world = World(clock=self.clock, hosts=self.hosts, rate=self.rate, fault=self.fault, speeds=self.speeds)
        self.store = MemoryStore(self.clock.ticks)
        self.outages: list[Outage] = []  # of the store, as every ferry sees it
        self.spill = MemorySpill()
        self.guest_ids: list[GuestId] = []
        self.may_end = self.fault.guest_ends_at is not None
        self.processes = 0
        self.living = 0

    def guest(
        self,
        number: int,
        host: HostName = A,
        *,
        memory: int | Memory = 256 * MIB,
        dirty: float = 0.0,
        power: Power = Power.RUNNING,
        persistent: bool = True,
        autostart: bool = False,
    ) -> GuestId:
        """Put a guest on a host. A plain size of memory: all is in use, and rewritten at `dirty` bytes a second."""
        uuid = guest_id(number)
        self.guest_ids.append(uuid)
        copy = Copy(power=power, reason="booted", persistent=persistent, autostart=autostart, since=self.clock.ticks())
        self.world.add_guest(uuid, host, copy, memory=memory, dirty=dirty)
        return uuid

    def move(self, guest: GuestId, destination: HostName = B, source: HostName = A, **transport_changes: Any) -> Move:
        """A line of a plan for the guest as it is now, with another transport where the test says so."""
        copy = self.world.copies[source, guest]
        paused = copy.power is Power.PAUSED
        transport = Transport(
            network="migration", address="10.77.2.12", persistent=copy.persistent, paused=paused,
            downtime_limit_ms=300, bandwidth_bytes_per_second=None, sharing_proven=False,
        )  # fmt: skip
        transport = replace(transport, **transport_changes)
        here, there = self.world.machines[source], self.world.machines[destination]
        absent = dict.fromkeys(here.absent | there.absent, "one of the simulated hosts has it not")
        offers = Offers(absent=absent, source_cpus=here.cpus, destination_cpus=there.cpus)
        return Move(
            guest=guest, name=f"guest-{guest[-2:]}", source=source, destination=destination,
            peer_uri=f"qemu+tls://{destination}/system", memory_bytes=self.world.guests[guest].memory.size,
            persistent=copy.persistent, autostart=copy.autostart, paused=paused, transport=transport,
            probe_address=guest, because="the test says so", vcpu_time_ns=0, offers=offers,
        )  # fmt: skip

    def doors(self, killer: Killer | None = None) -> Doors:
        """The doors of a new ferry process. Its predecessor is dead."""
        self.processes += 1
        self.living = self.processes
        killer = killer or Killer()
        duration = Milliseconds.parse(self.max_duration)
        policy = replace(self.policy, limits=Limits(live=self.live), max_duration=duration)
        self.world.client_gone()
        entries = {h: HostEntry(name=h, uri="", peer_uri="", ssh="") for h in self.hosts}
        settings = Settings(
            file="", hosts=entries, networks={}, store="", policy=policy
        )  # fmt: skip
        pid = self.processes
        return Doors(
            settings=settings,
            hypervisor=lambda h: cast(Hypervisor, Mortal(SimHypervisor(h, self.world), killer)),
            inventory=lambda _host: cast(Inventory, None),
            shell=lambda _host: cast(HostShell, None),
            survey=lambda: cast(Survey, None),
            gauge=lambda: cast(Gauge, Mortal(SimGauge(self.world), killer)),
            processes=lambda h: cast(Processes, Mortal(SimProcesses(h, self.world), killer)),
            announcer=lambda h: cast(Announcer, Mortal(SimAnnouncer(h, self.world), killer)),
            store=lambda: cast(Store, Mortal(FailingStore(self.store, self.clock.ticks, self.outages), killer)),
            spill=lambda: cast(Spill, Mortal(self.spill, killer)),
            loop=lambda: SimLoop(self.clock),
            probe=lambda: SimProbe(self.world),
            clock=self.clock,
            holder=Holder(controller="ctl", boot_id="boot", pid=pid, started=pid, pid_namespace="pid:[1]"),
            lives=lambda holder: holder.pid == self.living,
            open_soon=lambda hosts, sources: None,
            new_run_name=lambda: f"run-{pid}",
        )

    def apply(self, *moves: Move, killer: Killer | None = None, stop: Stop | None = None) -> RunReport:
        """Run the moves in a process of their own."""
        plan = Plan(moves=moves, findings=())
        return apply(self.doors(killer), plan, WHO, (), stop or Stop())

    def resume(
        self, killer: Killer | None = None, stop: Stop | None = None, unbegun: Unbegun = lambda _doors, _moves: ()
    ) -> tuple[RunReport, ...]:
        """`ferry resume` in a new process. This world answers no survey, so nothing speaks against moves not begun."""
        return resume(self.doors(killer), None, WHO, (), stop or Stop(), unbegun=unbegun)

    def report(self, run: Run) -> RunReport:
        """What the journal says of a run."""
        return report(self.store, run)

    @property
    def ended(self) -> bool:
        """Whether the world itself has ended the guests."""
        return self.may_end and self.fault.guest_ends_at is None

    @property
    def ended_at(self) -> datetime:
        """When it did."""
        return EPOCH + timedelta(seconds=self.world.ended_at or 0.0)

    def pass_time(self, seconds: float) -> None:
        """Nobody looks for a while."""
        self.clock.advance_to(self.clock.ticks() + seconds)
        self.world.turn()
