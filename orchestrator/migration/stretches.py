"""A copy in stretches that are long enough to tell a rate: how fast each was, under which cap, and what was sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.migration.record import MoveRecord
from orchestrator.model.sample import Sample

# libvirt's own figure jumps, and one look may come late: a shorter stretch tells no rate.
_TELLING_SECONDS = 2.0
# From this round on what is sent was sent before, and the guest has changed it since.
AGAIN_FROM = 2

Sampled = tuple[datetime, Sample]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """rate: bytes a second on the wire. round: in which it began. cap: the one in force all the time; None: none, or
    it was changed meanwhile (`steady` tells which). disks: some of them were still to be copied at its end."""

    seconds: float
    rate: float
    round: int
    cap: int | None = None
    steady: bool = True
    disks: bool = False

    @property
    def again(self) -> bool:
        """Whether it only sent what the guest had changed since it was sent."""
        return self.round >= AGAIN_FROM


def stretches(record: MoveRecord, samples: Sequence[Sampled]) -> tuple[Stretch, ...]:
    """The pre-copy of the last attempt, oldest first; what is left over at its end belongs to none."""
    copied = _last_attempt(record, samples)
    found, begin = [], 0
    for end in range(1, len(copied)):
        over = copied[end][1].round >= AGAIN_FROM > copied[begin][1].round
        if _seconds(copied[begin], copied[end]) >= _TELLING_SECONDS:
            found.append(_stretch(record, copied[begin], copied[end]))
            begin = end
        elif over:  # what is sent for the first time is never told together with what is sent again
            begin = end
    return tuple(found)


def copied_for(record: MoveRecord, samples: Sequence[Sampled]) -> float:
    """Seconds from the first sample of the last attempt's pre-copy to its last one."""
    copied = _last_attempt(record, samples)
    return _seconds(copied[0], copied[-1]) if len(copied) > 1 else 0.0


def sent(record: MoveRecord, samples: Sequence[Sampled]) -> tuple[int, int]:
    """Bytes on the wire of the last attempt's pre-copy: all, and those that were sent again."""
    copied = _last_attempt(record, samples)
    if not copied:
        return 0, 0
    everything = copied[-1][1].processed_bytes
    first = max((sample.processed_bytes for _, sample in copied if sample.round < AGAIN_FROM), default=0)
    return everything, everything - first if first else 0


def _last_attempt(record: MoveRecord, samples: Sequence[Sampled]) -> Sequence[Sampled]:
    """Without what came before the first byte, which tells of no rate, and without a second half: post-copy sends what
    the guest asks for."""
    begin = 0
    for position in range(1, len(samples)):
        if samples[position][1].processed_bytes < samples[position - 1][1].processed_bytes:
            begin = position
    split = record.split_at
    return [(at, one) for at, one in samples[begin:] if one.processed_bytes and (split is None or at < split)]


def _stretch(record: MoveRecord, first: Sampled, last: Sampled) -> Stretch:
    seconds, sample = _seconds(first, last), last[1]
    before = [cap for at, cap in record.caps if at <= first[0]]
    meanwhile = [cap for at, cap in record.caps if first[0] < at <= last[0]]
    in_force = before[-1] if before else None
    steady = all(cap == in_force for cap in meanwhile)
    memory_left = sample.memory_remaining_bytes
    return Stretch(
        seconds=seconds,
        rate=(sample.processed_bytes - first[1].processed_bytes) / seconds,
        round=first[1].round,
        cap=in_force if steady else None,
        steady=steady,
        disks=sample.remaining_bytes > (memory_left if memory_left is not None else 0) and _has_disks(record),
    )


def _has_disks(record: MoveRecord) -> bool:
    return record.transport is not None and record.transport.disks != ()


def _seconds(first: Sampled, last: Sampled) -> float:
    return (last[0] - first[0]).total_seconds()
