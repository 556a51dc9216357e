"""The simulator as it is calibrated from what was measured."""

import pytest

from orchestrator.model.move import State
from tests.benchmarks.cells import Cell
from tests.benchmarks.result import Result
from tests.benchmarks.strategies import every
from tests.benchmarks.uncut import Calibration, calibrate, markdown, simulate

FOUND = Calibration(setup=0.8, used_mib=290.0, unshaped=300e6, kernel=0.3)
BY_NAME = {strategy.name: strategy for strategy in every()}
IDLE = (
    (Cell("200mbit", 0, "incompressible"), "tcp"),
    (Cell("200mbit", 0, "incompressible"), "zstd"),
    (Cell("400mbit", 0, "compressible"), "tcp"),
    (Cell("unshaped", 0, "incompressible"), "tcp"),
)


def measured(cell: Cell, name: str, **more: object) -> Result:
    outcome = simulate(cell, BY_NAME[name], FOUND, cell.rate, consent=False)
    assert outcome.state is State.MIGRATED
    total = (outcome.duration_ms or 0) / 1000
    fields = {"outcome": "migrated", "process": total, "total": total, "rate": float(cell.rate), **more}
    return Result(cell=cell.name, strategy=name, consent=False, round=0, **fields)


@pytest.fixture(scope="module")
def results() -> list[Result]:
    return [measured(cell, name) for cell, name in IDLE]


def test_what_went_in_comes_out(results) -> None:
    found = calibrate(results)
    assert found.used_mib == pytest.approx(FOUND.used_mib, rel=0.05)
    assert found.unshaped == pytest.approx(FOUND.unshaped, rel=0.25)
    assert found.kernel == pytest.approx(FOUND.kernel, abs=0.1)


def test_a_ladder_that_was_cut_off_goes_on_to_its_end(results) -> None:
    cell = Cell("200mbit", 50, "incompressible")
    cut = Result(cell=cell.name, strategy="nova", consent=False, round=0, outcome="kept", process=95.0, rate=50.0)
    page = markdown([*results, cut])
    (row,) = (line for line in page.splitlines() if "| nova |" in line)
    assert "had not acted yet" in row
    assert "| kept |" in row, "twice the link: no limit that Nova allows is enough"
    assert "from 0.9" in page or "from 1.0" in page


def test_a_measurement_that_is_missing_is_named(results) -> None:
    with pytest.raises(KeyError, match="400mbit idle compressible"):
        calibrate([result for result in results if not result.cell.startswith("400mbit")])
