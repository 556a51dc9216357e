"""The sockets of a guest's QEMU: the script, run with what ss and ip have said on hosts of a lab."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.path import PathSeen, Way
from orchestrator.ports import CommandResult, HostShell
from orchestrator.survey.witness import ShellWitness, read
from tests.scenarios.simulated import Bench

# ss -tnpiHO of iproute2 6.15 while libvirt 11.3 moved a guest, with a client of another guest's display.
LIVE = (
    'ESTAB 0 0 10.77.1.11:48458 10.77.1.14:16514 users:(("libvirtd",pid=37,fd=31)) bbr bytes_sent:5297 bytes_acked:9\n'
    'ESTAB 0      0      10.77.2.11:47834 10.77.2.14:49152 users:(("qemu-system-x86",pid=195,fd=16)) bbr wscale:10,10 '
    "rto:204 rtt:1.236/1.429 ato:40 mss:1448 pmtu:1500 rcvmss:536 advmss:1448 cwnd:410 ssthresh:180 "
    "bytes_sent:15768675 bytes_retrans:2122 bytes_acked:15766554 bytes_received:8 segs_out:10932 segs_in:195\n"
    'ESTAB 0 0 10.77.2.11:47836 10.77.2.14:49152 users:(("qemu-system-x86",pid=195,fd=17)) bbr bytes_sent:1000 '
    "bytes_acked:1000\n"
    'ESTAB 0 0 10.77.2.11:40000 10.77.2.14:49153 users:(("qemu-system-x86",pid=777,fd=16)) bbr bytes_sent:7 '
    "bytes_acked:7\n"
    'ESTAB 0 0 10.77.2.11:22 10.77.2.14:50001 users:(("sshd",pid=5,fd=4)) bbr bytes_sent:99 bytes_acked:99\n'
    'SYN-SENT 0 1 10.77.2.11:40002 10.77.2.14:49154 users:(("qemu-system-x86",pid=195,fd=9)) bbr\n'
)
SIX = (
    'ESTAB 0 0 [fd00:2::11]:47834 [fd00:2::14]:49152 users:(("qemu-system-x86",pid=195,fd=16)) bbr bytes_acked:4096\n'
    'ESTAB 0 0 [::ffff:10.77.2.11]:47834 [::ffff:10.77.2.14]:49152 users:(("qemu-system-x86",pid=195,fd=16)) bbr '
    "bytes_acked:2048\n"
)
ROUTE = "10.77.2.14 from 10.77.2.11 dev migration uid 0 \\    cache "


class Sh:
    """Runs scripts here, as a host would."""

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=within)
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Host:
    """Commands that answer what was recorded."""

    def __init__(self, place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.place, self.commands = place, place / "commands"
        self.commands.mkdir()
        monkeypatch.setenv("PATH", f"{self.commands}:/usr/bin:/bin")
        self.command("id", "echo 0")
        self.says_of_links()
        self.says(LIVE)
        counter = place / "sys/class/net/migration/statistics"
        counter.mkdir(parents=True)
        (counter / "tx_bytes").write_text("15792361\n")
        (place / "proc").mkdir()

    def says_of_links(self, details: str = "<BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 veth") -> None:
        home = "3: migration    inet 10.77.2.11/24 brd 10.77.2.255 scope global migration"
        self.command("ip", f"case $* in *addr*) echo '{home}';; *link*) echo '3: migration: {details}';; "
                           f"*) echo '{ROUTE}';; esac")  # fmt: skip

    def command(self, name: str, body: str) -> None:
        (self.commands / name).write_text(f"#!/bin/sh\n{body}\n")
        (self.commands / name).chmod(0o755)

    def says(self, sockets: str) -> None:
        (self.place / "sockets").write_text(sockets)
        self.command("ss", f"cat {self.place}/sockets")

    def process(self, pid: int, uuid: str) -> None:
        made = self.place / "proc" / str(pid)
        made.mkdir()
        (made / "cmdline").write_bytes(b"\0".join(word.encode() for word in ("qemu", "-uuid", uuid, "")))

    def look(self, address: str = "10.77.2.14") -> PathSeen | Unknown:
        shell: HostShell = Sh()
        bench = Bench()
        move = bench.move(bench.guest(1), address=address)
        witness = ShellWitness(lambda _host: shell, proc=f"{self.place}/proc", sys=f"{self.place}/sys")
        return witness.look(move, within=10)


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Host:
    made = Host(tmp_path, monkeypatch)
    bench = Bench()
    made.process(195, bench.guest(1))
    made.process(777, "00000000-0000-4000-8000-00000000cafe")
    return made


def test_all_sockets_of_the_guest_and_no_others(host: Host) -> None:
    assert host.look() == PathSeen(
        ways=(
            Way(
                local="10.77.2.11", remote="10.77.2.14", sockets=2, sent_bytes=15769675, device="migration",
                device_bytes=15792361, home="migration",
            ),
        )
    )  # fmt: skip


@pytest.mark.parametrize(
    "details", ["<LOOPBACK,UP,LOWER_UP> mtu 65536", "<BROADCAST,NOARP,UP> mtu 1500 dummy minmtu 0"]
)
def test_an_address_that_belongs_to_no_cable_may_leave_by_any(host: Host, details: str) -> None:
    host.says_of_links(details)
    seen = host.look()
    assert isinstance(seen, PathSeen)
    assert [(way.device, way.home) for way in seen.ways] == [("migration", None)]


def test_without_sudo_every_copy_to_the_address_counts(host: Host) -> None:
    host.command("id", "echo 1000")
    host.command("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    seen = host.look()
    assert isinstance(seen, PathSeen) and not seen.own
    assert [(way.sockets, way.sent_bytes) for way in seen.ways] == [(3, 15769682)], "ssh is not among them"


def test_with_sudo_the_sockets_of_the_guest(host: Host) -> None:
    host.command("id", "echo 1000")
    host.command("sudo", f'[ "$*" = "-n ss -tnpiHO" ] && exec {host.commands}/ss')
    seen = host.look()
    assert isinstance(seen, PathSeen) and seen.own and seen.ways[0].sockets == 2


def test_a_guest_that_is_not_there_has_no_sockets_of_its_own(host: Host) -> None:
    (host.place / "proc/195/cmdline").unlink()
    seen = host.look()
    assert isinstance(seen, PathSeen) and not seen.own


@pytest.mark.parametrize(
    ("address", "local", "sent"),
    [("fd00:2::14", "fd00:2::11", 4096), ("10.77.2.14", "10.77.2.11", 2048), ("FD00:2:0::14", "fd00:2::11", 4096)],
)
def test_both_families_and_what_is_mapped(host: Host, address: str, local: str, sent: int) -> None:
    host.says(SIX)
    seen = host.look(address)
    assert isinstance(seen, PathSeen)
    assert [(way.local, way.sent_bytes, way.device) for way in seen.ways] == [(local, sent, "migration")]


def test_no_copy_is_no_way(host: Host) -> None:
    host.says("")
    assert host.look() == PathSeen()


def test_no_route_and_no_counter(host: Host) -> None:
    host.command("ip", "echo 'RTNETLINK answers: Network is unreachable' >&2; exit 2")
    seen = host.look()
    assert isinstance(seen, PathSeen) and (seen.ways[0].device, seen.ways[0].device_bytes) == (None, None)


def test_a_host_without_ss(host: Host) -> None:
    host.command("ss", "echo 'ss: command not found' >&2; exit 127")
    seen = host.look()
    assert isinstance(seen, Unknown) and seen.code == "host.shell" and "kvm01" in seen.leg


def test_an_address_that_is_a_name(host: Host) -> None:
    assert isinstance(host.look("kvm04"), Unknown)


def test_a_script_that_broke_off() -> None:
    said = CommandResult(status=1, stdout="owners\n", stderr="sh: broken\n")
    assert read(said, "leg") == Unknown(why="sh: broken", code="host.shell", leg="leg")


def test_the_sudoers_list_allows_what_is_asked() -> None:
    listed = (Path(__file__).parents[3] / "docs/how-to/files/ferry.sudoers").read_text()
    assert "/usr/bin/ss -tnpiHO," in listed
