"""One migration in the simulated QEMU: rounds, rates and counters."""

from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.model.effect import Effect
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.transport import Method, Mode, Transport
from orchestrator.simulator.memory import PAGE, Memory, Mixture, blend, faulted, first_pass, later_round

WINDOW = 0.1  # seconds over which QEMU measures its bandwidth (BUFFER_DELAY)
TURN = 0.05  # seconds for which QEMU sends before it asks again whether it may stop the guest (MAX_WAIT)
MIB = 2**20


class Phase(StrEnum):
    """Where a migration stands, finer than either host says."""

    SETUP = "setup"
    DISKS = "disks"
    PRECOPY = "pre-copy"
    SWITCH = "switch"  # the guest stands still, its last pages travel
    FINISH = "finish"  # all is there, the destination's daemon has yet to start it
    STARTED = "started"  # the destination runs it, the source has yet to hear so
    CONFIRM = "confirm"  # the source lets go
    POSTCOPY = "post-copy"
    BROKEN = "post-copy broken"
    LOST = "lost"  # the destination has cleared up, the source's daemon has yet to notice


BEFORE_END = (Phase.SETUP, Phase.DISKS, Phase.PRECOPY, Phase.SWITCH)
SENDING = (Phase.DISKS, Phase.PRECOPY, Phase.SWITCH, Phase.POSTCOPY)


