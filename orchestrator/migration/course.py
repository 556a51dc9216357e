"""What the samples of a running copy have taught so far: rates, rounds, low-water marks, and what was ordered."""

from dataclasses import dataclass, replace
from math import exp

from orchestrator.model.sample import Sample

# Rates are smoothed over so many seconds: shorter, and one slow look would decide; longer, and a new cap is not seen.
_SMOOTHED_OVER = 2.0
_ROUNDS_KEPT = 8
PAGE = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round as it was seen. began_with: what there was to send at its first sample. Once it is over: lasted, in
    seconds; changed: bytes of different pages that the guest changed meanwhile, slowed by throttle_percent; count: how
    many rounds this stands for, since short ones come and go between two samples.
    """

    number: int
    began_at: float
    began_with: int
    lasted: float | None = None
    changed: float = 0.0
    throttle_percent: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One attempt. Seconds are those of the engine's clock; the rates are smoothed and measured by us, since libvirt's
    own keeps its last value on a path that is cut.

    began_at: of the first sample. moved_at: when the counters last moved. wire: bytes per second on the wire, best_wire
    the best of it; guest: bytes of memory done with per second, within a round. rounds: the last ones, the running one
    at the end. sent_once: full pages of the first round, in bytes. lowest_bytes, lowest_at: the least that ever
    remained, and since when. smallest_round, smallest_at: the least that a round after the first began with. rung,
    rung_at: how many steps of a ladder were taken, and when the last was. switched_at, suspended_at: when that was
    ordered.
    """

    sample: Sample
    at: float
    began_at: float
    moved_at: float
    lowest_bytes: int
    lowest_at: float
    wire: float | None = None
    best_wire: float = 0.0
    guest: float | None = None
    rounds: tuple[Round, ...] = ()
    sent_once: int | None = None
    smallest_round: int | None = None
    smallest_at: float = 0.0
    rung: int = 0
    rung_at: float = 0.0
    switched_at: float | None = None
    suspended_at: float | None = None

    @property
    def still_for(self) -> float:
        """Seconds in which nothing has arrived: a path that is cut raises no error in libvirt, its counters freeze."""
        return self.at - self.moved_at

    @property
    def in_round(self) -> float:
        """Seconds that the running round lasts already."""
        return self.at - self.rounds[-1].began_at if self.rounds else 0.0


def follow(course: Course | None, sample: Sample, at: float) -> Course:
    """The course after one more sample."""
    left = _memory_left(sample)
    if course is None:
        first = Round(number=sample.round, began_at=at, began_with=left)
        return Course(
            sample=sample,
            at=at,
            began_at=at,
            moved_at=at,
            lowest_bytes=left,
            lowest_at=at,
            rounds=(first,),
            smallest_at=at,
        )
    moved = sample.processed_bytes != course.sample.processed_bytes or sample.round != course.sample.round
    now = _measured(course, sample, at)
    if sample.round != course.sample.round:
        now = _next_round(now, course.sample, sample, at)
    # Before the first round QEMU reports nothing that remains, which is no low.
    if course.sample.round == 0 or sample.remaining_bytes < course.lowest_bytes:
        now = replace(now, lowest_bytes=sample.remaining_bytes, lowest_at=at)
    return replace(now, sample=sample, at=at, moved_at=at if moved else course.moved_at)


def _memory_left(sample: Sample) -> int:
    return sample.remaining_bytes if sample.memory_remaining_bytes is None else sample.memory_remaining_bytes


def _measured(course: Course, sample: Sample, at: float) -> Course:
    """With the rates of the time since the last sample. Memory done with is only known between two looks at one round:
    between rounds QEMU counts anew."""
    passed, before = at - course.at, course.sample
    if passed <= 0:
        return course
    if before.round == 0:  # most of that time was before the first page, and would make the link look slow for seconds
        return course
    wire = _smoothed(course.wire, (sample.processed_bytes - before.processed_bytes) / passed, passed)
    guest, done = course.guest, _memory_left(before) - _memory_left(sample)
    if sample.round == before.round and done > 0:
        guest = _smoothed(guest, done / passed, passed)
    return replace(course, wire=wire, best_wire=max(course.best_wire, wire), guest=guest)


def _smoothed(before: float | None, now: float, passed: float) -> float:
    if before is None:
        return now
    weight = 1 - exp(-passed / _SMOOTHED_OVER)
    return before + weight * (now - before)


def _next_round(course: Course, before: Sample, sample: Sample, at: float) -> Course:
    """With the running round over. What the guest has changed in it is what there is to send now, less what there was
    at the last sample, plus what was sent since: it does not depend on when exactly the round ended."""
    *earlier, last = course.rounds
    left, shrinks = _memory_left(sample), course.guest / course.wire if course.guest and course.wire else 1.0
    sent = (sample.processed_bytes - before.processed_bytes) * shrinks
    over = replace(
        last,
        lasted=at - last.began_at,
        changed=max(left - _memory_left(before) + sent, 0.0),
        throttle_percent=before.throttle_percent,
        count=max(sample.round - last.number, 1),
    )
    if last.number == 1:
        # Empty pages count as done with at no cost: how fast the first round went says nothing of the next.
        course = replace(course, sent_once=sample.full_pages * PAGE, guest=None)
    new = Round(number=sample.round, began_at=at, began_with=left)
    rounds = (*earlier, over, new)[-_ROUNDS_KEPT:]
    if sample.round > 1 and (course.smallest_round is None or left < course.smallest_round):
        return replace(course, rounds=rounds, smallest_round=left, smallest_at=at)
    return replace(course, rounds=rounds)
