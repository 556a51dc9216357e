"""What the operator allows: limits, budgets, reserves. One policy document is one Policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from fnmatch import fnmatchcase
from typing import Any, ClassVar, Literal

from orchestrator.model.finding import Severity
from orchestrator.model.units import Bytes, BytesPerSecond, Milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What one move takes of each counter that it touches; 0: nothing.

    live, incoming, outgoing, storage, units: of its hosts. network: of the migration network at each end. pool: of each
    storage pool it reads or writes. total: of all hosts together.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    live: int = 0
    incoming: int = 0
    outgoing: int = 0
    storage: int = 0
    units: int = 0
    network: int = 0
    pool: int = 0
    total: int = 0

    def __post_init__(self) -> None:
        for one in fields(self):
            if getattr(self, one.name) < 0:
                raise ValueError(f"{one.name} must be at least 0: a move gives nothing back by beginning")


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """What each kind of move takes. live: over shared storage, also of a paused guest. storage: disks alone.
    live_with_storage: a running guest with its disks. offline: a definition, or a guest that is shut down."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    live: Charge = Charge(live=1, incoming=1, outgoing=1, network=1, total=1)
    storage: Charge = Charge(storage=1)
    live_with_storage: Charge = Charge(live=1, incoming=1, outgoing=1, storage=1, network=1, total=1)
    offline: Charge = Charge(live=1, incoming=1, outgoing=1, total=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much may move at the same time. None: no limit of that kind.

    live, storage: moves that one host may take part in, incoming and outgoing counted together. incoming, outgoing:
    of those. live_in_cluster: Hyper-V's value of a cluster, for each of its hosts; the smaller of it and live counts.
    units: of a host, where moves of different kinds draw on one account (vSphere). network: of a migration network at
    a host; network_below_10gbit: the same where it carries less. pool: of a storage pool. total: of all hosts.
    costs: what each kind of move takes of these. gib_per_slot: a guest takes one more live slot for each of so many
    GiB of memory. over: whether a move that finds no room waits or is refused. patience: how often a waiting move may
    be passed over before room is kept free for it.
    share: percent of a migration network that moves may use together. smb_factor: the same in Hyper-V's hundredths of a
    percent of all interfaces of a host. floor: below this for each move no further one begins.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    live: int = 2
    storage: int = 2
    incoming: int | None = None
    outgoing: int | None = None
    live_in_cluster: int | None = None
    units: int | None = None
    network: int | None = None
    network_below_10gbit: int | None = None
    pool: int | None = None
    total: int | None = None
    costs: Costs = field(default_factory=Costs)
    gib_per_slot: int | None = None
    over: Literal["queue", "refuse"] = "queue"
    patience: int = 8
    share: int | None = None
    smb_factor: int | None = None
    floor: BytesPerSecond = BytesPerSecond(31_250_000)  # 250 Mbit/s, vSphere's least for a move

    def __post_init__(self) -> None:
        for name in _COUNTED:
            value = getattr(self, name)
            if value is not None and value < 1:
                raise ValueError(f"{name} must be at least 1: a limit of 0 would wait for ever")
        if self.share is not None and not 1 <= self.share <= 100:
            raise ValueError("share is percent of the network, from 1 to 100")
        if self.smb_factor is not None and not 1 <= self.smb_factor <= 10_000:
            raise ValueError("smb_factor is hundredths of a percent, from 1 to 10000")
        if self.patience < 0:
            raise ValueError("patience must be at least 0")


_COUNTED = (
    "live",
    "storage",
    "incoming",
    "outgoing",
    "live_in_cluster",
    "units",
    "network",
    "network_below_10gbit",
    "pool",
    "total",
    "gib_per_slot",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkChoice:
    """Which migration network a move takes. order: these first, in this order, before all that scores say. exclude:
    never these. on_missing: what happens where none is usable: the move is refused, or the next best (whose role is
    another one), or the management network is taken. Never is one taken silently."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    order: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    on_missing: Literal["fail", "next", "management"] = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRule:
    """One thing that is watched while moves run, at each of their hosts.

    watch: round_trip_ms to the other hosts on the management network; storage_round_trip_ms on the storage network;
    drops_per_second of the interface of the migration network; cpu_percent in use; cpu_pressure, memory_pressure,
    io_pressure: percent of time in which something waits (PSI, avg10). above: beyond this it is breached. below: it is
    over once it has fallen under this; None: four fifths of above. lasting: seconds that either must hold.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    watch: Literal[
        "round_trip_ms",
        "storage_round_trip_ms",
        "drops_per_second",
        "cpu_percent",
        "cpu_pressure",
        "memory_pressure",
        "io_pressure",
    ]
    above: float
    below: float | None = None
    lasting: Milliseconds = Milliseconds(5_000)

    def __post_init__(self) -> None:
        if self.above <= 0 or (self.below is not None and not 0 <= self.below <= self.above):
            raise ValueError("above must be more than 0, and below between 0 and above")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """Lets one check pass as a note, for guests and hosts whose names match, with a reason, through the day `until`."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    check: str
    reason: str
    until: date
    guest: str = "*"
    host: str = "*"

    def covers(self, check: str, guest: str, hosts: tuple[str, ...], today: date) -> bool:
        """Whether it holds for this finding today. host matches if any of the hosts concerned does."""
        return (
            check == self.check
            and today <= self.until
            and fnmatchcase(guest, self.guest)
            and (self.host == "*" or any(fnmatchcase(host, self.host) for host in hosts))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How findings count. unknown: what a check is that could not be decided. severity: check → another severity."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    unknown: Severity = Severity.WARNING
    severity: Mapping[str, Severity] = field(default_factory=dict)
    waive: tuple[Waiver, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One step of a fixed ladder: taken once all of its conditions hold, each step once, in order (an abort wherever it
    stands); with `every`, again whenever that much more time has passed while they hold.

    round: in this round of the copy or a later one. elapsed: since the copy began; elapsed_per_gib: the same for each
    GiB of the guest's memory, rounded up. stalled: so long without a new low of what remains.
    then: downtime-limit (give `limit` to QEMU), double-downtime, postcopy, pause, abort. Without post-copy allowed, or
    a pause, such a step is passed over.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    then: Literal["downtime-limit", "double-downtime", "postcopy", "pause", "abort"]
    limit: Milliseconds | None = None
    round: int | None = None
    elapsed: Milliseconds | None = None
    elapsed_per_gib: Milliseconds | None = None
    stalled: Milliseconds | None = None
    every: Milliseconds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Convergence:
    """How a copy that does not end by itself is brought to an end within the downtime budget.

    measure: whether the guest's dirty rate and the link are measured before the copy (auto: where that can save more
    than it costs). look_inside: whether a sample of the guest's memory may be looked at for that. throttle: whether
    auto-converge is used where it is needed (auto), from the start (on), never (off); max_throttle: the most percent of
    its CPU time that a guest may lose by it. pause: it may be paused when nothing else helps. restart: a copy may be
    cancelled and begun anew in a better way. downtime_limit: the first limit given to QEMU; None: ferry chooses.
    ladder: fixed steps instead of ferry's own control, as other systems have them.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    measure: Literal["auto", "always", "never"] = "auto"
    look_inside: bool = False
    throttle: Literal["auto", "on", "off"] = "auto"
    throttle_initial: int = 20
    throttle_increment: int = 10
    max_throttle: int = 70
    pause: bool = False
    restart: bool = True
    downtime_limit: Milliseconds | None = None
    ladder: tuple[Rung, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stall:
    """A copy of which nothing arrives any more although libvirt reports no error: after `patience` it is cancelled
    (abort), or only reported (wait). silent_destination: so long may the destination's daemon not answer in the
    pre-copy before the copy is cancelled; a daemon that is silent when the guest is handed over could double it."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    patience: Milliseconds = Milliseconds(30_000)
    then: Literal["abort", "wait"] = "abort"
    silent_destination: Milliseconds = Milliseconds(15_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """attempts: how often a move is begun in all, where a copy failed and the guest is proven to run at its source.
    back_off: before the second attempt, doubled before each further one. elsewhere: another destination will do."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    attempts: int = 1
    back_off: Milliseconds = Milliseconds(10_000)
    elsewhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OnFailure:
    """What becomes of an evacuation once `after` of its moves have failed: it goes on with the others (continue),
    begins nothing more (pause), or cancels those that go on as well (stop)."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    then: Literal["continue", "pause", "stop"] = "continue"
    after: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Emptying:
    """How a host is emptied, and its guests brought home.

    guests: whether a guest is moved, or left alone. shut_off: whether the definition of a guest that is shut off moves
    too, or stays. attempts: how often a move is begun in all, each time at the next destination that fits; back_off:
    before the second attempt, doubled before each further one. on_failure: what failures it bears. at_deadline: whether
    a move that goes on at the deadline is brought to its end, or cancelled. restore: whether `ferry restore` brings a
    guest home as soon as it is asked (immediate), from the next time of day like 22:00 on after it left, or never.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    guests: Literal["move", "leave"] = "move"
    shut_off: Literal["stay", "move"] = "stay"
    attempts: int = 3
    back_off: Milliseconds = Milliseconds(10_000)
    on_failure: OnFailure = field(default_factory=OnFailure)
    at_deadline: Literal["finish", "cancel"] = "finish"
    restore: str = "immediate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Affinity:
    """Guests, by patterns of their names, that shall be on different hosts (apart) or on the same one (together);
    exactly one of the two is given. hard: never otherwise; else as far as there is a place like that."""

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    apart: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    hard: bool = True

    def concerns(self, guest: str) -> bool:
        """Whether a guest of that name is meant."""
        patterns = self.apart or self.together
        return guest in patterns or any(fnmatchcase(guest, pattern) for pattern in patterns if _WILD & {*pattern})

    def __str__(self) -> str:
        which = "apart" if self.apart else "together"
        return f"{'' if self.hard else 'rather '}{which}: {', '.join(self.apart or self.together)}"


_WILD = frozenset("*?[")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowances:
    """What a policy settles, and what groups, hosts and guests may settle differently.

    downtime_budget: the longest pause a move may cause. max_duration: a pre-copy that takes longer is cancelled, the
    guest stays. memory_reserve: what a destination keeps free beyond the guests moved there. bandwidth: cap of each
    move; postcopy_bandwidth: of its second half. transport: how memory travels; auto: ferry chooses. channels:
    parallel streams; None: by link and CPUs. compression: of parallel streams. encryption: of the memory on its way.
    control: who drives libvirt, the source's daemon (p2p) or ferry (direct). double_run: what is done with a guest that
    is seen to run on both hosts. start_at_destination: by libvirt at once, or by ferry, once the source is seen without
    the guest (verified). sync_time: the guest's clock is set after the move. announce: ferry has the guest announced
    once more after the move, by the destination host, or by QEMU (which marks the guest as tainted).
    memory_ratio: most memory of running guests for each byte of a host; None: no bound beside what is free.
    vcpu_ratio: most virtual CPUs of running guests for each thread of a host; None: no bound.
    affinity: guests that shall be apart, or together. pins: patterns of the only hosts that the guest may go to, none:
    any. prefer: patterns of those where it rather goes.
    clock_skew: clocks may differ by this much. postcopy: whether a move may switch to post-copy.
    other_managers: what it is that another manager owns the guest or the host. cross_vendor: whether a guest may go
    to a processor of another vendor (with a vendor-neutral model). ask_qemu: whether QEMU itself may be asked for
    what blocks a migration, which marks the guest as tainted. networks: bridge or network → its name at other hosts.
    migration_networks: which of them a move takes. priority: which guests go first where moves wait. guard: what is
    watched while moves run; a breach lowers their share of the network, then nothing more begins. evacuation: how a
    host is emptied.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = {"extra": "forbid"}

    limits: Limits = field(default_factory=Limits)
    downtime_budget: Milliseconds = Milliseconds(500)
    max_duration: Milliseconds = Milliseconds(7_200_000)
    memory_reserve: Bytes = Bytes(2**30)
    bandwidth: BytesPerSecond | None = None
    postcopy_bandwidth: BytesPerSecond | None = None
    transport: Literal["auto", "tcp", "parallel", "compressed", "xbzrle", "rdma", "tunnelled"] = "auto"
    channels: int | None = None
    compression: Literal["auto", "zlib", "zstd"] = "auto"
    compression_level: int | None = None
    encryption: Literal["required", "preferred", "off"] = "off"
    zerocopy: bool = False
    control: Literal["p2p", "direct"] = "p2p"
    convergence: Convergence = field(default_factory=Convergence)
    stall: Stall = field(default_factory=Stall)
    retries: Retries = field(default_factory=Retries)
    double_run: Literal["suspend-source", "suspend-both", "alarm"] = "suspend-source"
    start_at_destination: Literal["at-once", "verified"] = "at-once"
    sync_time: bool = False
    announce: Literal["off", "host", "qemu"] = "off"
    memory_ratio: float | None = None
    vcpu_ratio: float | None = None
    affinity: tuple[Affinity, ...] = ()
    pins: tuple[str, ...] = ()
    prefer: tuple[str, ...] = ()
    clock_skew: Milliseconds = Milliseconds(500)
    postcopy: bool = False
    postcopy_without_recovery: Literal["refuse", "accept"] = "refuse"
    other_managers: Literal["warn", "refuse"] = "warn"
    cross_vendor: bool = False
    ask_qemu: bool = False
    networks: Mapping[str, str] = field(default_factory=dict)
    migration_networks: NetworkChoice = field(default_factory=NetworkChoice)
    priority: Literal["high", "medium", "low"] = "medium"
    guard: tuple[GuardRule, ...] = ()
    evacuation: Emptying = field(default_factory=Emptying)
    checks: Checks = field(default_factory=Checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy(Allowances):
    """One document, with its name and a sentence for those who choose."""

    name: str
    description: str = ""
