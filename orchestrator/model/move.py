"""One line of a plan, and what became of it."""

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.bottleneck import Bottleneck
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.offer import Forecast, Offers
from orchestrator.model.transport import Transport


class State(StrEnum):
    """What was last seen of a move. The rows between them are in migration.states."""

    PLANNED = "planned"
    WAITING = "waiting"
    MEASURING = "measuring"
    PREPARING = "preparing"
    PRECOPY = "pre-copy"
    SWITCHOVER = "switchover"
    POSTCOPY = "post-copy"
    POSTCOPY_PAUSED = "post-copy paused"
    CANCELLING = "cancelling"
    ARRIVED = "arrived"
    CONFIRMING = "confirming"
    MIGRATED = "migrated"
    KEPT = "kept"
    ENDED = "ended"
    UNCLEAR = "unclear"


class Doubt(StrEnum):
    """Why a move is unclear: the hosts contradict each other (held for a person), a side is silent (asked again), or a
    host did not do what it was ordered (ordered again)."""

    CONTRADICTION = "contradiction"
    SILENCE = "silence"
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One guest, from source to destination, with its state before the move: the verdict compares with it.

    transport: as planned; where the policy lets ferry choose, it is chosen anew from `offers` and what is measured just
    before the copy begins. pools: storage pools that the guest's disks lie in, as far as libvirt manages them.
    order: its place among the moves of a planned evacuation, from 1; 0: no order was worked out. begins_seconds:
    from the beginning of all of them, as expected. after: guests whose moves must have made room before.
    """

    guest: GuestId
    name: str
    source: HostName
    destination: HostName
    peer_uri: str
    memory_bytes: int
    persistent: bool
    autostart: bool
    paused: bool
    transport: Transport
    probe_address: str | None
    because: str
    vcpu_time_ns: int | None = None
    offers: Offers = field(default_factory=Offers)
    forecast: Forecast | None = None
    pools: tuple[str, ...] = ()
    order: int = 0
    begins_seconds: float | None = None
    after: tuple[GuestId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Blackout:
    """Silence measured from outside: the longest gap between two answers, in milliseconds."""

    longest_ms: int
    sent: int
    answered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a move ended. where: the host the guest was last proven on, None if nobody knows. Times in milliseconds.

    duration_ms: from preparing to the verdict; of that, vcpu_wait_ms went into seeing the virtual CPUs run.
    libvirt_elapsed_ms: of the copy, as libvirt's statistics say; libvirt_call_ms: until its call returned, which
    includes the end of the source's QEMU. transport: of the last attempt. measuring_ms: before preparing.
    handover_ms: of the downtime, what was not the sending of the last pages. postcopy_ms: from the switch to the last
    page. throttle_percent: the most by which QEMU slowed the guest. bottleneck: what held the copy back; None where no
    memory travelled.
    """

    guest: GuestId
    state: State
    where: HostName | None
    because: str
    code: str | None = None
    doubt: Doubt | None = None
    duration_ms: int | None = None
    vcpu_wait_ms: int | None = None
    libvirt_elapsed_ms: int | None = None
    libvirt_call_ms: int | None = None
    downtime_ms: int | None = None
    transferred_bytes: int | None = None
    rounds: int | None = None
    blackout_ms: int | None = None
    blackout_unknown: str | None = None
    warnings: tuple[str, ...] = ()
    transport: Transport | None = None
    attempts: int = 1
    measuring_ms: int | None = None
    handover_ms: int | None = None
    postcopy_ms: int | None = None
    throttle_percent: int = 0
    bottleneck: Bottleneck | None = None

    @property
    def open(self) -> bool:
        """Whether every `ferry resume` asks again: a host was silent or did not obey, or both halves of the guest wait
        for a path."""
        return self.doubt in (Doubt.SILENCE, Doubt.UNFINISHED) or self.state is State.POSTCOPY_PAUSED
