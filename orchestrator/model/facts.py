"""Everything decisions read of the world before a move. What could not be read is Unknown with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A value that could not be read. `code` is a key of the error catalogue, `leg` the connection that failed."""

    why: str
    code: str = "host.unreachable"
    leg: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What tells two machines apart (two entries are two hosts only if all three differ)."""

    host_uuid: str
    machine_id: str | Unknown
    boot_id: str | Unknown


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineTypes:
    """Machine types one emulator of a host offers for one architecture and acceleration (kvm or qemu)."""

    arch: str
    virt_type: str
    names: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """One host as its libvirt (and, where asked, its shell) describes it. Versions are libvirt's integers."""

    name: HostName
    identity: Identity
    hostname: str
    libvirt_version: int
    qemu_version: int
    arch: str
    cpu_model: str
    cpus: int
    memory_total_bytes: int
    memory_free_bytes: int
    machine_types: tuple[MachineTypes, ...]
    networks: frozenset[str]  # active libvirt networks
    bridges: frozenset[str] | Unknown
    guests: tuple[Guest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CpuAnswer:
    """What the destination's libvirt answers when asked to run the guest's live CPU.

    compared: False where it says yes to everything, because the CPU's mode leaves nothing to compare.
    """

    offered: bool
    compared: bool = True
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PortAnswer:
    """A connection tried from the source to `address:port`: `open`, `refused`, `filtered`, `unroutable`."""

    address: str
    port: int
    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAnswer:
    """A path of the guest as the destination sees it. shared: a token written by the source was seen there."""

    path: str
    exists: bool
    shared: bool | None = None
    filesystem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFacts:
    """What holds for one guest and one possible destination."""

    guest: GuestId
    source: HostName
    destination: HostName
    cpu: CpuAnswer | Unknown
    ports: tuple[PortAnswer, ...] | Unknown
    paths: tuple[PathAnswer, ...] | Unknown
    peer: str | Unknown  # the host UUID that the source's daemon reaches under the destination's peer_uri
    definition_here: str | None = None  # both definitions, where the destination has one of the same UUID
    definition_there: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was read, by host, and by (guest, destination) for the moves that were asked about."""

    hosts: Mapping[HostName, HostFacts | Unknown]
    pairs: Mapping[tuple[GuestId, HostName], PairFacts] = field(default_factory=dict)

    def answering(self) -> dict[HostName, HostFacts]:
        """The hosts that answered."""
        return {name: facts for name, facts in self.hosts.items() if isinstance(facts, HostFacts)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One move that facts are wanted for."""

    guest: GuestId
    source: HostName
    destination: HostName
    migration_network: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a survey is to read: hosts with their guests, and the pairs of the moves in question.

    `known` carries host facts that were read a moment ago, so that the second question does not repeat the first.
    """

    hosts: tuple[HostName, ...]
    pairs: tuple[Asked, ...] = ()
    known: Facts | None = None
    shell: bool = True  # also ask over SSH (machine id, bridges); listings do without
