"""Scripts over a real SSH connection on the loopback."""

import logging
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paramiko
import pytest

from orchestrator.model.facts import Unknown
from orchestrator.model.host import HostEntry, HostName
from orchestrator.ports import CommandResult
from orchestrator.ssh.shell import SshShell
from tests.unit.ssh.server import Server, write_key

KEY = paramiko.ECDSAKey.generate()
LEG = "controller to kvm01, ssh"


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(KEY)
    yield made
    made.close()


@pytest.fixture
def shell(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., SshShell]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = write_key(tmp_path / "key", KEY)
    known = tmp_path / "known_hosts"
    known.write_text(f"[127.0.0.1]:{server.port} {server.host_key.get_name()} {server.host_key.get_base64()}\n")

    def make(*, key: Path = key, known: Path = known, port: int = server.port) -> SshShell:
        config = tmp_path / "config"
        config.write_text(
            f"Host kvm01\n HostName 127.0.0.1\n Port {port}\n User root\n IdentityFile {key}\n IdentitiesOnly yes\n"
            f" UserKnownHostsFile {known}\n GlobalKnownHostsFile /dev/null\n"
        )
        return SshShell(HostEntry(name=HostName("kvm01"), uri="", peer_uri="", ssh="kvm01"), config=str(config))

    return make


def refused(answer: CommandResult | Unknown, code: str, *words: str) -> None:
    assert isinstance(answer, Unknown), answer
    assert (answer.code, answer.leg) == (code, LEG)
    assert all(word in answer.why for word in words), answer.why


def test_output_errors_and_status(shell: Callable[..., SshShell]) -> None:
    answer = shell().run("echo out; echo err >&2; exit 3", within=10)
    assert answer == CommandResult(status=3, stdout="out\n", stderr="err\n")


def test_a_command_does_not_eat_the_rest_of_the_script(
    shell: Callable[..., SshShell], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/bash")  # reads its script byte by byte; dash takes it in one gulp
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    answer = shell().run("cat\necho 'still here'", within=10)
    assert answer == CommandResult(status=0, stdout="still here\n", stderr="")


def test_a_script_and_an_answer_of_many_packets(shell: Callable[..., SshShell]) -> None:
    script = "\n".join(f"echo {number:0100d}" for number in range(5000))
    answer = shell().run(script, within=20)
    assert isinstance(answer, CommandResult) and len(answer.stdout) == 5000 * 101


def test_one_connection_serves_many_scripts(shell: Callable[..., SshShell], server: Server) -> None:
    made = shell()
    made.open_soon()
    for _ in range(3):
        made.run("true", within=10)
    assert server.connections == 1


def test_a_script_that_hangs_costs_its_time_and_no_more(shell: Callable[..., SshShell]) -> None:
    made = shell()
    made.run("true", within=10)
    before = time.monotonic()
    refused(made.run("sleep 5", within=0.5), "host.shell", "no answer within 0.5 s")
    assert time.monotonic() - before < 2
    assert isinstance(made.run("true", within=10), CommandResult), "the next one has a connection of its own"


def test_a_connection_that_was_lost_is_replaced(shell: Callable[..., SshShell], server: Server) -> None:
    made = shell()
    made.run("true", within=10)
    server.transports[0].close()
    time.sleep(0.3)
    assert isinstance(made.run("true", within=10), CommandResult)


def test_a_wrong_key(shell: Callable[..., SshShell], tmp_path: Path, server: Server) -> None:
    made = shell(key=write_key(tmp_path / "wrong", paramiko.ECDSAKey.generate()))
    refused(made.run("true", within=10), "host.credentials", "root@127.0.0.1", f"{tmp_path}/wrong refused")
    made.run("true", within=10)
    assert server.connections == 1, "a failed log-in is not repeated at once: sshd shuts out who fails often"


def test_no_key_at_all(shell: Callable[..., SshShell], tmp_path: Path) -> None:
    refused(shell(key=tmp_path / "none").run("true", within=10), "host.credentials", "no key to offer")


def test_an_encrypted_key_is_named(shell: Callable[..., SshShell], tmp_path: Path) -> None:
    locked = write_key(tmp_path / "locked", KEY, "secret")
    refused(
        shell(key=locked).run("true", within=10), "host.credentials", f"{locked} is encrypted and no agent holds it"
    )


def test_an_unreadable_key_is_named(shell: Callable[..., SshShell], tmp_path: Path) -> None:
    (tmp_path / "noise").write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nnoise\n")
    refused(
        shell(key=tmp_path / "noise").run("true", within=10), "host.credentials", f"{tmp_path}/noise cannot be read"
    )


def test_an_unknown_host(shell: Callable[..., SshShell], tmp_path: Path) -> None:
    refused(shell(known=tmp_path / "none").run("true", within=10), "host.credentials", "is not known", "SHA256:")


def test_a_changed_host(shell: Callable[..., SshShell], tmp_path: Path, server: Server) -> None:
    other = paramiko.ECDSAKey.generate()
    (tmp_path / "other").write_text(f"[127.0.0.1]:{server.port} {other.get_name()} {other.get_base64()}\n")
    refused(shell(known=tmp_path / "other").run("true", within=10), "host.credentials", "is not the known one")


def test_nobody_listens(shell: Callable[..., SshShell]) -> None:
    refused(shell(port=1).run("true", within=10), "host.shell", "Connection refused")


def test_paramiko_writes_no_traceback(
    shell: Callable[..., SshShell], server: Server, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    logging.getLogger("paramiko").removeHandler(caplog.handler)
    server.close()
    shell().run("true", within=10)
    assert "Traceback" not in capfd.readouterr().err
