"""Quantities as people read them, and foreign text that no terminal obeys."""

import shlex
import time
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.cli.view import format as shown

GIB = 2**30


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 KiB"),
        (1024, "1.0 KiB"),
        (int(9.8 * GIB), "9.8 GiB"),
        (int(9.96 * GIB), "10 GiB"),
        (32 * GIB, "32 GiB"),
        (1000 * GIB, "1.0 TiB"),
        (2**60, "1024 PiB"),
    ],
)
def test_size(value, text):
    assert shown.size(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0:00"), (-5, "0:00"), (31_000, "0:31"), (724_000, "12:04"), (3_753_000, "1:02:33")]
)
def test_duration(value, text):
    assert shown.duration(value) == text


def test_version():
    assert shown.version(11_003_000) == "11.3.0"
    assert shown.version(10_000_002) == "10.0.2"


def test_unknown_is_not_zero():
    assert shown.milliseconds(None) == "unknown"
    assert shown.milliseconds(0) == "0 ms"


def test_clock_is_local(monkeypatch):
    assert len(shown.clock(datetime(2026, 11, 21, tzinfo=UTC))) == len("04:12:00")


@given(st.text())
def test_inert_text_has_nothing_a_terminal_obeys(text):
    categories = {unicodedata.category(c) for c in shown.inert(text)}
    assert not categories & {"Cc", "Cf", "Cs", "Zl", "Zp"}


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_ordinary_text_stays_as_it_is(text):
    assert shown.inert(text) == text


def test_lone_surrogates_of_a_foreign_file_name_can_be_shown():
    assert shown.inert("a\udcff").encode() == b"a\\udcff"


@pytest.mark.parametrize("name", ["web-01", "$(id)", "a b", "it's", r"back\1slash", "-rf"])
def test_commands_are_quoted_for_a_shell(name):
    words = shlex.split(shown.command("ferry check GUEST --to HOST", GUEST=name, HOST="kvm02"))
    assert words == ["ferry", "check", name, "--to", "kvm02"]


def test_a_word_inside_another_is_left_alone():
    assert shown.command("GUESTS of HOSTS", GUEST="x", HOST="y") == "GUESTS of HOSTS"


def test_what_is_kept_has_the_same_time_on_every_machine(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        moment = datetime(2026, 11, 21, 23, 12, 9, tzinfo=UTC)
        assert (shown.day(moment), shown.kept_clock(moment)) == ("2026-11-21 23:12 UTC", "23:12:09 UTC")
        assert shown.clock(moment) == "00:12:09"
    finally:
        monkeypatch.undo()
        time.tzset()
