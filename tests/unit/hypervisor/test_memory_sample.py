"""What is told of pages."""

import random

import pytest

from orchestrator.hypervisor.memory_sample import PAGE, difference, judge

EMPTY = bytes(PAGE)
NOISE = random.Random(1).randbytes(PAGE)
TEXT = (b"the same words over and over again " * 200)[:PAGE]


def changed(page: bytes, *places: int) -> bytes:
    made = bytearray(page)
    for place in places:
        made[place] ^= 0xFF
    return bytes(made)


def test_an_idle_guest_of_empty_pages() -> None:
    said = judge([EMPTY] * 4, [EMPTY] * 4)
    assert (said.pages, said.zero, said.compressed, said.changed, said.delta) == (4, 1.0, 0.0, 0.0, None)


def test_shares() -> None:
    said = judge([EMPTY, NOISE, NOISE, TEXT], [EMPTY, NOISE, changed(NOISE, 7), TEXT])
    assert (said.zero, said.changed) == (0.25, 0.25)
    assert said.delta == pytest.approx(3 / PAGE), "one run of equal bytes, one of a single different one"


def test_how_well_pages_compress() -> None:
    assert judge([NOISE], [NOISE]).compressed == 1.0, "a page never grows on the wire"
    assert judge([TEXT], [TEXT]).compressed < 0.05


def test_how_well_the_pages_that_change_compress() -> None:
    said = judge([NOISE, TEXT, EMPTY], [NOISE, changed(TEXT, 5), NOISE])
    assert said.changed_compressed is not None
    assert said.changed_compressed == pytest.approx((1 + judge([TEXT], [changed(TEXT, 5)]).compressed) / 2)
    assert judge([NOISE], [NOISE]).changed_compressed is None


@pytest.mark.parametrize(
    ("places", "size"),
    [
        ((0,), 3),  # no equal bytes before it
        ((200,), 2 + 1 + 1),  # the length of a long run takes two bytes
        ((10, 11, 12), 1 + 1 + 3),
        ((10, 50), 2 * (1 + 1 + 1)),
    ],
)
def test_the_size_of_a_difference(places: tuple[int, ...], size: int) -> None:
    assert difference(NOISE, changed(NOISE, *places)) == size


def test_what_does_not_get_shorter_is_sent_whole() -> None:
    assert difference(NOISE, random.Random(2).randbytes(PAGE)) == PAGE
    assert difference(NOISE, changed(NOISE, *range(0, PAGE, 2))) == PAGE
