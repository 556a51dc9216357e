"""What was measured on purpose on a network between two hosts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from orchestrator.model.host import HostName


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTest:
    """One measurement. bytes_per_second: number of streams → what they carried together, payload only.

    round_trip_ms: the median of an idle network. mtu: the largest packet that passed whole, its headers included.
    None: not found out. by: what sent the bytes.
    """

    source: HostName
    destination: HostName
    network: str
    bytes_per_second: Mapping[int, int]
    round_trip_ms: float | None = None
    mtu: int | None = None
    by: Literal["iperf3", "ferry"] = "ferry"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedTest:
    """A test with its time, and its age when it was asked for."""

    test: NetworkTest
    at: datetime
    age_seconds: int
