"""A shell whose connection is the stdin and stdout of another program."""

import os
import shlex
import signal
import sys
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
# What `ssh -W` does: both ways, until either side ends. It writes down its own number first.
RELAY = """
import os, select, socket, sys
open(sys.argv[2], "w").write(str(os.getpid()))
far = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
while True:
    ready, _, _ = select.select([0, far], [], [])
    if 0 in ready:
        text = os.read(0, 65536)
        far.sendall(text)
    else:
        text = far.recv(65536)
        os.write(1, text)
    if not text:
        break
"""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(KEY)
    yield made
    made.close()


@pytest.fixture
def shell(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], SshShell]:
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    key = write_key(tmp_path / "key", KEY)
    known = tmp_path / "known_hosts"
    known.write_text(f"192.0.2.1 {server.host_key.get_name()} {server.host_key.get_base64()}\n")

    def make(command: str) -> SshShell:
        config = tmp_path / "config"
        config.write_text(
            f"Host kvm01\n HostName 192.0.2.1\n User root\n IdentityFile {key}\n IdentitiesOnly yes\n"
            f" UserKnownHostsFile {known}\n GlobalKnownHostsFile /dev/null\n ProxyCommand {command}\n"
        )
        return SshShell(HostEntry(name=HostName("kvm01"), uri="", peer_uri="", ssh="kvm01"), config=str(config))

    return make


@pytest.fixture
def relay(server: Server, tmp_path: Path) -> str:
    script = tmp_path / "relay.py"
    script.write_text(RELAY)
    return shlex.join([sys.executable, str(script), str(server.port), str(tmp_path / "pid")])


def ended(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


def test_a_script_runs_through_it(shell: Callable[[str], SshShell], relay: str) -> None:
    script = "\n".join(f"echo {number:0100d}" for number in range(5000))
    answer = shell(relay).run(script, within=20)
    assert isinstance(answer, CommandResult) and len(answer.stdout) == 5000 * 101


def test_a_program_that_was_killed_is_noticed_and_replaced(
    shell: Callable[[str], SshShell], relay: str, tmp_path: Path
) -> None:
    made = shell(relay)
    made.run("true", within=10)
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    deadline = time.monotonic() + 10
    while not isinstance(made.run("true", within=10), CommandResult):
        assert time.monotonic() < deadline


def test_it_ends_with_a_connection_that_is_not_accepted(
    shell: Callable[[str], SshShell], relay: str, tmp_path: Path
) -> None:
    (tmp_path / "known_hosts").write_text("")
    answer = shell(relay).run("true", within=10)
    assert isinstance(answer, Unknown) and answer.code == "host.credentials"
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 10
    while not ended(pid):
        assert time.monotonic() < deadline


def test_what_it_complained_of_is_the_reason(shell: Callable[[str], SshShell]) -> None:
    complaint = "echo channel 0: open failed >&2; echo stdio forwarding failed >&2; exit 1"
    answer = shell(f"sh -c '{complaint}'").run("true", within=10)
    assert isinstance(answer, Unknown)
    assert (answer.code, answer.why) == ("host.shell", "channel 0: open failed; stdio forwarding failed")


@pytest.mark.parametrize(
    "said", ["root@jump: Permission denied (publickey).", "No key is known. Host key verification failed."]
)
def test_a_jump_host_that_lets_nobody_in_is_a_matter_of_credentials(
    shell: Callable[[str], SshShell], said: str
) -> None:
    answer = shell(f"""sh -c 'echo "{said}" >&2; exit 1'""").run("true", within=10)
    assert isinstance(answer, Unknown)
    assert (answer.code, answer.why) == ("host.credentials", said)
