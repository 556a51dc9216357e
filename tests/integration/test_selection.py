"""Some minutes of tests/benchmarks/convergence.py. Other tests run beside it, so that ends count here, and no times."""

from pathlib import Path

import pytest

from tests.benchmarks import convergence
from tests.benchmarks.cells import SELECTION, Cell
from tests.benchmarks.result import Result, read
from tests.benchmarks.strategies import OURS, every
from tests.lab.protocol import Lab


def _name(cell: Cell) -> str:
    return cell.name


@pytest.mark.lab
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "cell", [SELECTION[0], *(pytest.param(cell, marks=pytest.mark.benchmark) for cell in SELECTION[1:])], ids=_name
)
def test_ferrys_own_choice_arrives_where_a_single_means_does(lab: Lab, cell, tmp_path: Path) -> None:
    strategies = [strategy for strategy in every() if strategy.name in convergence.SELECTED]
    file = tmp_path / "measurements.jsonl"
    convergence.measure(lab, file, [cell], strategies, 1, convergence.SELECTION_CUT_SECONDS)
    results = read(file)
    convergence.write_pages(tmp_path, results)
    table = (tmp_path / "table.md").read_text()
    assert all(strategy.name in table for strategy in strategies)
    assert {(result.strategy, result.consent) for result in results} == {
        (strategy.name, consent) for strategy in strategies for consent in strategy.consents
    }
    for consent in (False, True):
        others = [r for r in results if r.strategy != OURS and r.consent <= consent and _arrived(r)]
        ours = next(r for r in results if r.strategy == OURS and r.consent is consent)
        assert _arrived(ours) or not others, f"{ours}; the others: {others}"


def _arrived(result: Result) -> bool:
    return result.outcome == "migrated"
