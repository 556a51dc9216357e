"""Numbers as libvirt writes them."""

import pytest

from orchestrator.hypervisor.documents import numbers, parse, size_bytes


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        (None, set()),
        ("", set()),
        ("3", {3}),
        ("0-3", {0, 1, 2, 3}),
        ("0-3,^2", {0, 1, 3}),
        ("0-1, 8,10-11", {0, 1, 8, 10, 11}),
        ("0-7,^2-5", {0, 1, 6, 7}),
    ],
)
def test_sets_of_processors(said: str | None, meant: set[int]) -> None:
    assert numbers(said) == meant


def test_an_amount_that_is_not_there_is_not_zero() -> None:
    assert size_bytes(None) is None
    assert size_bytes(parse("<memory/>")) is None
    assert size_bytes(parse("<memory>2</memory>")) == 2048
