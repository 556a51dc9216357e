"""A fix that begins a move keeps the destination that was asked for."""

import pytest

from orchestrator.model.host import HostName
from orchestrator.operations.propose import keep_destination


@pytest.mark.parametrize(
    ("fix", "kept"),
    [
        ("ferry migrate web-01 --mode pause", "ferry migrate web-01 --to kvm02 --mode pause"),
        ("ferry migrate kvm03/web-01", "ferry migrate kvm03/web-01 --to kvm02"),
        ("Start it: x; ferry migrate web-01; y", "Start it: x; ferry migrate web-01 --to kvm02; y"),
        (
            "Move it live: ferry migrate web-01   Or have it shut down for the move: --mode cold",
            "Move it live: ferry migrate web-01 --to kvm02   Or have it shut down for the move: --mode cold",
        ),
        ("Name it: ferry migrate kvm01/web-01 --to kvm04; or", "Name it: ferry migrate kvm01/web-01 --to kvm04; or"),
        ("ferry migrate kvm02/web-01", "ferry migrate kvm02/web-01"),
        ("ferry status", "ferry status"),
    ],
)
def test_the_destination_stays(fix: str, kept: str) -> None:
    assert keep_destination(fix, HostName("kvm02")) == kept
