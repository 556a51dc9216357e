"""A network measured on purpose: scripts against each other over the loopback, and what was recorded in a lab."""

import shutil
from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostName
from orchestrator.model.network_test import NetworkTest
from orchestrator.ports import CommandResult, HostShell
from orchestrator.survey import iperf, trip
from orchestrator.survey.pump import ShellPump
from tests.unit.survey.test_witness import Sh

A, B = HostName("kvm01"), HostName("kvm02")
LEG = "kvm01 to kvm02, migration"
# iperf3 3.18 and 3.12, cut to what counts
DONE = '{"start": {}, "end": {"sum_sent": {"bits_per_second": 1}, "sum_received": {"bits_per_second": 380000008.5}}}'
REFUSED = '{"start": {}, "error": "error - unable to connect to server: Connection refused"}'
PINGS = """PING 10.77.2.12 (10.77.2.12) 56(84) bytes of data.
64 bytes from 10.77.2.12: icmp_seq=1 ttl=64 time=0.397 ms
64 bytes from 10.77.2.12: icmp_seq=2 ttl=64 time=0.087 ms
64 bytes from 10.77.2.12: icmp_seq=3 ttl=64 time=0.110 ms
"""


class Host:
    """Commands of one host."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.commands = place / "commands"
        self.commands.mkdir()
        monkeypatch.setenv("PATH", str(self.commands))
        for name in ("sh", "id", "cat", "sed", "tail", "sleep", "setsid", "timeout", "perl"):
            found = shutil.which(name, path="/usr/bin:/bin")
            assert found, name
            (self.commands / name).symlink_to(found)
        self.command("ping", f"case \"$*\" in *'-M do -s 8972'*) exit 1 ;; *) cat {place}/pings ;; esac")
        (place / "pings").write_text(PINGS)
        self.command("ip", "echo '127.0.0.1 dev lo src 127.0.0.1'")

    def command(self, name: str, body: str) -> None:
        (self.commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.commands / name).chmod(0o755)

    def measure(self, streams: int) -> NetworkTest | Unknown:
        shell: HostShell = Sh()
        return ShellPump(lambda _host: shell).measure(
            A, B, "migration", "127.0.0.1", streams=streams, seconds=0.1
        )  # fmt: skip


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_without_iperf3_it_sends_by_itself(host: Host) -> None:
    found = host.measure(2)
    assert isinstance(found, NetworkTest), found
    assert set(found.bytes_per_second) == {1, 2} and all(rate > 1e6 for rate in found.bytes_per_second.values())
    assert (found.by, found.round_trip_ms, found.source, found.network) == ("ferry", 0.11, A, "migration")


def test_with_iperf3_on_both_hosts(host: Host) -> None:
    host.command("iperf3", f"case $1 in -s) sleep 1 ;; *) echo '{DONE}' ;; esac")
    found = host.measure(4)
    assert isinstance(found, NetworkTest), found
    assert (found.by, found.bytes_per_second) == ("iperf3", {1: 47500001, 4: 47500001})


def test_an_iperf3_that_is_refused_is_the_answer(host: Host) -> None:
    host.command("iperf3", f"case $1 in -s) sleep 1 ;; *) echo '{REFUSED}'; exit 1 ;; esac")
    said = host.measure(1)
    assert said == Unknown(
        why="error - unable to connect to server: Connection refused", code="host.shell", leg=LEG
    )  # fmt: skip


def test_an_iperf3_that_finds_no_port(host: Host) -> None:
    host.command("iperf3", "exit 1")
    said = host.measure(1)
    assert isinstance(said, Unknown) and "can listen at no port from 49208 to 49215" in said.why


def test_a_host_without_ping(host: Host) -> None:
    (host.commands / "ping").unlink()
    found = host.measure(1)
    assert isinstance(found, NetworkTest) and (found.round_trip_ms, found.mtu) == (None, None)


def test_the_largest_packet_that_passes() -> None:
    said = CommandResult(status=0, stdout="trip 0.397\ntrip 0.087\ntrip 0.110\nwhole 1280\nwhole 1500\n", stderr="")
    assert (trip.mtu(said), trip.trip_ms(said)) == (1500, 0.11)
    assert trip.mtu(Unknown(why="no")) is None and trip.trip_ms(CommandResult(status=1, stdout="", stderr="")) is None
    assert "- 48" in trip.script("fd00::1") and "- 28" in trip.script("10.0.0.1")


def test_iperf3_that_received_nothing_or_said_nothing() -> None:
    nothing = CommandResult(status=0, stdout='{"end": {"sum_received": {"bits_per_second": 0}}}', stderr="")
    assert isinstance(iperf.rate(nothing, LEG), Unknown)
    cut = iperf.rate(CommandResult(status=124, stdout="", stderr=""), LEG)
    assert isinstance(cut, Unknown) and "124" in cut.why
    silent = Unknown(why="no", code="host.credentials")
    assert iperf.rate(silent, LEG) is silent
