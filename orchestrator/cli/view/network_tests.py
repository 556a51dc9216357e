"""What was measured on networks: a test as it ends, and all that are kept, with their age."""

from collections.abc import Sequence

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import inert, rate
from orchestrator.cli.view.tables import draw
from orchestrator.model.network_test import DatedTest, NetworkTest

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


def show_test(screen: Screen, tested: DatedTest) -> None:
    """One test in three sentences."""
    test = tested.test
    by = " (measured with iperf3)" if test.by == "iperf3" else ""
    screen.write(f"{inert(test.source)} to {inert(test.destination)} over {inert(test.network)}: {_rates(test)}{by}\n")
    screen.write(f"Round trip of the idle network: {_trip(test)}\n")
    screen.write(f"Largest packet that passes whole: {_packet(test)}\n")


def show_tests(screen: Screen, tests: Sequence[DatedTest]) -> None:
    """All that are kept."""
    if not tests:
        screen.write("No network has been tested: ferry network test SOURCE DESTINATION\n")
        return
    rows = [
        (t.source, t.destination, t.network, _trip(t), _packet(t), age(one.age_seconds), _rates(t))
        for one in tests
        for t in (one.test,)
    ]
    draw(screen, ("from", "to", "network", "round trip>", "packet>", "measured>", "carries"), rows)


def age(seconds: int) -> str:
    """3 d ago, 2 h ago, 5 min ago, just now."""
    for unit, length in (("d", _DAY), ("h", _HOUR), ("min", _MINUTE)):
        if seconds >= length:
            return f"{seconds // length} {unit} ago"
    return "just now"


def _rates(test: NetworkTest) -> str:
    words = {1: "one stream"}
    found = sorted(test.bytes_per_second.items())
    return ", ".join(f"{rate(carried)} in {words.get(number, f'{number} streams')}" for number, carried in found)


def _trip(test: NetworkTest) -> str:
    return "unknown" if test.round_trip_ms is None else f"{test.round_trip_ms:.2f} ms"


def _packet(test: NetworkTest) -> str:
    return "unknown" if test.mtu is None else f"{test.mtu} B"
