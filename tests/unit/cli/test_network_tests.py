"""What was measured on networks, as an operator reads it and as a document."""

import io
import json
from datetime import UTC, datetime

from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.cli.view.network_tests import age, show_test, show_tests
from orchestrator.documents import network_tests_document
from orchestrator.model.host import HostName
from orchestrator.model.network_test import DatedTest, NetworkTest

A, B = HostName("kvm01"), HostName("kvm02")
AT = datetime(2026, 11, 21, 4, 12, tzinfo=UTC)
FULL = DatedTest(
    test=NetworkTest(
        source=A, destination=B, network="migration", bytes_per_second={4: 48 * 2**20, 1: 40 * 2**20},
        round_trip_ms=0.187, mtu=9000, by="iperf3",
    ),
    at=AT,
    age_seconds=2 * 3600 + 5,
)  # fmt: skip
BARE = DatedTest(
    test=NetworkTest(source=B, destination=A, network="wan", bytes_per_second={1: 2 * 2**20}), at=AT, age_seconds=3
)


def test_one_that_has_just_ended() -> None:
    stream = io.StringIO()
    show_test(screen(stream, Options()), FULL)
    assert stream.getvalue().splitlines() == [
        "kvm01 to kvm02 over migration: 40 MiB/s in one stream, 48 MiB/s in 4 streams (measured with iperf3)",
        "Round trip of the idle network: 0.19 ms",
        "Largest packet that passes whole: 9000 B",
    ]


def test_all_that_are_kept_with_their_age(monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    stream = io.StringIO()
    show_tests(screen(stream, Options()), (FULL, BARE))
    assert [" ".join(line.split()) for line in stream.getvalue().splitlines()] == [
        "from to network round trip packet measured carries",
        "kvm01 kvm02 migration 0.19 ms 9000 B 2 h ago 40 MiB/s in one stream,",
        "48 MiB/s in 4 streams",
        "kvm02 kvm01 wan unknown unknown just now 2.0 MiB/s in one stream",
    ]


def test_none_is_kept() -> None:
    stream = io.StringIO()
    show_tests(screen(stream, Options()), ())
    assert "ferry network test SOURCE DESTINATION" in stream.getvalue()


def test_ages() -> None:
    assert [age(seconds) for seconds in (0, 59, 60, 3599, 3600, 86_399, 86_400 * 40)] == [
        "just now", "just now", "1 min ago", "59 min ago", "1 h ago", "23 h ago", "40 d ago",
    ]  # fmt: skip


def test_the_document() -> None:
    said = json.loads(json.dumps(network_tests_document((FULL,))))
    (one,) = said["tests"]
    assert (said["schema"], one["age_seconds"], one["test"]["bytes_per_second"]["4"]) == (
        "ferry.network-test/1", 7205, 48 * 2**20,
    )  # fmt: skip