def whole_mib(cap: int | None) -> float | None:
    """A cap as libvirt takes it: whole MiB/s, at least one."""
    return None if cap is None else float(max(1, cap // MIB) * MIB)


@dataclass
class Counters:
    """What QEMU counts: bytes on the wire, and pages."""

    sent: float = 0.0
    zero: float = 0.0
    full: float = 0.0
    xbzrle_bytes: float = 0.0
    xbzrle_pages: float = 0.0
    xbzrle_misses: float = 0.0
    xbzrle_overflows: float = 0.0
    requests: float = 0.0


@dataclass
class Flight:
    """remaining: bytes of memory the destination lacks, as far as QEMU knows. rate: of them, sent each second at this
    moment. written: bytes the guest wrote since the last look at its dirty pages. bandwidth: on the wire, as QEMU saw
    it last. broken_link: the source's daemon has lost the destination's (or the client), and told so."""

    guest: GuestId
    source: HostName
    destination: HostName
    transport: Transport
    memory: Memory
    begun_at: float
    was_paused: bool  # by its operator: it arrives paused
    disk_bytes: float = 0.0
    phase: Phase = Phase.SETUP
    entered: int = 0
    limit_ms: int = 300
    cap: float | None = None
    postcopy_cap: float | None = None
    postcopy_wanted: bool = False
    reply_lost: bool = False
    told: Effect | None = None
    disk_sent: float = 0.0
    remaining: float = 0.0
    rate: float = 0.0
    bandwidth: float = 0.0
    written: float = 0.0
    round: int = 0
    throttle: int = 0
    dirty_rate: float = 0.0
    cached: float = 0.0
    round_at: float = 0.0
    flowing_since: float = 0.0
    period_at: float = 0.0
    period_dirty: float = 0.0
    period_sent: float = 0.0
    too_dirty: int = 0
    halted_at: float | None = None
    last_page_at: float | None = None
    runs_there: bool = False
    half_reset: bool = False
    mixture: Mixture = field(default_factory=lambda: Mixture(zero=0.0, full=1.0, wire=1.0))
    count: Counters = field(default_factory=Counters)

    @property
    def direct(self) -> bool:
        """Whether ferry's own process carries messages between the daemons."""
        return self.transport.control == "direct"

    @property
    def second_half(self) -> bool:
        """Whether the guest has been switched to post-copy: neither host has all of it."""
        return self.phase in (Phase.POSTCOPY, Phase.BROKEN)

    @property
    def holds_still(self) -> bool:
        """Whether the guest is paused for the whole copy."""
        return self.transport.mode is Mode.PAUSE

    @property
    def wire(self) -> float:
        """Bytes sent for each byte of what is copied now."""
        return 1.0 if self.phase is Phase.DISKS else self.mixture.wire

    @property
    def most(self) -> float:
        """The cap that QEMU keeps now. None is kept for the last pages (migration_completion)."""
        cap = {Phase.POSTCOPY: self.postcopy_cap, Phase.SWITCH: None}.get(self.phase, self.cap)
        return float("inf") if cap is None else cap

    def begin_pages(self, now: float) -> None:
        """The first pass: QEMU takes every page for dirty."""
        self.remaining, self.round = float(self.memory.size), 1
        self.mixture = first_pass(self.memory, self.transport.method)
        self.flowing_since = self.round_at = self.period_at = now

    def carry(self, rate: float) -> None:
        """From now on this many bytes of memory a second pass."""
        self.rate = rate
        if rate > 0:
            self.bandwidth = rate * self.wire

    def pass_time(self, seconds: float, writing: float) -> None:
        """Send at the rate in force, while the guest writes so many bytes a second."""
        if self.phase is Phase.DISKS:
            self.disk_sent = min(self.disk_sent + self.rate * seconds, self.disk_bytes)
            return
        if self.phase not in SENDING:
            return
        before, pages = self.remaining, min(self.rate * seconds, self.remaining)
        self.remaining -= pages
        self.written += writing * seconds
        self._count(pages)
        if self.phase is Phase.POSTCOPY:
            # Of what the guest touches, it has to ask for what is missing.
            touched = min(writing * seconds, float(self.memory.working_set))
            missing = (before + self.remaining) / 2 / max(self.memory.working_set, self.memory.used, 1)
            self.count.requests += min(touched * min(missing, 1.0), before) / PAGE

    def _count(self, pages: float) -> None:
        mix, count = self.mixture, self.count
        count.sent += pages * mix.wire
        count.zero += pages * mix.zero / PAGE
        count.full += pages * mix.full / PAGE
        count.xbzrle_pages += pages * mix.delta / PAGE
        count.xbzrle_bytes += pages * mix.delta * self.memory.delta
        count.xbzrle_misses += pages * mix.missed / PAGE
        count.xbzrle_overflows += pages * mix.overflow / PAGE
        if self.transport.method is Method.XBZRLE and self.phase is Phase.PRECOPY:
            room = min(self.transport.xbzrle_cache_bytes or 64 * MIB, self.memory.working_set)
            self.cached = min(self.cached + pages * mix.missed, float(room))

    @property
    def threshold(self) -> float:
        """What can be sent within the downtime limit, at the bandwidth of the last window."""
        return self.bandwidth * self.limit_ms / 1000

    def due_in(self, now: float) -> float:
        """Seconds until something happens to this copy by itself; infinite while nothing passes."""
        if self.rate <= 0 or self.phase not in SENDING:
            return float("inf")
        if self.phase is Phase.DISKS:
            return (self.disk_bytes - self.disk_sent) / self.rate
        if self.phase is not Phase.PRECOPY:
            return self.remaining / self.rate
        if self.postcopy_wanted:
            return 0.0
        all_sent = self.remaining / self.rate
        turn = min(max(self.round_at + TURN - now, 0.0), all_sent)
        enough = (self.remaining - self.threshold) / self.rate
        return max(enough, turn, self.flowing_since + WINDOW - now)

    def look_at_dirty_pages(self, now: float) -> None:
        """Synchronise the dirty bitmap: a new round begins (qemu/qemu:migration/ram.c, migration_bitmap_sync)."""
        memory = self.memory
        dirty = memory.dirtied(self.written)
        left = self.remaining
        most = memory.working_set + (left if self.round == 1 else 0.0)
        self.remaining = min(left + dirty, max(most, left))
        self.written, self.round, self.round_at = 0.0, self.round + 1, now
        self.period_dirty += dirty
        if now - self.period_at > 1.0:
            self._judge_period(now)
        cached = self.cached / memory.working_set if memory.working_set else 0.0
        if self.remaining:
            new = later_round(memory, self.transport.method, cached=cached)
            self.mixture = blend(self.mixture, left, new, self.remaining - left)

    def _judge_period(self, now: float) -> None:
        """The dirty rate, and auto-converge: 50 % of what was sent dirtied, for the second time, and it throttles."""
        self.dirty_rate = self.period_dirty / (now - self.period_at)
        throttle = self.transport.throttle
        if throttle is not None and self.period_dirty > (self.count.sent - self.period_sent) / 2:
            self.too_dirty += 1
            if self.too_dirty >= 2:
                self.too_dirty = 0
                more = self.throttle + throttle.increment if self.throttle else throttle.initial
                self.throttle = min(more, 99)
        self.period_at, self.period_dirty, self.period_sent = now, 0.0, self.count.sent

    @property
    def stops_guest_now(self) -> bool:
        """Whether what is left can be sent within the downtime limit."""
        return self.remaining <= self.threshold

    def begin_second_half(self, now: float) -> None:
        """Everything that has not been sent since it last changed is fetched from now on."""
        self.look_at_dirty_pages(now)
        self.mixture = faulted(self.memory)
