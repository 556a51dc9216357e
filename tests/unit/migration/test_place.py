"""The table of places: complete, every row reachable, every row's meaning."""

import itertools

import pytest

from orchestrator.migration.place import ROWS, Place, Says, place, says
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import Power
from orchestrator.model.sighting import Sighting


def test_the_table_covers_every_pair() -> None:
    for source, destination in itertools.product(Says, Says):
        assert isinstance(place(source, destination), Place)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[2].name}: {row[3]}")
def test_every_row_decides_some_pair(row) -> None:
    ours, theirs, _, comment = row
    decided = [
        (s, d) for s, d in itertools.product(Says, Says) if next(r for r in ROWS if s in r[0] and d in r[1]) is row
    ]
    assert decided, "an earlier row shadows this one"
    assert comment
    assert all(s in ours and d in theirs for s, d in decided)


@pytest.mark.parametrize(
    ("source", "destination", "where"),
    [
        (Says.RUNNING, Says.ABSENT, Place.SOURCE),
        (Says.RUNNING, Says.OFF, Place.SOURCE),
        (Says.LEAVING, Says.INCOMING, Place.UNDERWAY),
        (Says.STANDING, Says.INCOMING, Place.UNDERWAY),
        (Says.STANDING, Says.RUNNING, Place.SWITCHING),
        (Says.STANDING, Says.PAUSED, Place.UNDERWAY),
        (Says.LEAVING, Says.SILENT, Place.UNDERWAY),
        (Says.LEAVING, Says.RUNNING, Place.TWICE),
        (Says.HALTED, Says.RUNNING, Place.SWITCHING),
        (Says.ABSENT, Says.RUNNING, Place.DESTINATION),
        (Says.OFF, Says.PAUSED, Place.DESTINATION),
        (Says.ABSENT, Says.ABSENT, Place.NOWHERE),
        (Says.RUNNING, Says.RUNNING, Place.TWICE),
        (Says.RUNNING, Says.INCOMING, Place.UNSETTLED),
        (Says.STRANDED, Says.ABSENT, Place.STRANDED),
        (Says.STRANDED, Says.RUNNING, Place.LEFTOVER),
        (Says.ABSENT, Says.INCOMING, Place.UNSETTLED),
        (Says.SERVING, Says.FETCHING, Place.SPLIT),
        (Says.HALTED, Says.FETCHING, Place.SPLIT),
        (Says.SERVING, Says.SILENT, Place.SPLIT),
        (Says.SERVING, Says.TORN, Place.TORN),
        (Says.TORN, Says.FETCHING, Place.TORN),
        (Says.TORN, Says.SILENT, Place.TORN),
        (Says.SERVING, Says.ABSENT, Place.HALF_LOST),
        (Says.ABSENT, Says.TORN, Place.HALF_LOST),
        (Says.TORN, Says.RUNNING, Place.LEFTOVER),
        (Says.ABSENT, Says.WAITING, Place.HELD),
        (Says.OFF, Says.WAITING, Place.HELD),
        (Says.RUNNING, Says.WAITING, Place.SOURCE_AND_HELD),
        (Says.STRANDED, Says.WAITING, Place.STRANDED),
    ],
)
def test_what_the_rows_mean(source, destination, where) -> None:
    assert place(source, destination) is where


# A source that says itself what is going on.
WITNESSES = (Says.LEAVING, Says.STANDING, Says.HALTED, Says.SERVING, Says.TORN)


@pytest.mark.parametrize("other", Says)
def test_silence_is_never_absence(other) -> None:
    assert place(Says.SILENT, other) is Place.SILENT
    if other not in WITNESSES:
        assert place(other, Says.SILENT) is Place.SILENT


@pytest.mark.parametrize("other", Says)
def test_a_torn_post_copy_is_never_taken_for_a_guest_in_one_piece(other) -> None:
    whole = (Place.SOURCE, Place.DESTINATION, Place.NOWHERE, Place.STRANDED, Place.HELD)
    assert place(Says.TORN, other) not in whole
    assert place(other, Says.TORN) not in whole


@pytest.mark.parametrize(
    ("sighting", "paused_before", "expected"),
    [
        (Unknown(why="no answer"), False, Says.SILENT),
        (Sighting(power=Power.RUNNING, moving=True), False, Says.LEAVING),
        (Sighting(power=Power.PAUSED, reason="migration", moving=True), False, Says.HALTED),
        (Sighting(power=Power.PAUSED, reason="user", moving=True), True, Says.STANDING),
        (Sighting(power=Power.PAUSED, reason="user", moving=True), False, Says.STANDING),
        (Sighting(power=Power.PAUSED, reason="migration"), False, Says.STRANDED),
        (Sighting(power=Power.PAUSED, reason="migration"), True, Says.PAUSED),
        (Sighting(power=Power.PAUSED, reason="user"), False, Says.PAUSED),
        (Sighting(power=Power.SHUT_OFF, reason="shutdown"), False, Says.OFF),
        (Sighting(power=Power.PAUSED, reason="post-copy", moving=True), False, Says.SERVING),
        (Sighting(power=Power.RUNNING, reason="post-copy"), False, Says.FETCHING),
        (Sighting(power=Power.PAUSED, reason="post-copy failed", moving=True), False, Says.TORN),
        (Sighting(power=Power.RUNNING, reason="post-copy failed"), False, Says.TORN),
        (Sighting(power=Power.INCOMING, reason="post-copy failed"), False, Says.TORN),
    ],
)
def test_reducing_a_sighting(sighting, paused_before, expected) -> None:
    assert says(sighting, paused_before=paused_before) is expected


def test_a_held_copy_waits_and_an_operators_pause_does_not() -> None:
    paused = Sighting(power=Power.PAUSED, reason="user")
    assert says(paused, paused_before=False, held=True) is Says.WAITING
    assert says(paused, paused_before=False, held=False) is Says.PAUSED
    assert says(Sighting(power=Power.PAUSED, reason="i/o error"), paused_before=False, held=True) is Says.PAUSED


def test_a_guest_paused_for_the_whole_copy_is_still_being_copied() -> None:
    halted = Sighting(power=Power.PAUSED, reason="migration", moving=True)
    assert says(halted, paused_before=False, stands=True) is Says.STANDING
