"""What the journal knows of one move: its entries folded into a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.model.command import (
    BeginMove,
    Cancel,
    Command,
    RecoverPostCopy,
    SetBandwidth,
    SetDowntimeLimit,
    ShutDown,
    StartHeld,
    StartPostCopy,
    Suspend,
)
from orchestrator.model.effect import Done, Refused
from orchestrator.model.entry import Ended, Entry, Happened, Intent, Measured, Recorded, Seen, Traced
from orchestrator.model.guest import Power
from orchestrator.model.host import HostName
from orchestrator.model.move import Move, Outcome, State
from orchestrator.model.offer import Crossing, Feature, Measurement
from orchestrator.model.sighting import Returned, Sighting
from orchestrator.model.transport import Method, Transport


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRecord:
    """One move, as far as the journal tells.

    measuring_since, prepared_at: when it first came to those states. measurement, crossing: what is known beforehand.
    open_command: intended, its answer not yet written. attempt: how often a copy was begun. begun: the intent to begin
    this attempt was written, so a copy may exist. transport, limit_ms, bandwidth_bytes_per_second and that of
    post-copy: of this attempt, as last ordered; braked: for the time being the limit is the least there is. caps: when
    each of the pre-copy came into force, of all attempts. methods_before: of the attempts before it. absent: features
    that were refused. again: the transport of the next attempt, once the copy is gone.
    destination_was_free: seen without an active copy before that. was_advancing: the guest's vCPU time grew between
    the survey and the start. ran_there: the copy was seen running while the source did not run the guest.
    start_meant: ferry has meant to start the copy that arrived paused: it may have run. started: libvirt has done so.
    split: the guest was seen with its memory on both hosts. paused_meanwhile: ferry has paused it so that it arrives.
    suspended: hosts whose copy ferry has meant to suspend because the guest ran twice, once for each order;
    not_suspended: those of them that have refused, once for each refusal.
    defined_there: the destination had a definition of it before. cancelled: the order that ended this attempt.
    tried: kinds of the commands that were answered, in order; one that was only intended when its process died is
    ordered again. declined: commands that a host has refused; refusals: why, by kind.
    path: by which way the memory was last seen to leave.
    """

    move: Move
    state: State = State.PLANNED
    because: str = ""
    since: datetime | None = None
    measuring_since: datetime | None = None
    prepared_at: datetime | None = None
    split_at: datetime | None = None
    measurement: Measurement | None = None
    crossing: Crossing = field(default_factory=Crossing)
    open_command: Command | None = None
    attempt: int = 0
    begun: bool = False
    methods_before: tuple[Method, ...] = ()
    transport: Transport | None = None
    limit_ms: int = 0
    braked: bool = False
    bandwidth_bytes_per_second: int | None = None
    postcopy_bandwidth_bytes_per_second: int | None = None
    caps: tuple[tuple[datetime, int | None], ...] = ()
    absent: Mapping[Feature, str] = field(default_factory=dict)
    again: Transport | None = None
    refused: Refused | None = None
    destination_was_free: bool = False
    was_advancing: bool = False
    ran_there: bool = False
    start_meant: bool = False
    started: bool = False
    paused_meanwhile: bool = False
    suspended: tuple[HostName, ...] = ()
    not_suspended: tuple[HostName, ...] = ()
    defined_there: bool = False
    cancelled: Cancel | None = None
    cancelled_because: str | None = None
    tried: tuple[str, ...] = ()
    declined: tuple[Command, ...] = ()
    refusals: Mapping[str, str] = field(default_factory=dict)
    path: Traced | None = None
    outcome: Outcome | None = None

    @property
    def split(self) -> bool:
        """Whether the guest was seen running at the destination with memory left at the source."""
        return self.split_at is not None

    @property
    def holds(self) -> bool:
        """Whether this attempt's copy arrives paused and waits for ferry to start it."""
        return self.transport is not None and self.transport.held and not self.move.paused

    def has_suspended(self, host: HostName) -> bool:
        """Whether ferry may have suspended the copy on this host: an order that is not known to be refused."""
        return self.suspended.count(host) > self.not_suspended.count(host)


