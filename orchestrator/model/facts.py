"""Everything decisions read of the world before a move. What could not be read is Unknown with the reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from orchestrator.model import unknown
from orchestrator.model.cabling import Interface, PathMtu, PortAnswer, RdmaDevice, Route
from orchestrator.model.cpu import CpuAnswer, CpuOffer, TimeStampCounter
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.host import HostName
from orchestrator.model.leftovers import Leftovers
from orchestrator.model.machine import Clock, Devices, Kernel, Load, NumaCell, Processor, Shutdown
from orchestrator.model.services import Certificate, DaemonSettings, Owner, Pool, VirtualNetwork
from orchestrator.model.sight import Sight
from orchestrator.model.topic import Topic

Unknown = unknown.Unknown  # in a module of its own because guests, which this one imports, need it too
NOT_ASKED = Unknown(why="not asked", code="host.shell")  # without a leg: nothing was tried


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
    emulator: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFacts:
    """One host as its libvirt (and, where asked, its shell) describes it. Versions are libvirt's integers.

    From `pools` on each attribute is a Topic: Unknown unless it was asked for. tsc: None where libvirt does not say.
    memory_free_bytes: free, buffers and caches; memory_available_bytes: what the kernel says of it, None: not read.
    """

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
    networks: tuple[VirtualNetwork, ...] | Unknown
    bridges: frozenset[str] | Unknown
    guests: tuple[Guest, ...]
    memory_available_bytes: int | None = None
    cpu_vendor: str = ""
    tsc: TimeStampCounter | None = None
    security_models: frozenset[str] = frozenset()
    pools: tuple[Pool, ...] | Unknown = NOT_ASKED
    secrets: frozenset[str] | Unknown = NOT_ASKED
    nwfilters: frozenset[str] | Unknown = NOT_ASKED
    numa: tuple[NumaCell, ...] | Unknown = NOT_ASKED
    cpu_offers: tuple[CpuOffer, ...] | Unknown = NOT_ASKED
    kernel: Kernel | Unknown = NOT_ASKED
    clock: Clock | Unknown = NOT_ASKED
    processor: Processor | Unknown = NOT_ASKED
    interfaces: tuple[Interface, ...] | Unknown = NOT_ASKED
    daemon: DaemonSettings | Unknown = NOT_ASKED
    owners: tuple[Owner, ...] | Unknown = NOT_ASKED
    load: Load | Unknown = NOT_ASKED
    rdma: tuple[RdmaDevice, ...] | Unknown = NOT_ASKED
    devices: Devices | Unknown = NOT_ASKED
    certificates: tuple[Certificate, ...] | Unknown = NOT_ASKED
    shutdown: Shutdown | Unknown = NOT_ASKED
    listening: frozenset[int] | Unknown = NOT_ASKED  # TCP ports
    leftovers: Leftovers | Unknown = NOT_ASKED

    @property
    def active_networks(self) -> frozenset[str] | Unknown:
        """Names of libvirt networks that a guest can be connected to now."""
        if isinstance(self.networks, Unknown):
            return self.networks
        return frozenset(network.name for network in self.networks if network.active)

    @property
    def memory_spare_bytes(self) -> int:
        """What further guests can use. The caches that libvirt counts hold the shared memory of guests, which stays."""
        if self.memory_available_bytes is not None:
            return min(self.memory_free_bytes, self.memory_available_bytes)
        shared = (guest.memory_bytes for guest in self.guests if guest.holds_shared_memory)
        return max(0, self.memory_free_bytes - sum(shared))


@dataclass(frozen=True, slots=True, kw_only=True)
class PathAnswer:
    """A path of the guest as the destination sees it. shared: a token written by the source was seen there.

    parent_exists: its directory is there. free_bytes: room in the file system it lies in or would lie in.
    here, there: what source and destination see under it.
    """

    path: str
    exists: bool
    shared: bool | None = None
    filesystem: str = ""
    parent_exists: bool = True
    free_bytes: int | None = None
    here: Sight | None = None
    there: Sight | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFacts:
    """What holds between a source and a destination, whatever guest moves. Each attribute from `peer` on is a Topic.

    network: "" where they have none in common. peer: the host UUID that the source's daemon reaches under the
    destination's peer_uri. resolves: the addresses that the source finds for the destination's own host name. These two
    are the same over every network.
    """

    source: HostName
    destination: HostName
    network: str
    peer: str | Unknown = NOT_ASKED
    ports: tuple[PortAnswer, ...] | Unknown = NOT_ASKED
    route: Route | Unknown = NOT_ASKED
    path_mtu: PathMtu | Unknown = NOT_ASKED
    resolves: tuple[str, ...] | Unknown = NOT_ASKED


@dataclass(frozen=True, slots=True, kw_only=True)
class PairFacts:
    """What holds for one guest and one possible destination. cpu, cpu_back and paths are Topics.

    cpu_back: whether the source could run the CPU that the guest would have after its next start at the destination.
    """

    guest: GuestId
    source: HostName
    destination: HostName
    cpu: CpuAnswer | Unknown
    paths: tuple[PathAnswer, ...] | Unknown
    cpu_back: CpuAnswer | Unknown = NOT_ASKED
    definition_here: str | None = None  # both definitions, where the destination has one of the same UUID
    definition_there: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that was read: by host, by (source, destination, network), and by (guest, destination) for the moves asked
    about."""

    hosts: Mapping[HostName, HostFacts | Unknown]
    links: Mapping[tuple[HostName, HostName, str], LinkFacts] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a survey is to read: hosts with their guests, the links between hosts, and the pairs of moves in question.

    `known` carries host facts that were read a moment ago, so that the second question does not repeat the first.
    Links of the pairs are always read; `links` names further ones, as (source, destination); each over those of
    `networks` that both hosts have an address on. ask_qemu: guests
    (as a request names them; HOST/*: all of a host) whose QEMU may be asked what blocks a migration, which marks them
    as tainted.
    """

    hosts: tuple[HostName, ...]
    links: tuple[tuple[HostName, HostName], ...] = ()
    pairs: tuple[Asked, ...] = ()
    known: Facts | None = None
    shell: bool = True  # also ask over SSH (machine id, bridges); listings do without
    topics: frozenset[Topic] = frozenset()
    networks: tuple[str, ...] = ()
    ask_qemu: tuple[str, ...] = ()
