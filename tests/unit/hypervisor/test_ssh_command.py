"""The program that libvirt starts as ssh."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from orchestrator.hypervisor.ssh_command import is_ssh, program, with_program


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "run"))


@pytest.fixture
def ssh_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ssh on PATH that writes its arguments down, one a line."""
    binary = tmp_path / "bin" / "ssh"
    binary.parent.mkdir()
    binary.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/arguments\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", f"{binary.parent}:{os.environ['PATH']}")
    return tmp_path / "arguments"


def test_it_passes_the_configuration_and_never_asks(ssh_arguments: Path) -> None:
    subprocess.run([program("/etc/ferry/my config; rm x"), "--", "host", "a b"], check=True)
    said = ssh_arguments.read_text().splitlines()
    assert said[:2] == ["-F", "/etc/ferry/my config; rm x"]
    assert "BatchMode=yes" in said
    assert said[-3:] == ["--", "host", "a b"]


def test_without_a_configuration_ssh_takes_the_users_own(ssh_arguments: Path) -> None:
    subprocess.run([program(None), "host"], check=True)
    assert "-F" not in ssh_arguments.read_text().splitlines()


def test_only_this_user_may_write_it() -> None:
    file = program(None)
    assert stat.S_IMODE(file.stat().st_mode) == 0o700
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_one_file_for_all_processes(tmp_path: Path) -> None:
    assert program("a") == program("a") != program("b")
    assert len(list((tmp_path / "cache" / "ferry").iterdir())) == 2


def test_a_file_somebody_changed_is_written_again() -> None:
    file = program(None)
    file.write_text("#!/bin/sh\nexec evil\n")
    assert "evil" not in program(None).read_text()


def test_a_directory_others_can_write_is_not_used(tmp_path: Path) -> None:
    open_to_all = tmp_path / "cache" / "ferry"
    open_to_all.mkdir(parents=True)
    open_to_all.chmod(0o777)
    assert program(None).parent == tmp_path / "run" / "ferry"


@pytest.mark.parametrize(("uri", "answer"), [("qemu+ssh://h/system", True), ("qemu+tls://h/system", False)])
def test_which_uris_go_through_ssh(uri: str, answer: bool) -> None:
    assert is_ssh(uri) is answer


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("qemu+ssh://h/system", "qemu+ssh://h/system?command=/p/ssh&no_tty=1"),
        ("qemu+ssh://u@h:2/system?socket=/x", "qemu+ssh://u@h:2/system?socket=/x&command=/p/ssh&no_tty=1"),
        ("qemu+ssh://h/system?command=/mine&no_tty=0", "qemu+ssh://h/system?command=/mine&no_tty=0"),
    ],
)
def test_the_operators_parameters_stay(uri: str, expected: str) -> None:
    assert with_program(uri, Path("/p/ssh")) == expected