def fold(move: Move, entries: Iterable[Recorded]) -> MoveRecord:
    """Rebuild the record of `move` from a run's journal."""
    record = MoveRecord(move=move)
    for recorded in entries:
        if recorded.entry.guest == move.guest:
            record = advance(record, recorded.entry, recorded.at)
    return record


def advance(record: MoveRecord, entry: Entry, at: datetime) -> MoveRecord:
    """The record after one more entry."""
    after = _advanced(record, entry, at)
    cap = after.bandwidth_bytes_per_second
    if after.attempt == record.attempt and cap == record.bandwidth_bytes_per_second:
        return after
    return replace(after, caps=(*after.caps, (at, cap)))


def _advanced(record: MoveRecord, entry: Entry, at: datetime) -> MoveRecord:
    if isinstance(entry, Seen):
        return _seen(record, entry, at)
    if isinstance(entry, Measured):
        return replace(record, measurement=entry.measurement, crossing=entry.crossing)
    if isinstance(entry, Traced):
        return replace(record, path=entry)
    if isinstance(entry, Intent):
        return _intended(record, entry)
    if isinstance(entry, Happened):
        return _happened(record, entry)
    if isinstance(entry, Ended):
        outcome = entry.outcome
        return replace(record, state=outcome.state, because=outcome.because, since=at, outcome=outcome)
    return record


def _intended(record: MoveRecord, entry: Intent) -> MoveRecord:
    command = entry.command
    record = replace(record, open_command=command)
    match command:
        case BeginMove(transport=transport):
            return replace(
                record,
                begun=True,
                attempt=record.attempt + 1,
                methods_before=(*record.methods_before, record.transport.method) if record.transport else (),
                transport=transport,
                limit_ms=transport.downtime_limit_ms,
                bandwidth_bytes_per_second=transport.initial_bytes_per_second,
                postcopy_bandwidth_bytes_per_second=transport.postcopy_bandwidth_bytes_per_second,
                again=None,
            )
        case RecoverPostCopy(transport=transport):
            cap = transport.postcopy_bandwidth_bytes_per_second
            return replace(record, postcopy_bandwidth_bytes_per_second=cap)
        case Cancel() if record.cancelled is None:
            return replace(record, cancelled=command, cancelled_because=entry.because, again=command.again)
        case Cancel(again=None):  # what was to be begun anew is to be no more
            return replace(record, cancelled=command, cancelled_because=entry.because, again=None)
        case ShutDown():  # from here on the move is not to be left as if nothing had been done
            return replace(record, begun=True)
        case StartHeld():
            return replace(record, start_meant=True)
        case Suspend(meanwhile=True):
            return replace(record, paused_meanwhile=True)
        case Suspend():
            return replace(record, suspended=(*record.suspended, entry.host))
    return record


def _happened(record: MoveRecord, entry: Happened) -> MoveRecord:
    command = record.open_command
    if command is None:
        return record
    record = replace(record, open_command=None, tried=(*record.tried, command.kind))
    if isinstance(command, BeginMove | RecoverPostCopy):
        refused = entry.effect if isinstance(entry.effect, Refused) and isinstance(command, BeginMove) else None
        return replace(record, refused=refused or record.refused)
    if isinstance(entry.effect, Refused):
        record = _undone(record, command, entry.host)
    if not isinstance(entry.effect, Done):
        refusals = {**record.refusals, command.kind: entry.effect.why}
        # QEMU refuses a switch to post-copy that comes too early: it may be ordered again, word for word.
        declined = record.declined if isinstance(command, StartPostCopy) else (*record.declined, command)
        return replace(record, declined=declined, refusals=refusals)
    match command:
        case SetDowntimeLimit(brake=True):
            return replace(record, braked=True)
        case SetDowntimeLimit(limit_ms=limit):
            return replace(record, limit_ms=limit, braked=False)
        case StartHeld():
            return replace(record, started=True)
        case SetBandwidth(bytes_per_second=cap, postcopy=False):
            return replace(record, bandwidth_bytes_per_second=cap)
        case SetBandwidth(bytes_per_second=cap):
            return replace(record, postcopy_bandwidth_bytes_per_second=cap)
    return record


