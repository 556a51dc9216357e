"""A guest's memory on its way, as QEMU sends it: the other half of the loop that a steering decision closes.

It knows rounds, the threshold of the downtime limit, the throttle, XBZRLE's cache, post-copy and a path that is cut. It
shares no code with what it tests.
"""

from dataclasses import dataclass, field
from math import exp

from orchestrator.migration.converge import steer
from orchestrator.migration.course import Course, follow
from orchestrator.migration.lever import Lever, Situation, pulled
from orchestrator.migration.select import select
from orchestrator.migration.terms import Terms
from orchestrator.model.command import Cancel, SetBandwidth, SetDowntimeLimit, StartPostCopy, Suspend
from orchestrator.model.move import Move
from orchestrator.model.offer import Crossing, Feature, Measurement, Offers
from orchestrator.model.policy import Convergence, Policy
from orchestrator.model.sample import Sample
from orchestrator.model.transport import Method, Transport
from orchestrator.model.units import Milliseconds
from tests.unit.migration import scenes

MIB = 2**20
LINK = 50_000_000
TICK, LOOK = 0.05, 0.5
HANDOVER_MS = 80
BEGIN_ANEW = 2.5
NOTHING = dict.fromkeys(Feature, "not here")


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the guest truly is. sweeps: it writes page after page and comes back to none before it has been at all.
    quiet_after: seconds until it changes nothing any more."""

    used: float = 512 * MIB
    dirty: float = 0.0
    working_set: float = 200 * MIB
    compressed: float = 1.0
    delta: float = 1.0
    sweeps: bool = True
    feels_throttle: bool = True
    quiet_after: float = 1e9


@dataclass
class Copy:
    """One attempt. link: bytes per second; cut_at: from then on nothing arrives."""

    memory: Memory
    transport: Transport
    link: float
    began: float = 0.0
    cut_at: float = 1e9
    dirtied: float = 0.0
    sent: float = 0.0
    round: int = 1
    throttle: int = 0
    high: int = 0
    synced: tuple[float, float] = (0.0, 0.0)
    suspended_at: float | None = None
    pause_ms: float | None = None

    def __post_init__(self) -> None:
        self.now, self.left = self.began, self.memory.used
        self.synced = (self.began, 0.0)
        self.limit_ms, self.cap = self.transport.downtime_limit_ms, self.transport.initial_bytes_per_second

    @property
    def wire(self) -> float:
        return 0.0 if self.now >= self.cut_at else min(self.link, self.cap or self.link)

    @property
    def cost(self) -> float:
        """Bytes on the wire for a byte of memory."""
        if self.transport.method is Method.COMPRESSED:
            return self.memory.compressed
        cached = (self.transport.xbzrle_cache_bytes or 0) >= self.memory.working_set
        return self.memory.delta if self.transport.method is Method.XBZRLE and self.round >= 3 and cached else 1.0

    def tick(self) -> None:
        """One moment more; pause_ms is known once the guest is handed over."""
        self.now += TICK
        done = min(self.wire * TICK / self.cost, self.left)
        self.left -= done
        self.sent += done * self.cost
        self._write()
        if self.wire and self.left <= self.wire * self.limit_ms / 1000:
            self._sync()

    def _write(self) -> None:
        if self.suspended_at is not None or self.now > self.memory.quiet_after:
            return
        slowed = 1 - self.throttle / 100 if self.memory.feels_throttle else 1.0
        written = self.memory.dirty * slowed * TICK
        room = self.memory.working_set - self.dirtied
        here_and_there = room * (1 - exp(-written / self.memory.working_set))
        self.dirtied += min(written, room) if self.memory.sweeps else here_and_there

    def _sync(self) -> None:
        """The dirty pages are counted anew: a round begins, or the guest is handed over."""
        self._throttle()
        # What is left over of a later round belongs to the working set, and so does what was changed since.
        room = self.memory.used if self.round == 1 else max(self.memory.working_set, self.left)
        self.left, self.dirtied = min(self.left + self.dirtied, room), 0.0
        if self.left <= self.wire * self.limit_ms / 1000:
            self.pause_ms = 1000 * self.left * self.cost / self.wire + HANDOVER_MS
            if self.suspended_at is not None:
                self.pause_ms += 1000 * (self.now - self.suspended_at)
        self.round += 1

    def _throttle(self) -> None:
        since, sent = self.synced
        if self.transport.throttle is None or self.now - since < 1:
            return
        self.high += self.dirtied > 0.5 * (self.sent - sent)
        self.synced = (self.now, self.sent)
        if self.high >= 2:
            self.high = 0
            more = self.throttle + self.transport.throttle.increment
            self.throttle = min(more if self.throttle else self.transport.throttle.initial, 99)

    def sample(self) -> Sample:
        """As libvirt reports it."""
        return Sample(
            elapsed_ms=round((self.now - self.began) * 1000),
            total_bytes=round(self.memory.used),
            processed_bytes=round(self.sent),
            remaining_bytes=round(self.left),
            transfer_bytes_per_second=round(self.link),
            dirty_bytes_per_second=0,
            round=self.round,
            full_pages=round(self.sent / 4096),
            throttle_percent=self.throttle,
        )


@dataclass(kw_only=True)
class Ride:
    """How it went. end: migrated, kept, or going on when nobody looked any more."""

    end: str = "going on"
    seconds: float = 0.0
    pause_ms: float = 0.0
    levers: list[Lever] = field(default_factory=list)
    transports: list[Transport] = field(default_factory=list)
    highest_limit_ms: int = 0

    def kinds(self) -> list[str]:
        return [lever.command.kind for lever in self.levers]


def policy(*, budget: int = 500, ladder: tuple = (), name: str = "site", **more: object) -> Policy:
    """Keys of convergence stand beside the others."""
    inner = {key: more.pop(key) for key in tuple(more) if key in Convergence.__dataclass_fields__}
    convergence = Convergence(ladder=ladder, **inner)
    return Policy(name=name, downtime_budget=Milliseconds(budget), convergence=convergence, **more)


def terms(given: Policy | None = None, **more: object) -> Terms:
    given = given or policy()
    return Terms(policy=given, **({"downtime_ms": int(given.downtime_budget)} | more))


def the_move(*offered: Feature, memory: Memory | None = None, **more: object) -> Move:
    """Where only this is offered, beside plain TCP."""
    memory = memory or Memory()
    absent = {feature: why for feature, why in NOTHING.items() if feature not in offered}
    offers = Offers(absent=absent, source_cpus=8, destination_cpus=8, used_bytes=round(memory.used))
    return scenes.move(**({"memory_bytes": round(memory.used), "offers": offers} | more))


def ride(
    move: Move,
    memory: Memory,
    holds: Terms,
    *,
    link: float = LINK,
    measurement: Measurement | None = None,
    crossing: Crossing | None = None,
    until: float = 900.0,  # three attempts, each given up after two minutes of no progress, on a slow link
    cut_at: float = 1e9,
) -> Ride:
    """One move, begun as select says and steered as steer says."""
    crossing = crossing or Crossing(handover_ms=HANDOVER_MS)
    found, now, transport = Ride(), 0.0, select(move, holds, measurement, crossing, {})
    while now < until:
        copy = Copy(memory=memory, transport=transport, link=link, began=now, cut_at=cut_at)
        found.transports.append(transport)
        again = _attempt(copy, move, holds, measurement, crossing, found, until)
        now = found.seconds = copy.now
        if again is None:
            return found
        transport, now = again, now + BEGIN_ANEW
    return found


def _attempt(
    copy: Copy,
    move: Move,
    holds: Terms,
    measurement: Measurement | None,
    crossing: Crossing,
    found: Ride,
    until: float,
) -> Transport | None:
    course: Course | None = None
    looked = -1.0
    while copy.now < until:
        copy.tick()
        found.highest_limit_ms = max(found.highest_limit_ms, copy.limit_ms)
        if copy.pause_ms is not None:
            found.end, found.pause_ms = "migrated", copy.pause_ms
            return None
        if copy.now - looked < LOOK:
            continue
        looked = copy.now
        course = follow(course, copy.sample(), copy.now)
        lever = steer(
            Situation(
                move=move,
                transport=copy.transport,
                terms=holds,
                course=course,
                at=copy.now,
                limit_ms=copy.limit_ms,
                bandwidth_bytes_per_second=copy.cap,
                measurement=measurement,
                crossing=crossing,
                attempt=len(found.transports),
                suspended=copy.suspended_at is not None,
                tried=tuple(transport.method for transport in found.transports[:-1]),
            )
        )
        if lever is None:
            continue
        found.levers.append(lever)
        course = pulled(course, lever, copy.now)
        match lever.command:
            case SetDowntimeLimit(limit_ms=limit):
                copy.limit_ms = limit
            case SetBandwidth(bytes_per_second=cap):
                copy.cap = cap
            case Suspend():
                copy.suspended_at = copy.now
            case StartPostCopy():
                found.end, found.pause_ms = "migrated", HANDOVER_MS
                copy.now += (copy.left + copy.dirtied) / copy.wire
                return None
            case Cancel(again=again):
                found.end = "kept" if again is None else "going on"
                return again
    return None
