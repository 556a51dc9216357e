"""Figures in reasons: a rate that somebody has written is said back as it was written."""

import pytest

from orchestrator.migration import figures
from orchestrator.model.units import BytesPerSecond


@pytest.mark.parametrize("written", ["9Mbit/s", "1MiB/s", "5Gbit/s", "300KiB/s", "12345kbit/s"])
def test_a_cap_as_it_was_written(written: str) -> None:
    assert figures.cap(BytesPerSecond.parse(written)) == written


def test_a_share_that_nobody_has_written() -> None:
    assert figures.cap(12_345_678) == "12 MB/s"
