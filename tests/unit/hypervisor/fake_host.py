"""A stand-in for libvirt of one whole host: what an inventory asks, answered from recorded documents."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar, cast

import libvirt

from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.inventory import LibvirtInventory
from orchestrator.hypervisor.line import NoAnswerError, in_background
from orchestrator.model.host import HostEntry, HostName
from tests.unit.hypervisor.fakes import FakeConnection, FakeDomain, error

T = TypeVar("T")
RECORDED = Path(__file__).parent / "recorded"
KVM01 = HostEntry(name=HostName("kvm01"), uri="qemu+ssh://kvm01/system", peer_uri="", ssh="kvm01")
UNSUPPORTED = error(
    libvirt.VIR_ERR_NO_SUPPORT, "this function is not supported by the connection driver: X", libvirt.VIR_FROM_STORAGE
)


def recorded(name: str) -> str:
    """A document that a real libvirt gave."""
    return (RECORDED / name).read_text()


def secret(uuid: str, kind: int = 0, usage: str = "") -> Any:
    """A secret without a value: asking for one would break."""
    return SimpleNamespace(UUIDString=lambda: uuid, usageType=lambda: kind, usageID=lambda: usage)


def named(name: str, xml: str, *, active: bool = True, autostart: bool = False) -> Any:
    """A network, pool or device as the binding hands it out."""
    return SimpleNamespace(
        name=lambda: name, isActive=lambda: int(active), autostart=lambda: int(autostart), XMLDesc=lambda _flags=0: xml
    )


_HAS: dict[int, Callable[[FakeDomain], bool]] = {
    0: lambda _domain: True,
    libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT: lambda domain: domain.persistent,
    libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART: lambda domain: domain.starts,
    libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE: lambda domain: domain.saved,
    libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT: lambda domain: domain.snapshots > 0,
    libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT: lambda domain: domain.checkpoints > 0,
}


class FakeHost(FakeConnection):
    """A host of libvirt 11.3. `fails`: method → the error it raises."""

    def __init__(self, *domains: FakeDomain, **fields: Any) -> None:
        super().__init__(domains[0] if domains else None)
        self.domains = domains
        self.fails: dict[str, libvirt.libvirtError] = {}
        self.capabilities = recorded("capabilities-11.3.xml")
        self.domain_capabilities = recorded("domain-capabilities-11.3.xml")
        self.pools: list[Any] = []
        self.networks: list[Any] = []
        self.devices: list[Any] = []
        self.asked: list[tuple[object, ...]] = []
        self.asked_of_guests: list[str] = []  # calls about all guests at once
        self.expanded = "<cpu><model>kvm64</model><feature name='pge'/><feature policy='disable' name='pni'/></cpu>"
        self.compares: libvirt.libvirtError | int = 1
        for name, value in fields.items():
            setattr(self, name, value)

    def _may_of_guests(self, name: str) -> None:
        self.asked_of_guests.append(name)
        if name in self.fails:
            raise self.fails[name]

    def _may(self, name: str, *arguments: object) -> None:
        self.asked.append((name, *arguments))
        if name in self.fails:
            raise self.fails[name]

    def getCapabilities(self) -> str:
        return self.capabilities

    def getHostname(self) -> str:
        return "kvm01.example"

    def getLibVersion(self) -> int:
        return 11_003_000

    def getVersion(self) -> int:
        return 10_000_013

    def getInfo(self) -> list[object]:
        return ["x86_64", 10_330, 2, 2600, 1, 1, 2, 1]

    def getMemoryStats(self, _cell: int, _flags: int) -> dict[str, int]:
        return {"total": 1000, "free": 100, "buffers": 20, "cached": 30}

    def listAllDomains(self, flags: int = 0) -> list[FakeDomain]:
        self._may_of_guests(f"listAllDomains {flags}")
        return [domain for domain in self.domains if _HAS[flags](domain)]

    def getAllDomainStats(self, groups: int, _flags: int) -> list[tuple[FakeDomain, dict[str, int]]]:
        assert groups == libvirt.VIR_DOMAIN_STATS_STATE, "other groups may wait for QEMU"
        self._may_of_guests("getAllDomainStats")
        return [
            (domain, {"state.state": domain.state_now[0], "state.reason": domain.state_now[1]})
            for domain in self.domains
        ]

    def listAllNetworks(self) -> list[Any]:
        self._may_of_guests("listAllNetworks")
        return self.networks

    def listAllStoragePools(self) -> list[Any]:
        self._may("listAllStoragePools")
        return self.pools

    def listAllSecrets(self) -> list[Any]:
        self._may("listAllSecrets")
        return [secret("AAAAAAAA-2222-4333-8444-555555555555")]

    def listAllNWFilters(self) -> list[Any]:
        self._may("listAllNWFilters")
        return [named("clean-traffic", "")]

    def listAllDevices(self, _flags: int) -> list[Any]:
        self._may("listAllDevices")
        return self.devices

    def getCellsFreeMemory(self, first: int, count: int) -> list[int]:
        self._may("getCellsFreeMemory", first, count)
        return [1000 * (cell + 1) for cell in range(first, first + count)]

    def getFreePages(self, sizes: list[int], first: int, count: int) -> dict[int, dict[int, int]]:
        self._may("getFreePages", tuple(sizes), first, count)
        return {cell: dict.fromkeys(sizes, 7) for cell in range(first, first + count)}

    def getDomainCapabilities(
        self, emulator: str | None, arch: str, machine: str | None, virt: str, _flags: int
    ) -> str:
        self._may("getDomainCapabilities", emulator, arch, machine, virt)
        said = self.domain_capabilities.replace("<domain>kvm<", f"<domain>{virt}<")
        return said.replace("<arch>x86_64<", f"<arch>{arch}<")

    def baselineHypervisorCPU(self, *arguments: Any) -> str:
        self._may("baselineHypervisorCPU", *arguments)
        return self.expanded

    def compareHypervisorCPU(self, *arguments: Any) -> int:
        self._may("compareHypervisorCPU", *arguments)
        if isinstance(self.compares, libvirt.libvirtError):
            raise self.compares
        return self.compares


class Control:
    """The connection over which a host is asked; None: its daemon lets the time pass."""

    def __init__(self, host: FakeHost | None) -> None:
        self._host = host

    def read(self, work: Callable[[libvirt.virConnect], T], within: float) -> T:
        if self._host is None:
            raise NoAnswerError
        answer = in_background(lambda: work(cast(Any, self._host)), "test")
        try:
            return answer.result(within)
        except TimeoutError:
            raise NoAnswerError from None


def inventory(host: FakeHost | None) -> LibvirtInventory:
    """The inventory of that host; None: of one whose daemon lets the time pass."""
    return LibvirtInventory(cast(HostConnections, SimpleNamespace(entry=KVM01, control=Control(host))))
