"""How quickly and gently guests move: ferry's own choice against other systems' ladders and against every single means.

    .venv/bin/python -m tests.benchmarks.convergence DIRECTORY [--selection] [--rounds N] [--only STRATEGY,…] [--report]

As root, in a lab of its own (or in that of FERRY_LAB_NAME, if it is up). Whole: about three hours on a quiet machine;
broken off, it goes on where it was. DIRECTORY gets measurements.jsonl, table.md, plain.svg and postcopy.svg. Answers 0
if ferry's own choice is as good as tests/benchmarks/judge.py wants it.
"""

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks import pages
from tests.benchmarks.attempt import Bench
from tests.benchmarks.cells import CELLS, SELECTION, Cell
from tests.benchmarks.judge import judge
from tests.benchmarks.lab_as_found import lab_as_found, name_of_lab
from tests.benchmarks.result import Result, append, of_consent, read
from tests.benchmarks.strategies import CUT_SECONDS, OURS, Strategy, every
from tests.integration.moves import intact
from tests.lab.protocol import Lab

SELECTED = (OURS, "xbzrle", "zstd", "post-copy")
SELECTION_CUT_SECONDS = 35.0  # so that the selection takes five minutes


def wanted(cell: Cell, strategies: Sequence[Strategy], turn: int) -> Iterator[tuple[Strategy, bool]]:
    """What is measured in a cell, begun each time with another one, so that none always comes first."""
    each = [(strategy, consent) for strategy in strategies for consent in strategy.consents]
    first = turn % len(each)
    yield from each[first:] + each[:first]


def measure(
    lab: Lab, file: Path, cells: Sequence[Cell], strategies: Sequence[Strategy], rounds: int, cut_seconds: float
) -> None:
    """All that is not in the file yet. After each cell the guest has to find its memory as it should be."""
    done = {result.key for result in read(file)}
    for number in range(rounds):
        for turn, cell in enumerate(cells):
            bench = Bench(lab, cell, cut_seconds)
            left = [
                (strategy, consent)
                for strategy, consent in wanted(cell, strategies, turn + number)
                if (cell.name, strategy.name, consent, number) not in done
            ]
            if left:
                bench.prepare()
            for strategy, consent in left:
                result = bench.measure(strategy, consent=consent, number=number)
                append(file, result)
                print(told(result), flush=True)
            if left:
                intact(lab, cell.guest.name)
            lab.destroy_guest(cell.guest.name)
    lab.mend()


def told(result: Result) -> str:
    """One line of progress."""
    consent = " +postcopy" if result.consent else ""
    downtime = "" if result.downtime_ms is None else f", downtime {result.downtime_ms} ms"
    return (
        f"{result.cell}: {result.strategy}{consent}: {result.outcome} in {result.process:.1f} s{downtime} {result.why}"
    )


def write_pages(directory: Path, results: Sequence[Result]) -> None:
    """Table and charts of all that was measured."""
    (directory / "table.md").write_text(pages.markdown(results))
    (directory / "plain.svg").write_text(pages.svg(results, consent=False))
    (directory / "postcopy.svg").write_text(pages.svg(results, consent=True))


def complaints(results: Sequence[Result]) -> list[str]:
    """What is not as it has to be, with either consent."""
    return [
        f"{'with' if consent else 'without'} post-copy: {text}"
        for consent in (False, True)
        for text in judge(of_consent(results, consent=consent)).complaints
    ]


def main(arguments: Sequence[str]) -> int:
    """Measure, write the pages, judge."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.convergence")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--selection", action="store_true", help="a few cells and strategies, five minutes")
    parser.add_argument("--rounds", type=int, default=1, help="how often each is measured")
    parser.add_argument("--only", default="", help="strategies, separated by commas")
    parser.add_argument("--cell", default="", help="only cells whose name contains this")
    parser.add_argument("--report", action="store_true", help="write the pages anew, and measure nothing")
    asked = parser.parse_args(arguments)
    asked.directory.mkdir(parents=True, exist_ok=True)
    file = asked.directory / "measurements.jsonl"
    if not asked.report:
        names = set(asked.only.split(",")) if asked.only else set(SELECTED) if asked.selection else None
        strategies = [strategy for strategy in every() if names is None or strategy.name in names]
        cells = [cell for cell in (SELECTION if asked.selection else CELLS) if asked.cell in cell.name]
        in_lab(file, cells, strategies, asked.rounds, SELECTION_CUT_SECONDS if asked.selection else CUT_SECONDS)
    results = read(file)
    write_pages(asked.directory, results)
    found = complaints(results)
    print("\n".join(found) or "ferry's own choice holds")
    return 1 if found else 0


def in_lab(file: Path, cells: Sequence[Cell], strategies: Sequence[Strategy], rounds: int, cut: float) -> None:
    """In a lab that is up already, or in one made for it."""
    with lab_as_found(name_of_lab("convergence")) as lab:
        measure(lab, file, cells, strategies, rounds, cut)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
