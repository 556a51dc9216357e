"""Hyper-V's number for bandwidth, in words that need no table: smb_factor 2500 is 25 % of the network."""

from collections.abc import Sequence
from fractions import Fraction

from orchestrator.model.units import BytesPerSecond

HUNDRED_PERCENT = 10_000  # SMBBandwidthLimitFactor counts in hundredths of a percent
_GBIT = 10**9


def cap(interfaces: Sequence[BytesPerSecond], smb_factor: int, *, smb: bool = True) -> BytesPerSecond | None:
    """What all live migrations of a host may use together: the factor's part of the speed of all its interfaces.

    None without SMB as the transport, where Hyper-V has no such cap.
    """
    return BytesPerSecond(sum(interfaces) * smb_factor // HUNDRED_PERCENT) if smb else None


def translated(smb_factor: int, interfaces: Sequence[BytesPerSecond] = ()) -> str:
    """As a person says it: `25 % of all interfaces of a host`, and in Gbit/s where their speeds are known."""
    words = f"{_short(Fraction(smb_factor, 100))} % of all interfaces of a host"
    limit = cap(interfaces, smb_factor) if interfaces else None
    return words if limit is None else f"{words}: {_short(Fraction(limit * 8, _GBIT))} Gbit/s"


def _short(number: Fraction) -> str:
    return f"{float(number):.2f}".rstrip("0").rstrip(".")
