"""Whether limits held and slots were made use of, from what libvirt showed and what the journals say."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.integration.traffic import Moment

UTILISED = 0.9  # of the slots that could have been used while something waited
LEAST_SECONDS = 20.0  # that a move has to take, or the comparison says little
_FRESH, _MOSTLY = 0.25, 0.95  # seconds that a host's answer may be old, in so many of all moments
_HERTZ = 18.0  # of 20 asked for


@dataclass(frozen=True)
class Rule:
    """Moves at the same time, at each host and in all."""

    per_host: int
    total: int


@dataclass(frozen=True)
class Task:
    """One move as it was asked for, and what came of it. queued, admitted, ended: when its process asked for a slot,
    got it, and gave its verdict; of one that was killed, `ended` is None and its slot is taken as long as libvirt shows
    the move. exit_code: of its process. where: host → state of its guest, at the very end. intact: it works on and has
    found nothing wrong with its memory."""

    guest: str
    source: str
    destination: str
    queued: float | None = None
    admitted: float | None = None
    ended: float | None = None
    killed: float | None = None
    exit_code: int | None = None
    where: Mapping[str, str] | None = None
    intact: bool = False


@dataclass(frozen=True)
class Span:
    """A slot in use."""

    begin: float
    end: float
    task: Task


@dataclass(frozen=True)
class Verdict:
    """most_at_host, most_in_all: seen at once. utilisation: None, nothing ever waited. seconds: of each move as libvirt
    showed it. outlived: guest → seconds for which the move of a killed process still held its slot. complaints: what is
    not as it has to be; empty: it holds."""

    hertz: float
    most_at_host: Mapping[str, int]
    most_in_all: int
    utilisation: float | None
    longest_wait: float
    seconds: Mapping[str, float]
    outlived: Mapping[str, float]
    complaints: tuple[str, ...]


def judge(rule: Rule, tasks: Sequence[Task], moments: Sequence[Moment], kills: int) -> Verdict:
    """Moments in order, on an even beat. kills: how many processes were to die in the middle of their move."""
    seen = sights(moments)
    at_host, in_all = most(moments)
    spans = list(slots(tasks, seen))
    utilisation = utilised(rule, spans, tasks)
    hertz = (len(moments) - 1) / (moments[-1].at - moments[0].at) if len(moments) > 1 else 0.0
    outlived = {t.guest: seen[t.guest][1] - t.killed for t in tasks if t.killed is not None and t.guest in seen}
    waits = [task.admitted - task.queued for task in tasks if task.admitted is not None and task.queued is not None]
    complaints = (
        *_of_looking(moments, hertz),
        *_of_limits(rule, at_host, in_all, spans),
        *_of_tasks(tasks, seen),
        *([] if utilisation is None or utilisation >= UTILISED else [f"slots were used to {utilisation:.0%} only"]),
        *([] if utilisation is not None else ["nothing ever waited: the limit was never met"]),
        *_of_the_killed(outlived, kills),
    )
    seconds = {guest: last - first for guest, (first, last) in seen.items()}
    return Verdict(hertz, at_host, in_all, utilisation, max(waits, default=0.0), seconds, outlived, complaints)


def sights(moments: Sequence[Moment]) -> dict[str, tuple[float, float]]:
    """Guest → the first and the last moment at which libvirt showed that it moves, at either end."""
    found: dict[str, tuple[float, float]] = {}
    for moment in moments:
        for guest in moment.moving:
            found[guest] = (found[guest][0] if guest in found else moment.at, moment.at)
    return found


def most(moments: Sequence[Moment]) -> tuple[dict[str, int], int]:
    """At each host, and in all, the most moves at once."""
    at_host: Counter[str] = Counter()
    in_all = 0
    for moment in moments:
        here = Counter(host for where in moment.moving.values() for host in where)
        at_host |= here
        in_all = max(in_all, len(moment.moving))
    return dict(sorted(at_host.items())), in_all


def slots(tasks: Sequence[Task], seen: Mapping[str, tuple[float, float]]) -> Iterator[Span]:
    """From admission to verdict; of a killed process to the last that libvirt showed of its move."""
    for task in tasks:
        if task.admitted is None:
            continue
        last = seen[task.guest][1] if task.killed is not None and task.guest in seen else task.ended
        if last is not None:
            yield Span(task.admitted, last, task)


def utilised(rule: Rule, spans: Sequence[Span], tasks: Sequence[Task]) -> float | None:
    """Slot seconds used, of those that the rule and the waiting moves would have allowed while something waited."""
    waiting = [(t.queued, t.admitted, t) for t in tasks if t.queued is not None and t.admitted is not None]
    edges = sorted({edge for s in spans for edge in (s.begin, s.end)} | {queued for queued, _, _ in waiting})
    used = allowed = 0.0
    for begin, end in pairwise(edges):
        running = [span.task for span in spans if span.begin <= begin < span.end]
        idle = [task for queued, admitted, task in waiting if queued <= begin < admitted]
        if idle:
            used += len(running) * (end - begin)
            allowed += (len(running) + more(rule, running, idle)) * (end - begin)
    return used / allowed if allowed else None


def more(rule: Rule, running: Sequence[Task], waiting: Sequence[Task]) -> int:
    """How many of the waiting moves could begin beside the running ones, at most."""
    taken = Counter(host for task in running for host in (task.source, task.destination))
    ways = Counter((task.source, task.destination) for task in waiting)
    return _more(rule, taken, ways, rule.total - len(running))


def _more(rule: Rule, taken: "Counter[str]", ways: "Counter[tuple[str, str]]", left: int) -> int:
    best = 0
    for way, count in ways.items():
        if left > 0 and count and all(taken[host] < rule.per_host for host in way):
            best = max(best, 1 + _more(rule, taken + Counter(way), ways - Counter([way]), left - 1))
            if best == left:
                break
    return best


def _of_looking(moments: Sequence[Moment], hertz: float) -> Iterator[str]:
    fresh = sum(moment.age <= _FRESH for moment in moments)
    if hertz < _HERTZ or fresh < _MOSTLY * len(moments):
        yield f"looked at {hertz:.1f} Hz, {fresh} of {len(moments)} times with answers younger than {_FRESH:g} s"


def _of_limits(rule: Rule, at_host: Mapping[str, int], in_all: int, spans: Sequence[Span]) -> Iterator[str]:
    for host, count in at_host.items():
        if count > rule.per_host:
            yield f"libvirt showed {count} moves at {host} at once, {rule.per_host} are allowed"
    if in_all > rule.total:
        yield f"libvirt showed {in_all} moves at once, {rule.total} are allowed"
    for span in spans:
        beside = [other.task for other in spans if other.begin <= span.begin < other.end]
        taken = Counter(host for task in beside for host in (task.source, task.destination))
        over = [host for host, count in taken.items() if count > rule.per_host]
        if over or len(beside) > rule.total:
            where = " and ".join(over) or "in all"
            yield f"{span.task.guest} got a slot while every one was taken ({where}): {[t.guest for t in beside]}"


def _of_tasks(tasks: Sequence[Task], seen: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    for task in tasks:
        if task.guest not in seen:
            yield f"{task.guest} was never seen to move"
        elif (seconds := seen[task.guest][1] - seen[task.guest][0]) < LEAST_SECONDS:
            yield f"{task.guest} moved for {seconds:.1f} s only"
        if task.where != {task.destination: "running"}:
            yield f"{task.guest} is {dict(task.where or {})}, not running at {task.destination} alone"
        if not task.intact:
            yield f"the memory of {task.guest} is not what it was"
        if task.killed is None and task.exit_code != 0:
            ended = "never ended" if task.exit_code is None else f"ended with {task.exit_code}"
            yield f"the process of {task.guest} {ended}"


def _of_the_killed(outlived: Mapping[str, float], kills: int) -> Iterator[str]:
    struck: Collection[str] = [guest for guest, seconds in outlived.items() if seconds > 0]
    if len(struck) < kills:
        yield f"{len(struck)} processes died in the middle of a move that went on, {kills} were to"