def _undone(record: MoveRecord, command: Command, host: HostName) -> MoveRecord:
    """What an intent has set and a refusal takes back: it is proven not to have happened."""
    match command:
        case Cancel():
            return replace(record, cancelled=None, cancelled_because=None, again=None)
        case Suspend(meanwhile=True):
            return replace(record, paused_meanwhile=False)
        case Suspend():
            return replace(record, not_suspended=(*record.not_suspended, host))
    return record


def _seen(record: MoveRecord, entry: Seen, at: datetime) -> MoveRecord:
    there = isinstance(entry.destination, Sighting) and entry.destination.power is Power.RUNNING
    here = not isinstance(entry.source, Sighting) or entry.source.power is Power.RUNNING
    ran_there = record.ran_there or (there and not here)
    if entry.state is State.PREPARING and record.begun:
        record = _anew(record, entry)
    record = replace(record, state=entry.state, because=entry.because, since=at, outcome=None, ran_there=ran_there)
    match entry.state:
        case State.MEASURING:
            return replace(record, measuring_since=at)
        case State.POSTCOPY | State.POSTCOPY_PAUSED:
            return replace(record, split_at=record.split_at or at)
        case State.PREPARING:
            return _prepared(record, entry, at)
    return record


def _prepared(record: MoveRecord, entry: Seen, at: datetime) -> MoveRecord:
    free = isinstance(entry.destination, Sighting) and entry.destination.power in (Power.ABSENT, Power.SHUT_OFF)
    before, now = record.move.vcpu_time_ns, getattr(entry.source, "vcpu_time_ns", None)
    advancing = before is not None and now is not None and now > before
    return replace(
        record,
        prepared_at=record.prepared_at or at,
        destination_was_free=free,
        defined_there=isinstance(entry.destination, Sighting) and entry.destination.power is Power.SHUT_OFF,
        was_advancing=record.was_advancing or advancing,
    )


def _anew(record: MoveRecord, entry: Seen) -> MoveRecord:
    """The attempt is over and has left nothing behind: forget what belongs to it alone."""
    call = entry.source.call if isinstance(entry.source, Sighting) else None
    said = call.effect if isinstance(call, Returned) else record.refused
    absent = dict(record.absent)
    if isinstance(said, Refused) and said.unsupported and record.transport is not None:
        absent |= dict.fromkeys(wanted(record.transport), said.why)
    return replace(
        record,
        begun=False,
        refused=None,
        cancelled=None,
        cancelled_because=None,
        paused_meanwhile=False,
        braked=False,
        absent=absent,
        tried=(),
        declined=(),
    )


def wanted(transport: Transport) -> tuple[Feature, ...]:
    """The features that a transport makes use of, beyond a plain stream of memory."""
    asked = {
        Feature.ZSTD: transport.compression is not None and transport.compression.algorithm == "zstd",
        Feature.ZLIB: transport.compression is not None and transport.compression.algorithm == "zlib",
        Feature.PARALLEL: transport.channels is not None and transport.compression is None,
        Feature.XBZRLE: transport.xbzrle_cache_bytes is not None,
        Feature.RDMA: transport.method == "rdma",
        Feature.TUNNELLED: transport.method == "tunnelled",
        Feature.TLS: transport.encrypted,
        Feature.ZEROCOPY: transport.zerocopy,
        Feature.POSTCOPY: transport.postcopy,
        Feature.THROTTLE: transport.throttle is not None,
    }
    return tuple(feature for feature, used in asked.items() if used)
