"""Which number wins, and that every number an error asks for is one the documentation knows."""

import itertools
import re

import pytest

from orchestrator.catalogue import CATALOGUE
from orchestrator.cli import exit_codes
from orchestrator.cli.running import of_run
from orchestrator.cli.view.explanations import find
from orchestrator.migration.exit_code import PRECEDENCE as OF_RUNS
from tests.architecture.exit_code_page import PAGE, page
from tests.screens import world


@pytest.mark.parametrize(
    ("codes", "wins"),
    [
        ([], 0),
        ([0, 75], 75),
        ([4, 75], 4),
        ([4, 5], 5),
        ([5, 6], 6),
        ([6, 1], 1),
        ([1, 130], 130),
        ([130, 70], 70),
        ([70, 7, 0], 7),
    ],
)
def test_precedence(codes, wins):
    for order in itertools.permutations(codes):
        assert exit_codes.worst(order) == wins


def test_the_engine_agrees_on_the_precedence():
    assert [c for c in exit_codes.PRECEDENCE if c != exit_codes.TERMINATED] == list(OF_RUNS)


def test_every_error_asks_for_a_known_code():
    assert {entry.exit_code for entry in CATALOGUE.values()} <= set(exit_codes.MEANING)


def test_the_page_is_the_table():
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: python -m tests.architecture.exit_code_page"
    documented = {int(n) for n in re.findall(r"^\| `?(\d+)`? \|", page(), re.MULTILINE)}
    assert documented == set(exit_codes.MEANING) == set(exit_codes.PRECEDENCE) | {2, 3}


def test_a_stale_page_is_noticed():
    fewer = {code: situation for code, situation in exit_codes.SITUATIONS.items() if code != 7}
    assert page(fewer) != page()


@pytest.mark.parametrize("code", exit_codes.SITUATIONS)
def test_explain_says_what_to_do_about_each(code):
    told = {one.label: one.text for one in find(str(code)).paragraphs}
    assert told["What to do"] == exit_codes.SITUATIONS[code].act
    assert told["What it means"] == exit_codes.SITUATIONS[code].means


def test_an_open_run_answers_for_what_is_known():
    report = world.done(world.migrated("a", 1), world.unclear("b", 2), world.kept("c", 3))
    assert of_run(report) == 0
    object.__setattr__(report, "exit_code", None)
    assert of_run(report) == 1
