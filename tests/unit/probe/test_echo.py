"""Echo packets."""

import struct

import pytest

from orchestrator.probe.echo import checksum, packet


def test_a_packet_sums_to_zero() -> None:
    made = packet(8, 0x1234, 7, b"payload!")
    assert checksum(made) == 0
    assert struct.unpack("!BBHHH", made[:8])[0::3] == (8, 0x1234)


@pytest.mark.parametrize(("data", "expected"), [(b"\x00\x01\xf2\x03\xf4\xf5\xf6\xf7", 0x220D), (b"\x01", 0xFEFF)])
def test_the_example_of_rfc_1071(data: bytes, expected: int) -> None:
    assert checksum(data) == expected
