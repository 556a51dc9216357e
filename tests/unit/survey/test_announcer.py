"""Gratuitous ARP for a guest: when it is sent, with what, and when it is refused."""

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.model.effect import Done, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey import announcer
from orchestrator.survey.announcer import ShellAnnouncer
from tests.unit.survey.builders import move

KNOWN = replace(move(), probe_address="10.0.4.21")
ONE = "vnet3   bridge   br0   virtio   52:54:00:aa:bb:cc\n"


class Host:
    """A host with a virsh, a perl and a sudo of its own; runs scripts with these."""

    def __init__(self, directory: Path, listed: str, *, uid: int = 0, bridge: bool = True) -> None:
        self._bin, self._net = directory / "bin", directory / "net"
        self._bin.mkdir()
        self._command("virsh", f"cat <<'END'\n{listed}END")
        self._command("perl", f'[ "$1" = -e ] || exit 0\nshift 2; echo "$@" >{directory}/sent; echo sent')
        self._command("id", f"echo {uid}")
        self._command("sudo", "echo 'sudo: a password is required' >&2; exit 1")
        for name in ("vnet3", "vnet4", "br0"):
            (self._net / name).mkdir(parents=True)
        (self._net / "vnet3/master").symlink_to("../br0")
        (self._net / "br0/ifindex").write_text("17\n")
        if bridge:
            (self._net / "br0/bridge").mkdir()
        self.sent = directory / "sent"

    def _command(self, name: str, text: str) -> None:
        path = self._bin / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        environment = {**os.environ, "PATH": f"{self._bin}:{os.environ['PATH']}"}
        here = script.replace("/sys/class/net", str(self._net))
        done = subprocess.run(
            ["sh"], input=here, capture_output=True, text=True, check=False, timeout=20, env=environment
        )
        return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


class Says:
    def __init__(self, answer: CommandResult | Unknown) -> None:
        self._answer = answer

    def run(self, script: str, *, within: float) -> CommandResult | Unknown:
        return self._answer


def test_mac_bridge_and_address_are_those_of_the_guest(tmp_path: Path) -> None:
    host = Host(tmp_path, ONE)
    assert ShellAnnouncer(host).announce(KNOWN, within=5) == Done()
    assert host.sent.read_text() == f"17 52:54:00:aa:bb:cc 10.0.4.21 {announcer._TIMES}\n"


@pytest.mark.parametrize(
    ("listed", "more", "why"),
    [
        ("", {}, "it has 0 network interfaces there, and which of them has 10.0.4.21 is not known"),
        (ONE + ONE.replace("3", "4"), {}, "it has 2 network interfaces there, and which of them has 10.0.4.21"),
        (ONE, {"bridge": False}, "its interface vnet3 is not plugged into a Linux bridge"),
        (ONE.replace("vnet3", "vnet4"), {}, "its interface vnet4 is not plugged into a Linux bridge"),
        (ONE, {"uid": 1000}, "only root can send it, and sudo -n refuses to run perl or python3"),
    ],
)
def test_it_is_refused_and_nothing_is_sent(tmp_path: Path, listed: str, more: dict[str, int], why: str) -> None:
    host = Host(tmp_path, listed, **more)  # type: ignore[arg-type]
    effect = ShellAnnouncer(host).announce(KNOWN, within=5)
    assert isinstance(effect, Refused)
    assert effect.why.startswith(why)
    assert not host.sent.exists()


def test_a_guest_that_is_not_there_is_refused_in_libvirts_words(tmp_path: Path) -> None:
    host = Host(tmp_path, ONE)
    (tmp_path / "bin/virsh").write_text("#!/bin/sh\necho 'error: failed to get domain' >&2; exit 1\n")
    assert ShellAnnouncer(host).announce(KNOWN, within=5) == Refused(
        why="error: failed to get domain", code="host.shell"
    )


@pytest.mark.parametrize(
    ("address", "why"),
    [(None, "the address of web is not known"), ("fd00::21", "fd00::21 is no IPv4 address, and ARP knows no other")],
)
def test_without_an_address_of_arp_no_host_is_asked(address: str | None, why: str) -> None:
    shell = Says(CommandResult(status=0, stdout="sent\n", stderr=""))
    effect = ShellAnnouncer(shell).announce(replace(KNOWN, probe_address=address), within=5)
    assert effect == Refused(why=why, code="host.shell")


def test_no_answer_leaves_it_unclear() -> None:
    assert ShellAnnouncer(Says(Unknown(why="cut off"))).announce(KNOWN, within=5) == Unclear(why="cut off")
    broken = CommandResult(status=0, stdout="failed\n", stderr="Network is down\n")
    assert ShellAnnouncer(Says(broken)).announce(KNOWN, within=5) == Unclear(why="Network is down")
