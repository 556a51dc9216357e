"""Whether ferry's own choice is as good as it has to be, from what was measured."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.benchmarks.result import Result
from tests.benchmarks.strategies import BUDGET_MS, OURS

USUAL, ALWAYS = 1.15, 1.5  # times the best: in nine cells of ten, and in every one
_SHARE = 0.9
_SHORT, _ALLOWANCE = 10.0, 2.0  # seconds: below the first, the second is allowed whatever the ratio


@dataclass(frozen=True)
class CellVerdict:
    """seconds: strategy → whole process, of those that ended within the budget. best: the quickest of them."""

    cell: str
    seconds: dict[str, float]

    @property
    def ours(self) -> float | None:
        """None: ferry's own choice did not end within the budget."""
        return self.seconds.get(OURS)

    @property
    def best(self) -> str | None:
        """None: nothing did."""
        return min(self.seconds, key=self.seconds.__getitem__, default=None)

    @property
    def ratio(self) -> float | None:
        """Ours to the best."""
        return None if self.ours is None or self.best is None else self.ours / self.seconds[self.best]

    @property
    def failed(self) -> bool:
        """Something ended within the budget, and ours did not."""
        return self.best is not None and self.ours is None

    def within(self, ratio: float) -> bool:
        """Whether ours took at most so many times the best; in short cells two seconds more are allowed."""
        if self.best is None:
            return True
        if self.ours is None:
            return False
        best = self.seconds[self.best]
        return self.ours <= max(ratio * best, best + _ALLOWANCE if best < _SHORT else 0.0)


@dataclass(frozen=True)
class Verdict:
    """Of all cells with the same consent."""

    cells: tuple[CellVerdict, ...]

    @property
    def complaints(self) -> tuple[str, ...]:
        """What is not as it has to be; empty: it holds."""
        if not any(cell.seconds for cell in self.cells):
            return ("nothing ended within the budget anywhere",)
        failed = [
            f"{cell.cell}: {cell.best} ended within the budget, ours did not" for cell in self.cells if cell.failed
        ]
        slow = [
            f"{cell.cell}: {cell.ratio:.2f} times {cell.best}"
            for cell in self.cells
            if cell.ratio is not None and not cell.within(ALWAYS)
        ]
        usual = sum(cell.within(USUAL) for cell in self.cells)
        few = [f"at most {USUAL} times the best in {usual} of {len(self.cells)} cells only"]
        return (*failed, *slow, *(few if usual < _SHARE * len(self.cells) else []))


def within_budget(result: Result) -> bool:
    """Whether the guest arrived, and stood still no longer than the budget. An unknown standstill is no proof of it."""
    return result.outcome == "migrated" and result.standstill_ms is not None and result.standstill_ms <= BUDGET_MS


def judge(results: Iterable[Result]) -> Verdict:
    """Of results with the same consent. Where a strategy was measured several times: at least half ended, by median."""
    cells: dict[str, dict[str, list[Result]]] = {}
    for result in results:
        cells.setdefault(result.cell, {}).setdefault(result.strategy, []).append(result)
    return Verdict(tuple(CellVerdict(cell, _seconds(by_strategy)) for cell, by_strategy in cells.items()))


def _seconds(by_strategy: dict[str, list[Result]]) -> dict[str, float]:
    return {name: statistics.median(ended) for name, every in by_strategy.items() if (ended := _ended(every))}


def _ended(every: Sequence[Result]) -> list[float]:
    ended = [result.process for result in every if within_budget(result)]
    return ended if 2 * len(ended) >= len(every) else []
