"""What is watched while moves run: on a breach they get less, then nothing more begins; and back again, slowly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from orchestrator.model.policy import GuardRule

HALF, QUARTER, CLOSED = 1, 2, 3
_BELOW = 0.8  # of `above`, where a rule does not say when it is over
_FACTORS = {0: Fraction(1), HALF: Fraction(1, 2)}
_WORDS = {
    "round_trip_ms": "the round trip to other hosts is {:g} ms, above {:g} ms",
    "storage_round_trip_ms": "the round trip to the storage is {:g} ms, above {:g} ms",
    "drops_per_second": "{:g} packets a second are dropped, above {:g}",
    "cpu_percent": "{:g} % of the processors are in use, above {:g} %",
    "cpu_pressure": "something waits for a processor {:g} % of the time, above {:g} %",
    "memory_pressure": "something waits for memory {:g} % of the time, above {:g} %",
    "io_pressure": "something waits for disks {:g} % of the time, above {:g} %",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarding:
    """Where the guard of one host stands.

    level: 0 free, 1 moves get half of their share, 2 a quarter, 3 and nothing more begins. because: the breach that
    led there, in words; "" at level 0. breached: rule → since when it is breached, or since the last step up; calm:
    since when all rules are over, or since the last step down; in seconds of the caller's clock.
    """

    level: int = 0
    because: str = ""
    breached: Mapping[GuardRule, float] = field(default_factory=dict)
    calm: float | None = None

    @property
    def factor(self) -> Fraction:
        """What is left of the share of the moves at that host."""
        return _FACTORS.get(self.level, Fraction(1, 4))

    @property
    def closed(self) -> bool:
        """Whether nothing more may begin there."""
        return self.level >= CLOSED


def watch(before: Guarding, readings: Mapping[str, float], rules: Sequence[GuardRule], at: float) -> Guarding:
    """The guard after one more look. Each level up needs a breach that lasts, each level down that all is over for as
    long; between `below` and `above` nothing changes. What could not be read is neither a breach nor over."""
    breached = {rule: before.breached.get(rule, at) for rule in rules if readings.get(rule.watch, 0) > rule.above}
    lasting = [rule for rule, since in breached.items() if (at - since) * 1000 >= rule.lasting]
    if lasting:
        up = min(before.level + 1, CLOSED)
        words = _WORDS[lasting[0].watch].format(readings[lasting[0].watch], lasting[0].above)
        return Guarding(level=up, because=words, breached=breached | dict.fromkeys(lasting, at))
    if before.level == 0 or not all(_over(rule, readings) for rule in rules):
        return Guarding(level=before.level, because=before.because, breached=breached)
    calm = at if before.calm is None else before.calm
    if (at - calm) * 1000 < max((rule.lasting for rule in rules), default=0):
        return Guarding(level=before.level, because=before.because, calm=calm)
    down = before.level - 1
    return Guarding(level=down, because=before.because if down else "", calm=at)


def _over(rule: GuardRule, readings: Mapping[str, float]) -> bool:
    below = rule.above * _BELOW if rule.below is None else rule.below
    return rule.watch in readings and readings[rule.watch] <= below
