"""Whether moves keep to their share of a link and share it evenly, from the link's counter and libvirt's figures."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from tests.integration.traffic import Look

TOTAL, EVEN = 0.05, 0.10  # how far the link may be from its share, and a move from the mean of the moves
SETTLED = 2.0  # seconds after which it has to be so again
_WINDOW = 2.0  # seconds over which a rate is taken
_LAST = 1.0  # seconds before the end of a move in which its last pages go at full speed
_SHORTEST = SETTLED + _WINDOW + _LAST


@dataclass(frozen=True)
class Count:
    """What the interface had sent at a moment, in bytes."""

    at: float
    sent: int


@dataclass(frozen=True)
class Phase:
    """As long as the same moves copy. lowest, highest: of the link over windows of two seconds, in bit/s, once it has
    settled. rates: guest → bit/s."""

    begin: float
    end: float
    lowest: float
    highest: float
    rates: Mapping[str, float]


@dataclass(frozen=True)
class Verdict:
    """complaints: what is not as it has to be; empty: it holds."""

    phases: tuple[Phase, ...]
    complaints: tuple[str, ...]


def judge(share: float, looks: Sequence[Look], counts: Sequence[Count], moves: int) -> Verdict:
    """share: of the link, in bit/s. looks: of the source. moves: so many are to be seen together, then one less …"""
    phases = tuple(
        Phase(begin, end, *_windows(counts, begin + SETTLED, end - _LAST), _rates(looks, names, begin, end))
        for begin, end, names in stretches(looks)
        if end - begin >= _SHORTEST
    )
    numbers = [len(phase.rates) for phase in phases]
    missing = [f"{number} moves together were not seen for long enough" for number in range(moves, 0, -1)]
    lacking = [text for number, text in zip(range(moves, 0, -1), missing, strict=True) if number not in numbers]
    return Verdict(phases, (*lacking, *(text for phase in phases for text in _of_phase(share, phase))))


def stretches(looks: Sequence[Look]) -> Iterator[tuple[float, float, frozenset[str]]]:
    """From, to, and the guests that copy: of which bytes are on their way."""
    begin, names = None, frozenset[str]()
    for look in looks:
        now = frozenset(guest for guest, sent in look.moving.items() if sent)
        if now != names:
            if begin is not None and names:
                yield begin, look.at, names
            begin, names = look.at, now
    if begin is not None and names:
        yield begin, looks[-1].at, names


def _windows(counts: Sequence[Count], begin: float, end: float) -> tuple[float, float]:
    """The lowest and the highest rate of any window between."""
    inside = [count for count in counts if begin <= count.at <= end]
    rates = []
    first = 0
    for last in inside:
        while last.at - inside[first].at >= _WINDOW:
            rates.append((last.sent - inside[first].sent) * 8 / (last.at - inside[first].at))
            first += 1
    return (min(rates), max(rates)) if rates else (0.0, 0.0)


def _rates(looks: Sequence[Look], names: frozenset[str], begin: float, end: float) -> Mapping[str, float]:
    inside = [look for look in looks if begin + SETTLED <= look.at <= end - _LAST]
    first, last = inside[0], inside[-1]
    return {
        name: (last.moving[name] - first.moving[name]) * 8 / (last.at - first.at) if last.at > first.at else 0.0
        for name in sorted(names)
    }


def _of_phase(share: float, phase: Phase) -> Iterator[str]:
    many = f"with {len(phase.rates)} moves"
    for rate in (phase.lowest, phase.highest):
        if abs(rate - share) > TOTAL * share:
            yield f"{many} the link carried {rate / 1e6:.1f} Mbit/s, not {share / 1e6:.0f}"
    mean = sum(phase.rates.values()) / len(phase.rates)
    for name, rate in phase.rates.items():
        if abs(rate - mean) > EVEN * mean:
            yield f"{many} {name} got {rate / 1e6:.1f} Mbit/s, the mean is {mean / 1e6:.1f}"


def gaps(counts: Sequence[Count]) -> float:
    """The longest time in which the counter was not looked at."""
    return max((later.at - earlier.at for earlier, later in pairwise(counts)), default=0.0)
