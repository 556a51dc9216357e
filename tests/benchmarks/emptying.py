"""Whether a host was emptied as it has to be, and as soon as its link allows: from what hosts, links and ferry say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tests.integration.evacuations import Places, misplaced, together

AT_MOST = 1.15  # times what no order of the same moves could be quicker than
_TOLD = 0.9  # of the bytes that passed the link, ferry must have told at least so many


@dataclass(frozen=True)
class Crossing:
    """One move as ferry tells it. sent: bytes; None: not known. offline: only a definition travelled."""

    guest: str
    destination: str
    seconds: float
    sent: int | None
    downtime_ms: int | None = None
    offline: bool = False


@dataclass(frozen=True)
class Way:
    """One way to empty the host. seconds: from the first call to the end of the last. codes: of the programs. passed:
    bytes that left the host's migration interface. most: moves at once that libvirt showed, by host. where: afterwards.
    crossings: only of ferry's own way."""

    name: str
    seconds: float
    codes: tuple[int, ...]
    passed: int
    most: Mapping[str, int]
    where: Places
    crossings: tuple[Crossing, ...] = ()


@dataclass(frozen=True)
class Expected:
    """states: guest → state in which it was, and has to be. apart: guests that must not share a host. limit: moves at
    one host at once. link: bytes per second that moves may use at the host."""

    states: Mapping[str, str]
    apart: tuple[str, ...]
    limit: int
    link: float


@dataclass(frozen=True)
class Verdict:
    """bound: seconds below which no order of ferry's moves could have been; ratio: ferry's way to that. compared: other
    way → its seconds to ferry's. complaints: what is not as it has to be; empty: it holds."""

    bound: float
    ratio: float
    compared: Mapping[str, float] = field(default_factory=dict)
    complaints: tuple[str, ...] = ()


def judge(expected: Expected, ours: Way, others: Sequence[Way], home: Places, corrupt: Sequence[str]) -> Verdict:
    """ours: by ferry. home: where all were after its restore. corrupt: guests whose memory was not what it was."""
    least = bound(ours.crossings, expected.link)
    ratio = ours.seconds / least if least else float("inf")
    slow = f"ferry took {ratio:.3f} times the bound of {least:.1f} s, at most {AT_MOST:g} are allowed"
    complaints = (
        *_of_ours(expected, ours),
        *([slow] if ratio > AT_MOST else []),
        *_of_bytes(ours),
        *(f"after the restore {one}" for one in misplaced(home, expected.states, home=True)),
        *(one for way in others for one in _not_the_same(expected, way)),
        *(f"the memory of {name} is not what it was" for name in corrupt),
    )
    compared = {way.name: way.seconds / ours.seconds for way in others}
    return Verdict(bound=least, ratio=ratio, compared=compared, complaints=complaints)


def bound(crossings: Sequence[Crossing], link: float) -> float:
    """All the bytes through the host's link without a pause, or the longest move by itself."""
    through = sum(one.sent or 0 for one in crossings) / link
    return max([through, *(one.seconds for one in crossings)])


def _of_ours(expected: Expected, way: Way) -> Iterator[str]:
    if set(way.codes) != {0}:
        yield f"ferry ended with {', '.join(map(str, way.codes))}"
    yield from (f"{way.name}: {one}" for one in misplaced(way.where, expected.states, home=False))
    yield from (f"{way.name}: {one}" for one in together(way.where, expected.apart))
    for host, most in way.most.items():
        if most > expected.limit:
            yield f"libvirt showed {most} moves at {host} at once, {expected.limit} are allowed"
    if max(way.most.values(), default=0) < expected.limit:
        yield "never as many moves at once as are allowed: the limit was never met"
    missing = sorted(set(expected.states) - {one.guest for one in way.crossings})
    if missing:
        yield f"ferry tells of no move of {', '.join(missing)}"


def _of_bytes(way: Way) -> Iterator[str]:
    """The bound stands on what ferry says was sent: the interface is the witness that it is not more than that."""
    unknown = [one.guest for one in way.crossings if one.sent is None and not one.offline]
    if unknown:
        yield f"what the moves of {', '.join(unknown)} have sent is not known"
    told = sum(one.sent or 0 for one in way.crossings)
    if told > way.passed or told < _TOLD * way.passed:
        yield f"ferry tells of {told / 1e6:.0f} MB, and {way.passed / 1e6:.0f} MB passed the link"


def _not_the_same(expected: Expected, way: Way) -> Iterator[str]:
    """A way that does not do the same is nothing to compare with."""
    if set(way.codes) - {0}:
        yield f"{way.name} ended with {', '.join(map(str, way.codes))}"
    yield from (f"{way.name}: {one}" for one in misplaced(way.where, expected.states, home=False))
