"""How far each signal stops a run."""

import signal

import pytest

from orchestrator.cli.signals import obeyed
from orchestrator.engine.stop import Stop

INT, TERM = signal.SIGINT, signal.SIGTERM


@pytest.mark.parametrize(
    ("numbers", "levels"),
    [
        ([INT, INT], [1, 2]),
        ([TERM, TERM], [1, 1]),
        ([TERM, INT, INT], [1, 1, 2]),  # the first Ctrl-C never cancels a copy, whatever came before it
        ([INT, TERM, INT], [1, 1, 2]),
    ],
)
def test_ctrl_c_counts_its_own_presses(numbers, levels):
    stop, seen = Stop(), []
    with obeyed(stop):
        for number in numbers:
            signal.raise_signal(number)
            seen.append(stop.level)
    assert seen == levels


@pytest.mark.parametrize(("numbers", "code"), [([INT], 130), ([TERM], 143), ([TERM, INT], 130)])
def test_sigterm_has_a_code_of_its_own(numbers, code):
    with obeyed(Stop()) as caught:
        for number in numbers:
            signal.raise_signal(number)
    assert caught.exit_code(130) == code
