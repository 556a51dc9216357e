"""The simulated hosts keep the contract of the Hypervisor."""

import pytest

from orchestrator.model.command import BeginMove
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.offer import Feature
from orchestrator.model.transport import Compression, Method, Transport
from orchestrator.simulator.clock import SimClock
from orchestrator.simulator.hypervisor import SimHypervisor
from orchestrator.simulator.world import Copy, Memory, World
from tests.contract.hypervisor_contract import EngineBench, EngineContract, HypervisorContract, changed

_MIB = 2**20


class SimBench(EngineBench):
    """A world of two hosts whose clock moves when the test waits."""

    def __init__(self) -> None:
        self.names = (HostName("kvm01"), HostName("kvm02"))
        self._clock = SimClock()
        self._world = World(clock=self._clock, hosts=self.names, rate=50.0 * _MIB)
        self.source, self.destination = (SimHypervisor(name, self._world) for name in self.names)
        self._guests = 0

    def guest(self, *, persistent: bool = True, busy: bool = False) -> GuestId:
        return self._add(Memory(size=(size := (1024 if busy else 64) * _MIB), used=size), persistent=persistent)

    def restless(self) -> GuestId:
        return self._add(Memory(size=64 * _MIB, used=64 * _MIB, working_set=16 * _MIB, write_rate=8e6))

    def beyond(self, guest: GuestId) -> BeginMove:
        self._world.machines[self.names[1]].absent = frozenset({Feature.ZSTD})
        zstd = Compression(algorithm="zstd", level=1)
        return changed(self.order(guest), method=Method.COMPRESSED, channels=2, compression=zstd)

    def _add(self, memory: Memory, *, persistent: bool = True) -> GuestId:
        self._guests += 1
        guest = GuestId(f"00000000-0000-4000-8000-{self._guests:012d}")
        copy = Copy(power=Power.RUNNING, reason="booted", persistent=persistent, since=self._clock.ticks())
        self._world.add_guest(guest, self.names[0], copy, memory=memory)
        return guest

    def order(self, guest: GuestId, *, back: bool = False) -> BeginMove:
        transport = Transport(
            network="migration", address="10.0.0.2", persistent=True, paused=False, downtime_limit_ms=300,
            bandwidth_bytes_per_second=None, sharing_proven=False,
        )  # fmt: skip
        return BeginMove(guest=guest, destination=self.names[0 if back else 1], peer_uri="", transport=transport)

    def foreign(self, guest: GuestId) -> None:
        self._world.begin(
            guest, *self.names, changed(self.order(guest), bandwidth_bytes_per_second=64 * _MIB).transport
        )

    def wait(self, seconds: float) -> None:
        self._clock.advance_to(self._clock.ticks() + seconds)


class TestSimHypervisor(HypervisorContract, EngineContract):
    @pytest.fixture
    def bench(self) -> EngineBench:
        return SimBench()
