"""What a finished move has taught about the way between its two hosts."""

from collections.abc import Sequence
from datetime import datetime

from orchestrator.migration.carriage import FILLING
from orchestrator.migration.record import MoveRecord
from orchestrator.model.move import State
from orchestrator.model.offer import Crossing
from orchestrator.model.sample import Sample

# QEMU's own figure jumps to twice what the link carries when its buffers fill: only what lasts is the link's.
_LASTING_SECONDS = 2.0
# Of a copy that is over before that, the whole of it, if two looks at it are so far apart.
_LEAST_SECONDS = 0.2


def lesson(record: MoveRecord, samples: Sequence[tuple[datetime, Sample]]) -> Crossing:
    """Nothing of a move that did not arrive. samples: of its last copy or all of them, oldest first.

    What a link carries shows only in a copy without a cap, by a method that fills it.
    """
    outcome, transport = record.outcome, record.transport
    if outcome is None or outcome.state is not State.MIGRATED:
        return Crossing()
    filled = transport is not None and transport.method in FILLING and record.bandwidth_bytes_per_second is None
    return Crossing(handover_ms=outcome.handover_ms, bytes_per_second=_best(samples) if filled else None)


def _best(samples: Sequence[tuple[datetime, Sample]]) -> int | None:
    """Bytes a second on the wire, in the window that carried most."""
    sent = [(at, sample.processed_bytes) for at, sample in samples if sample.round]
    windows = list(_windows(sent))
    if not windows and len(sent) > 1:
        windows = [_rate(sent[0], sent[-1])]
    return round(max(windows, default=0.0)) or None


def _windows(sent: Sequence[tuple[datetime, int]]) -> Sequence[float]:
    """The rate over each shortest stretch that lasts."""
    rates, begin = [], 0
    for end, (at, total) in enumerate(sent):
        if end and total < sent[end - 1][1]:  # another attempt counts from nothing
            begin = end
        while (at - sent[begin][0]).total_seconds() >= _LASTING_SECONDS:
            rates.append(_rate(sent[begin], sent[end]))
            begin += 1
    return rates


def _rate(first: tuple[datetime, int], last: tuple[datetime, int]) -> float:
    seconds = (last[0] - first[0]).total_seconds()
    return (last[1] - first[1]) / seconds if seconds >= _LEAST_SECONDS else 0.0
