"""No yes, no change."""

import io
import sys

import pytest

from orchestrator.cli import consent
from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.errors import OrchestratorError
from tests.unit.cli.test_sinks import Stream


class Keyboard(io.StringIO):
    """A terminal with somebody at it."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("typed", "agreed"),
    [("y\n", True), ("yes\n", True), (" Y \n", True), ("n\n", False), ("\n", False), ("", False), ("yellow\n", False)],
)
def test_only_yes_is_yes(monkeypatch, typed, agreed):
    monkeypatch.setattr(sys, "stdin", Keyboard(typed))
    stream = Stream(terminal=True)
    assert consent.ask("Move 2 guests now?", screen(stream, Options())) is agreed
    assert stream.getvalue().startswith("Move 2 guests now? [y/N] ")


def test_without_a_terminal_yes_is_needed(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with pytest.raises(OrchestratorError) as refused:
        consent.demand(yes=False, options=Options())
    assert refused.value.exit_code == 2


def test_a_closed_stdin_is_no_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(OrchestratorError):
        consent.demand(yes=False, options=Options())


def test_unattended_never_asks_even_on_a_terminal(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr(sys, "stderr", Stream(terminal=True))
    with pytest.raises(OrchestratorError):
        consent.demand(yes=False, options=Options(unattended=True))


def test_a_given_yes_is_enough(monkeypatch):
    monkeypatch.setattr(sys, "stdin", None)
    consent.demand(yes=True, options=Options(unattended=True))


def test_on_a_terminal_it_can_be_asked(monkeypatch):
    monkeypatch.setattr(sys, "stdin", Keyboard())
    monkeypatch.setattr(sys, "stderr", Stream(terminal=True))
    consent.demand(yes=False, options=Options())
