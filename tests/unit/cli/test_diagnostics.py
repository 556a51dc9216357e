"""An excerpt fits the screen, its caret stays under the word that is meant; a way out fits what has happened."""

import pytest
from rich.cells import cell_len

from orchestrator.catalogue import CATALOGUE
from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.cli.view.diagnostics import draw, of_move, of_problem
from orchestrator.cli.view.progress import figures
from orchestrator.errors import Place, Problem
from tests.screens import world
from tests.unit.cli.test_sinks import Stream

LONG = "hosts: {" + ", ".join(f"kvm{n:02}: {{uri: 'qemu+ssh://root@kvm{n:02}/system'}}" for n in range(20)) + "}"


def drawn(monkeypatch, *lines: str, word: str, columns: int = 80, encoding: str = "utf-8") -> list[str]:
    """The lines of the excerpt and, last, the one with the caret."""
    monkeypatch.setenv("COLUMNS", str(columns))
    stream = Stream()
    stream.encoding = encoding
    place = Place(file="f", line=9, column=lines[-1].index(word) + 1, excerpt=lines)
    draw(screen(stream, Options()), [of_problem(Problem(code="config.invalid", saw="so", place=place))])
    shown = stream.getvalue().splitlines()
    caret = next(number for number, line in enumerate(shown) if "^" in line)
    return shown[caret - len(lines) : caret + 1]


def under_caret(line: str, pointer: str) -> str:
    """What stands above the carets, counted in columns."""
    before, carets = pointer.split("^", 1)[0], pointer.count("^")
    at = next(n for n in range(len(line) + 1) if cell_len(line[:n]) == cell_len(before))
    return line[at : at + carets]


@pytest.mark.parametrize("columns", [40, 60, 80, 200])
@pytest.mark.parametrize("word", ["hosts", "kvm07", "'qemu+ssh://root@kvm12/system'", "kvm19"])
def test_a_long_line_is_cut_around_the_caret(monkeypatch, columns, word):
    *lines, pointer = drawn(monkeypatch, "store: x", LONG, word=word, columns=columns)
    assert max(map(len, (*lines, pointer))) <= columns
    assert word.startswith(under_caret(lines[-1], pointer).rstrip("…"))
    assert "…" in lines[-1]


def test_a_line_that_fits_is_whole(monkeypatch):
    line = "policy: patient"
    *lines, pointer = drawn(monkeypatch, "store: x", line, word="patient")
    assert lines[-1].endswith(line) and under_caret(lines[-1], pointer) == "patient"


def test_a_line_before_it_is_cut_on_the_right(monkeypatch):
    first, second, _ = drawn(monkeypatch, "#" * 200, "policy: patient", word="patient")
    assert first.endswith("…") and len(first) == 80
    assert second.endswith("policy: patient")


def test_wide_characters_keep_the_caret_in_its_column(monkeypatch):
    line = "名" * 60 + " wrong " + "名" * 60
    *lines, pointer = drawn(monkeypatch, line, word="wrong", columns=60)
    assert under_caret(lines[-1], pointer) == "wrong"
    assert cell_len(lines[-1]) <= 60


def test_a_stream_without_the_sign_gets_another_one(monkeypatch):
    *lines, _ = drawn(monkeypatch, LONG, word="kvm07", encoding="ascii")
    assert "~" in lines[-1] and lines[-1].isascii()


def test_where_nothing_is_narrow_nothing_is_cut(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    stream = Stream()
    place = Place(file="f", line=9, column=1, excerpt=(LONG,))
    draw(screen(stream, Options()), [of_problem(Problem(code="config.invalid", saw="so", place=place))])
    assert LONG in stream.getvalue(), "a pipe has no edge"


def too_long(**measured: int | None):
    """A guest that moved and stood still for longer than it may."""
    return world.migrated("web-01", 1, code="migration.over-budget", warnings=("it stood still",), **measured)


def test_a_long_pause_at_a_switch_to_post_copy_has_another_way_out_than_one_of_a_copy():
    report, code = too_long(), CATALOGUE["migration.over-budget"]
    told = dict(of_move(report.move, report.outcome, "r").paragraphs)
    assert told["Cause"] == code.causes and "more bandwidth" in told["Fix"]
    report = too_long(postcopy_ms=900)
    told = dict(of_move(report.move, report.outcome, "r").paragraphs)
    assert told["Cause"].startswith("At the switch to post-copy")
    assert "bandwidth" not in told["Fix"] and "transport" not in told["Fix"]
    assert told["Fix"].endswith("ferry policy explain web-01 --to kvm02")


def test_a_downtime_that_libvirt_does_not_report_after_post_copy_is_not_merely_unknown():
    assert "downtime not reported, blackout 31 ms" in figures(too_long(postcopy_ms=900, downtime_ms=None).outcome)
    assert "downtime unknown" in figures(too_long(downtime_ms=None).outcome)
