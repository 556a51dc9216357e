"""Colour, width and symbols follow the stream."""

import errno
import sys

import pytest

from orchestrator.cli.options import Options
from orchestrator.cli.view.console import UNLIMITED, can_be_redrawn, screen
from orchestrator.cli.view.tables import marked
from orchestrator.cli.view.tone import Glyphs, Tone
from tests.unit.cli.test_sinks import Stream


def drawn(stream, **options):
    shown = screen(stream, Options(**options))
    shown.show(marked(shown, Tone.GOOD, "up"))
    return stream.getvalue()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_no_colour_off_a_terminal():
    assert drawn(Stream()) == "✔ up\n"


def test_colour_on_a_terminal():
    assert drawn(Stream(terminal=True)) == "\x1b[32m✔ up\x1b[0m\n"


@pytest.mark.parametrize(
    ("variable", "value", "terminal", "colored"),
    [
        ("NO_COLOR", "1", True, False),
        ("NO_COLOR", "", True, True),
        ("FORCE_COLOR", "1", False, True),
        ("TERM", "dumb", True, False),
    ],
)
def test_the_environment_is_obeyed(monkeypatch, variable, value, terminal, colored):
    monkeypatch.setenv(variable, value)
    assert ("\x1b[32m" in drawn(Stream(terminal=terminal))) is colored


def test_the_command_line_wins(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" in drawn(Stream(), color="always")
    assert "\x1b" not in drawn(Stream(terminal=True), color="never")


def test_a_table_in_a_pipe_is_never_cut():
    assert screen(Stream(), Options()).console.width == UNLIMITED


def test_glyphs_follow_the_encoding():
    assert Glyphs.for_encoding("utf-8").symbol(Tone.BAD) == "✘"
    for encoding in ("ascii", "iso-8859-1", None, "no-such-codec"):
        assert Glyphs.for_encoding(encoding).symbol(Tone.BAD) == "x"


def test_a_dumb_terminal_is_not_redrawn(monkeypatch):
    assert can_be_redrawn(Stream(terminal=True))
    assert not can_be_redrawn(Stream())
    monkeypatch.setenv("TERM", "dumb")
    assert not can_be_redrawn(Stream(terminal=True))


class Failing(Stream):
    """Every write fails in the same way."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, _text):
        raise OSError(self.number, "no")


@pytest.mark.parametrize(("number", "lost"), [(errno.EPIPE, False), (errno.EIO, False), (errno.ENOSPC, True)])
def test_a_stream_that_fails_ends_nothing_but_a_lost_answer_is_remembered(monkeypatch, number, lost):
    options = Options()
    stream = Failing(number)
    monkeypatch.setattr(sys, "stdout", stream)
    shown = screen(stream, options)
    shown.write("answer\n")
    shown.write("more\n")
    assert (options.lost is not None) is lost
