"""What a host says of itself while moves run: the script with recorded files and answers."""

from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.network import Network, Role
from orchestrator.model.pulse import Readings
from orchestrator.ports import CommandResult
from orchestrator.survey.pulse import ASKED, ShellPulse
from tests.unit.survey.test_witness import Sh

A = HostName("kvm01")
ALL = (
    "round_trip_ms", "storage_round_trip_ms", "drops_per_second", "cpu_percent", "cpu_pressure", "memory_pressure",
    "io_pressure",
)  # fmt: skip
# iputils 20240905 and 20221126
PING = """PING 10.77.1.12 (10.77.1.12) 56(84) bytes of data.

--- 10.77.1.12 ping statistics ---
3 packets transmitted, 3 received, 0% packet loss, time 400ms
rtt min/avg/max/mdev = 0.016/{average}/0.031/0.003 ms"""
SILENCE = """PING 10.77.1.13 (10.77.1.13) 56(84) bytes of data.

--- 10.77.1.13 ping statistics ---
3 packets transmitted, 0 received, 100% packet loss, time 402ms
"""


class Host:
    """Files of one kernel, and what commands answer."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch, hosts: int = 4) -> None:
        self.place, self.commands = place, place / "commands"
        for folder in ("commands", "proc/pressure", "sys/class/net/eth1/statistics"):
            (place / folder).mkdir(parents=True)
        monkeypatch.setenv("PATH", f"{self.commands}:/usr/bin:/bin")
        self.command("ip", "echo '3: eth1    inet 10.77.2.11/24 brd 10.77.2.255 scope global eth1'")
        self.command("ping", f"eval last=\\${{$#}}; echo $last >>{place}/pinged; cat {place}/$last")
        self.pings("10.77.1.12", "0.020")
        self.pings("10.77.1.13", None)
        self.pings("10.77.1.14", "9.700")
        self.pings("10.77.3.12", "0.5")
        for kind, average in (("cpu", "12.50"), ("memory", "0.00"), ("io", "3.10")):
            text = f"some avg10={average} avg60=1.00 avg300=0.10 total=74769188\nfull avg10=0.00\n"
            (place / "proc/pressure" / kind).write_text(text)
        self.counts(up=100.0, idle=1000, busy=500, dropped=7)
        networks = {
            "management": Network(name="management", cidr="10.77.1.0/24", roles=frozenset({Role.MANAGEMENT})),
            "migration": Network(name="migration", cidr="10.77.2.0/24", roles=frozenset({Role.MIGRATION})),
            "storage": Network(name="storage", cidr="10.77.3.0/24", roles=frozenset({Role.STORAGE})),
        }
        self.entries = {HostName(f"kvm{n:02d}"): entry(n) for n in range(1, hosts + 1)}
        shell = Sh()
        self.pulse = ShellPulse(
            self.entries, networks, ("migration",), lambda _host: shell, proc=f"{place}/proc", sys=f"{place}/sys"
        )

    def command(self, name: str, body: str) -> None:
        (self.commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.commands / name).chmod(0o755)

    def pings(self, address: str, average: str | None) -> None:
        (self.place / address).write_text(SILENCE if average is None else PING.format(average=average) + "\n")

    def counts(self, *, up: float, idle: int, busy: int, dropped: int) -> None:
        (self.place / "proc/uptime").write_text(f"{up} 77.00\n")
        (self.place / "proc/stat").write_text(f"cpu  {busy} 0 0 {idle} 0 0 0 0 0 0\ncpu0 1 2 3\n")
        for name in ("rx_dropped", "tx_dropped", "rx_missed_errors", "rx_fifo_errors", "tx_fifo_errors"):
            counter = self.place / "sys/class/net/eth1/statistics" / name
            counter.write_text(f"{dropped if name == 'rx_dropped' else 1}\n")

    def read(self, *watched: str) -> Readings:
        said = self.pulse.read(A, watched or ALL, within=10)
        assert isinstance(said, Readings), said
        return said

    @property
    def pinged(self) -> list[str]:
        found = self.place / "pinged"
        return sorted(found.read_text().split()) if found.exists() else []


def entry(number: int) -> HostEntry:
    addresses = {"management": f"10.77.1.{number + 10}", "migration": f"10.77.2.{number + 10}"}
    if number <= 2:
        addresses["storage"] = f"10.77.3.{number + 10}"
    name = HostName(f"kvm{number:02d}")
    return HostEntry(name=name, uri="", peer_uri="", ssh="", addresses=addresses)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    return Host(tmp_path, monkeypatch)


def test_all_figures(host: Host) -> None:
    first = host.read()
    assert first.figures == {
        "cpu_pressure": 12.5, "memory_pressure": 0.0, "io_pressure": 3.1, "round_trip_ms": 0.02,
        "storage_round_trip_ms": 0.5,
    }  # fmt: skip
    assert "kvm03 does not answer" in first.detail
    host.counts(up=102.0, idle=1030, busy=570, dropped=17)
    assert {"cpu_percent": 70.0, "drops_per_second": 5.0}.items() <= {
        name: round(value, 6) for name, value in host.read().figures.items()
    }.items()


def test_only_what_is_watched_is_asked_for(host: Host) -> None:
    assert host.read("cpu_pressure").figures == {"cpu_pressure": 12.5} and host.pinged == []
    host.read("storage_round_trip_ms")
    assert host.pinged == ["10.77.3.12"]


def test_one_slow_host_decides_nothing(host: Host) -> None:
    host.pings("10.77.1.13", "0.030")
    assert host.read("round_trip_ms").figures == {"round_trip_ms": 0.03}


def test_a_few_other_hosts_are_asked_in_turn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host(tmp_path, monkeypatch, hosts=9)
    for number in range(10, 21):
        host.pings(f"10.77.1.{number}", "1.0")
    shell_of = host.pulse.read(HostName("kvm08"), ("round_trip_ms",), within=10)
    assert isinstance(shell_of, Readings)
    assert host.pinged == sorted(["10.77.1.19", "10.77.1.11", "10.77.1.12", "10.77.1.13"]) and ASKED == 4


def test_hosts_without_a_management_address_are_asked_by_the_name_that_libvirt_uses(host: Host) -> None:
    for name in (HostName("kvm02"), HostName("kvm03"), HostName("kvm04")):
        host.entries[name] = HostEntry(name=name, uri="", peer_uri=f"qemu+tls://{name}.lan/system", ssh="")
        host.pings(f"{name}.lan", "0.040")
    assert host.read("round_trip_ms").figures == {"round_trip_ms": 0.04}
    assert host.pinged == ["kvm02.lan", "kvm03.lan", "kvm04.lan"]


def test_nobody_answers(host: Host) -> None:
    for number in (12, 13, 14):
        host.pings(f"10.77.1.{number}", None)
    assert host.read("round_trip_ms").figures == {}


def test_a_kernel_without_pressure_and_a_counter_that_began_anew(host: Host) -> None:
    (host.place / "proc/pressure/cpu").unlink()
    host.read()
    host.counts(up=104.0, idle=1300, busy=500, dropped=0)
    said = host.read().figures
    assert "cpu_pressure" not in said and said["drops_per_second"] == 0 and said["cpu_percent"] == 0


def test_a_host_that_booted_meanwhile_has_no_rates(host: Host) -> None:
    host.read()
    host.counts(up=3.0, idle=10, busy=10, dropped=0)
    assert not {"cpu_percent", "drops_per_second"} & host.read().figures.keys()


def test_nonsense_is_unknown(host: Host) -> None:
    (host.place / "proc/stat").unlink()
    said = host.pulse.read(A, ALL, within=10)
    assert isinstance(said, Unknown) and said.code == "host.shell"
    silent = Unknown(why="no route")

    class Dead:
        def run(self, script: str, *, within: float) -> CommandResult | Unknown:
            return silent

    assert ShellPulse(host.entries, {}, (), lambda _host: Dead()).read(A, ALL, within=1) is silent
