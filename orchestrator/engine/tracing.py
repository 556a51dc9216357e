"""Looks by which way the memory of one guest leaves, beside its driver: a slow answer holds up nothing."""

import threading
from collections.abc import Callable
from dataclasses import replace

from orchestrator.migration.path import Expected, PathVerdict, proven
from orchestrator.migration.record import MoveRecord
from orchestrator.model.entry import Traced
from orchestrator.model.facts import Unknown
from orchestrator.model.move import State
from orchestrator.model.path import PathSeen
from orchestrator.ports import Clock, Loop, PathWitness

PATIENCE = 5.0
# Seconds from the beginning of the copy to the first look, to the one that compares counters with it, and from then on.
FIRST, SECOND, LATER = 2.0, 1.0, 10.0


class Tracing:
    """A step of its own in the loop for every attempt, as long as it is in pre-copy; what it finds, the driver takes.

    witness None: it never looks. expected: what is ordered with a network of that name.
    """

    def __init__(
        self, loop: Loop, clock: Clock, witness: PathWitness | None, expected: Callable[[str], Expected]
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._witness = witness
        self._expected_of = expected
        self._lock = threading.Lock()
        self._record: MoveRecord | None = None
        self._attempt = 0
        self._expected = Expected(network="")
        self._before: PathSeen | None = None
        self._told = PathVerdict()
        self._found: Traced | None = None
        self._next = 0.0

    def follow(self, record: MoveRecord) -> None:
        """Begin to look when a copy is in pre-copy, and end soon when it no longer is. Called by the driver."""
        if self._witness is None:
            return
        self._record = record
        if not _copying(record):
            self._loop.poke(self._key(record))
        elif record.attempt != self._attempt:
            self._attempt, self._before, self._told = record.attempt, None, PathVerdict()
            self._expected = self._expected_of((record.transport or record.move.transport).network)
            if not self._expected.comparable:
                return
            self._next = self._clock.ticks() + FIRST
            attempt = record.attempt
            self._loop.add(self._key(record), lambda: self._step(attempt))

    def take(self) -> Traced | None:
        """What has been found since it was last asked, for the journal."""
        with self._lock:
            found, self._found = self._found, None
        return found

    def _key(self, record: MoveRecord) -> str:
        return f"path {record.move.guest} {record.attempt}"

    def _step(self, attempt: int) -> float | None:
        record = self._record
        if self._witness is None or record is None or record.attempt != attempt or not _copying(record):
            return None
        left = self._next - self._clock.ticks()
        if left > 0:
            return left
        move = replace(record.move, transport=record.transport or record.move.transport)
        seen = self._witness.look(move, within=PATIENCE)
        if self._attempt != attempt:
            return None  # a new attempt has begun meanwhile, and has a step of its own
        pause = LATER if self._before is not None or isinstance(seen, Unknown) else SECOND
        if isinstance(seen, PathSeen):
            self._judge(record, seen)
        self._next = self._clock.ticks() + pause
        return pause

    def _judge(self, record: MoveRecord, seen: PathSeen) -> None:
        """Keep what is new: a verdict that stands is told once."""
        verdict = proven(self._expected, self._before, seen)
        self._before = seen
        if verdict.fits is None or verdict.fits == self._told.fits:
            return
        self._told = verdict
        with self._lock:
            self._found = Traced(guest=record.move.guest, fits=verdict.fits, says=verdict.says, ways=seen.ways)


def _copying(record: MoveRecord) -> bool:
    return record.state is State.PRECOPY and record.outcome is None
