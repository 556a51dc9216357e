"""The measurement of a link: both programs in both languages, against each other over the loopback."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from orchestrator.model.facts import Unknown
from orchestrator.ports import CommandResult
from orchestrator.survey import link_rate, program

LEG = "kvm01 to kvm02, migration"


def run(script: str, path: str | None = None) -> CommandResult:
    environment = {**os.environ, **({"PATH": path} if path else {})}
    shell = shutil.which("sh") or ""
    done = subprocess.run(
        [shell], input=script, capture_output=True, text=True, check=False, timeout=20, env=environment
    )
    return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(link_rate, "_SKIP", 0.02)
    monkeypatch.setattr(link_rate, "_COUNT", 0.05)


@pytest.fixture(params=["perl", "python3"])
def listener(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A PATH with only one of the languages."""
    return only(tmp_path / "listener", request.param)


@pytest.fixture(params=["perl", "python3"])
def sender(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return only(tmp_path / "sender", request.param)


def only(directory: Path, language: str) -> str:
    directory.mkdir()
    for name in ("id", "cat", "sed", "tail", language):
        real = "/usr/bin/python3" if name == "python3" else shutil.which(name)
        assert real, f"{name} is needed here"
        (directory / name).symlink_to(real)
    return str(directory)


def one_port(said: CommandResult) -> int:
    found = link_rate.ports(said, LEG)
    assert isinstance(found, tuple), found
    return found[0]


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_several_streams_are_counted_together(short: None, listener: str, sender: str, address: str) -> None:
    found: int | Unknown = 0
    for _ in range(3):  # on a busy machine one of three short streams may come too late for a rate
        said = run(link_rate.listen_script(address, "secret", streams=3), listener)
        ports = link_rate.ports(said, LEG, streams=3)
        assert isinstance(ports, tuple) and len(set(ports)) == 3
        sent = run(link_rate.send_script(address, "secret", *ports), sender)
        assert sent.stdout.count("received") == 3
        found = link_rate.rate(sent, LEG, streams=3)
        if isinstance(found, int):
            break
    assert isinstance(found, int) and found > 1_000_000, found


def test_a_stream_that_failed_makes_no_rate() -> None:
    said = CommandResult(status=0, stdout="received 3000000 600\n", stderr="10.0.0.2 port 49215: No route to host\n")
    assert link_rate.rate(said, LEG, streams=2) == Unknown(
        why="10.0.0.2 port 49215: No route to host", code="host.shell", leg=LEG
    )
    both = CommandResult(status=0, stdout="received 3000000 600\nreceived 600 600\n", stderr="")
    assert link_rate.rate(both, LEG, streams=2) == 5_001_000


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_a_link_is_measured(short: None, listener: str, sender: str, address: str) -> None:
    port = one_port(run(link_rate.listen_script(address, "secret"), listener))
    found = link_rate.rate(run(link_rate.send_script(address, "secret", port), sender), LEG)
    assert isinstance(found, int), found
    assert found > 1_000_000


def test_a_stranger_is_sent_away_and_changes_nothing(short: None, listener: str, sender: str) -> None:
    port = one_port(run(link_rate.listen_script("127.0.0.1", "secret"), listener))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as stranger:
        stranger.sendall(b"GET / ")
        assert stranger.recv(100) == b""
    assert isinstance(link_rate.rate(run(link_rate.send_script("127.0.0.1", "secret", port), sender), LEG), int)


def test_a_port_in_use_is_left_alone(short: None, listener: str) -> None:
    mine = f"127.77.{os.getpid() >> 8 & 255}.{os.getpid() & 255}"  # nobody else's tests listen here
    with socket.create_server((mine, 49215)):
        port = one_port(run(link_rate.listen_script(mine, "secret"), listener))
    assert 49208 <= port < 49215
    run(link_rate.send_script(mine, "secret", port))  # which ends the listener


def test_the_range_is_that_of_the_daemon() -> None:
    script = link_rate.RANGE.replace("/etc/libvirt/qemu.conf", '"$conf"')
    asked = '\necho "$first $last"\n'

    def range_of(text: str) -> str:
        return run(f"root() {{ printf '%s' '{text}'; }}\ntried=8{script}{asked}").stdout.strip()

    assert range_of("") == "49208 49215"
    assert range_of("migration_port_min = 50000\nmigration_port_max = 50003\n") == "50000 50003"
    assert range_of("#migration_port_max = 50003\nmigration_port_max = 50100\n") == "50093 50100"


def test_an_address_that_is_not_here_is_said(listener: str) -> None:
    found = link_rate.ports(run(link_rate.listen_script("192.0.2.1", "secret"), listener), LEG)
    assert found == Unknown(why="192.0.2.1: Cannot assign requested address", code="host.shell", leg=LEG)


def test_a_port_where_nobody_listens_is_said(sender: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = link_rate.rate(run(link_rate.send_script("127.0.0.1", "secret", port), sender), LEG)
    assert found == Unknown(why=f"127.0.0.1 port {port}: Connection refused", code="host.shell", leg=LEG)


def test_a_host_without_either_language_is_said(tmp_path: Path) -> None:
    path = only(tmp_path / "bare", "perl")
    Path(path, "perl").unlink()
    found = link_rate.ports(run(link_rate.listen_script("127.0.0.1", "secret"), path), LEG)
    assert found == Unknown(why=program.NEITHER, code="host.shell", leg=LEG)


def test_too_little_is_no_rate() -> None:
    said = CommandResult(status=0, stdout="received 0 0\n", stderr="")
    assert isinstance(link_rate.rate(said, LEG), Unknown)
    assert link_rate.rate(CommandResult(status=0, stdout="received 3000000 600\n", stderr=""), LEG) == 5_000_000


def test_a_shell_that_does_not_answer_is_the_reason() -> None:
    why = Unknown(why="no", code="host.credentials")
    assert link_rate.rate(why, LEG) is why
    assert link_rate.ports(why, LEG) is why
