"""Quantities: what is written is what was read, and what is no quantity is refused with the way to write one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.model.units import (
    Bytes,
    BytesPerSecond,
    Milliseconds,
    Quantity,
    QuantityError,
    in_whole_mebibytes,
)

KINDS = (Bytes, BytesPerSecond, Milliseconds)


@given(st.sampled_from(KINDS), st.integers(0, 2**63 - 1) | st.integers(0, 2**40).map(lambda n: n * 2**20))
def test_what_is_printed_is_read_back(kind: type[Quantity], number: int) -> None:
    value = kind(number)
    again = kind.parse(str(value))
    assert again == value
    assert type(again) is kind


@pytest.mark.parametrize(
    ("kind", "text", "number"),
    [
        (Bytes, "512 MiB", 2**29),
        (Bytes, "1.5GiB", 3 * 2**29),
        (Bytes, "0B", 0),
        (BytesPerSecond, "400Mbit", 50_000_000),
        (BytesPerSecond, "400Mbit/s", 50_000_000),
        (BytesPerSecond, "1MiB/s", 2**20),
        (BytesPerSecond, "8bit", 1),
        (Milliseconds, "300ms", 300),
        (Milliseconds, "2h", 7_200_000),
        (Milliseconds, "1.5s", 1500),
    ],
)
def test_reading(kind: type[Quantity], text: str, number: int) -> None:
    assert kind.parse(text) == number


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Bytes, "12 GiBx"),
        (Bytes, "12"),
        (Bytes, "GiB"),
        (Bytes, "12GB"),
        (Bytes, "12gib"),
        (Bytes, "-1GiB"),
        (Bytes, "1e3B"),
        (Bytes, "\u0661\u0662GiB"),
        (Bytes, "1\n2GiB"),
        (Bytes, 12),
        (Bytes, True),
        (Bytes, None),
        (Bytes, Milliseconds(5)),
        (Bytes, "9" * 400 + "B"),
        (Bytes, "99999999TiB"),
        (BytesPerSecond, "4GiB"),
        (BytesPerSecond, "4Gb"),
        (Milliseconds, "300"),
        (Milliseconds, "5 min"),
        (Milliseconds, "1h30m"),
    ],
)
def test_refusals_say_how_it_is_written(kind: type[Quantity], text: object) -> None:
    with pytest.raises(QuantityError) as caught:
        kind.parse(text)
    assert caught.value.fix == kind.written
    assert "a number and" in caught.value.fix


@given(st.sampled_from(KINDS), st.text(max_size=20))
def test_any_text_is_a_quantity_or_refused(kind: type[Quantity], text: str) -> None:
    try:
        assert kind.parse(text) >= 0
    except QuantityError as error:
        assert error.saw


@pytest.mark.parametrize(
    ("written", "taken"),
    [
        ("9Mbit", "1MiB/s"),
        ("16Mbit", "1MiB/s"),
        ("1Gbit", "119MiB/s"),
        ("3MiB/s", "3MiB/s"),
        ("1bit", "1MiB/s"),
        ("8.4Mbit", "1MiB/s"),
    ],
)
def test_a_cap_as_libvirt_takes_it(written: str, taken: str) -> None:
    assert str(in_whole_mebibytes(BytesPerSecond.parse(written))) == taken
