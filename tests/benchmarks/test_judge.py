"""The rule by which ferry's own choice is judged, what is kept of a measurement, and the pages made of it."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.benchmarks import convergence, pages
from tests.benchmarks.cells import CELLS
from tests.benchmarks.judge import judge
from tests.benchmarks.result import Result, append, of_consent, read
from tests.benchmarks.strategies import every

_ENDED = Result(
    cell="a", strategy="tcp", consent=False, round=0, outcome="migrated", process=20.0, total=19.0, downtime_ms=100
)
_CUT = replace(_ENDED, outcome="kept", process=95.0, downtime_ms=None)
_OURS = replace(_ENDED, strategy="ours")


def complaints(*results: Result) -> tuple[str, ...]:
    return judge(results).complaints


@pytest.mark.parametrize(("seconds", "held"), [(20.0, True), (22.9, True), (23.1, False), (30.1, False)])
def test_a_little_slower_than_the_best_is_enough(seconds: float, held: bool) -> None:
    assert (not complaints(_ENDED, replace(_OURS, process=seconds))) is held


def test_one_cell_of_ten_may_be_slower_but_none_much() -> None:
    cells = [replace(result, cell=str(number)) for number in range(9) for result in (_ENDED, _OURS)]
    assert complaints(*cells, _ENDED, replace(_OURS, process=29.0)) == ()
    assert complaints(*cells, _ENDED, replace(_OURS, process=31.0)) == ("a: 1.55 times tcp",)
    slower = [_ENDED, replace(_OURS, process=29.0)]
    found = complaints(*cells[:-2], *slower, *(replace(result, cell="b") for result in slower))
    assert found == ("at most 1.15 times the best in 8 of 10 cells only",)


@pytest.mark.parametrize(("best", "ours", "held"), [(4.0, 5.9, True), (4.0, 6.1, False), (9.9, 11.8, True)])
def test_two_seconds_more_are_allowed_where_it_is_short(best: float, ours: float, held: bool) -> None:
    assert (not complaints(replace(_ENDED, process=best), replace(_OURS, process=ours))) is held


def test_ours_has_to_end_wherever_anything_does() -> None:
    assert complaints(_ENDED, replace(_CUT, strategy="ours"))[0] == "a: tcp ended within the budget, ours did not"
    assert complaints(_ENDED, _OURS, replace(_ENDED, cell="b"))[0].startswith("b: tcp ended")
    assert complaints(_OURS, _CUT, replace(_CUT, cell="b"), replace(_CUT, cell="b", strategy="ours")) == ()


@pytest.mark.parametrize(("downtime", "blackout"), [(501, 100), (500, 501), (None, 501), (None, None)])
def test_a_broken_budget_is_no_end(downtime: int | None, blackout: int | None) -> None:
    broken = replace(_ENDED, strategy="nova", process=5.0, downtime_ms=downtime, blackout_ms=blackout)
    assert judge([broken, _OURS]).cells[0].best == "ours"


@pytest.mark.parametrize(("downtime", "blackout"), [(500, 400), (400, 500), (None, 500)])
def test_the_longest_standstill_counts(downtime: int | None, blackout: int) -> None:
    kept = replace(_ENDED, strategy="nova", process=5.0, downtime_ms=downtime, blackout_ms=blackout)
    assert judge([kept, _OURS]).cells[0].best == "nova"


def test_nothing_that_ended_is_nothing_that_holds() -> None:
    assert complaints() == ("nothing ended within the budget anywhere",)
    assert complaints(_CUT, replace(_CUT, strategy="ours")) == ("nothing ended within the budget anywhere",)


def test_of_several_rounds_the_median_counts_and_half_have_to_end() -> None:
    ended = [replace(_ENDED, process=seconds) for seconds in (10.0, 30.0, 11.0)]
    assert judge([*ended, _OURS]).cells[0].seconds["tcp"] == 11.0
    assert "tcp" in judge([_ENDED, _CUT]).cells[0].seconds
    assert "tcp" not in judge([_ENDED, _CUT, _CUT]).cells[0].seconds


def test_what_needs_no_consent_stands_in_both_tables() -> None:
    plain, consenting = _OURS, replace(_OURS, consent=True, process=9.0)
    assert of_consent([_ENDED, plain, consenting], consent=False) == [_ENDED, plain]
    assert of_consent([_ENDED, plain, consenting], consent=True) == [_ENDED, consenting]


def test_a_line_that_was_cut_off_is_measured_again(tmp_path: Path) -> None:
    file = tmp_path / "measurements.jsonl"
    append(file, replace(_OURS, acted=("set-bandwidth",)))
    append(file, _ENDED)
    file.write_text(file.read_text()[:-10])
    assert read(file) == [replace(_OURS, acted=("set-bandwidth",))]
    append(file, _CUT)
    assert read(file) == [replace(_OURS, acted=("set-bandwidth",)), _CUT]


def test_the_pages_tell_all_of_it(tmp_path: Path) -> None:
    results = [_ENDED, _OURS, replace(_CUT, strategy="nova"), replace(_ENDED, strategy="ovirt", downtime_ms=900)]
    convergence.write_pages(tmp_path, results)
    table = (tmp_path / "table.md").read_text()
    assert "| a | **ours** | migrated | 20.0 | 19.0 |" in table
    assert "| a | nova | kept |" in table
    assert table.count("had not acted yet") == 2  # once a table
    assert "| a | ovirt | over budget |" in table
    chart = ElementTree.fromstring(pages.svg(results, consent=False))
    texts = [element.text for element in chart.iter("{http://www.w3.org/2000/svg}text")]
    assert "not: nova, ovirt" in texts


def test_the_cells_span_what_they_have_to() -> None:
    assert len({cell.name for cell in CELLS}) == len(CELLS) >= 16
    assert {cell.link for cell in CELLS} == {"200mbit", "400mbit", "unshaped"}
    assert {cell.rate for cell in CELLS} == {0, 10, 50, 100}
    assert {cell.kind for cell in CELLS} == {"small", "incompressible", "compressible", "zero"}


def test_each_strategy_comes_first_some_time() -> None:
    strategies = every()
    order = [next(convergence.wanted(CELLS[0], strategies, turn)) for turn in range(30)]
    assert len({(strategy.name, consent) for strategy, consent in order}) == sum(len(s.consents) for s in strategies)
