"""The ways between two hosts: recorded answers, and the script run for real."""

import dataclasses
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from orchestrator.model.cabling import PortAnswer
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.guest import Power
from orchestrator.model.host import HostEntry, HostName
from orchestrator.model.services import DaemonSettings
from orchestrator.ports import CommandResult
from orchestrator.survey import legs, root
from tests.unit.survey.builders import guest, host

A = HostEntry(name=HostName("kvm01"), uri="", peer_uri="qemu+tls://kvm01/system", ssh="kvm01")
B = HostEntry(name=HostName("kvm02"), uri="", peer_uri="qemu+tls://kvm02/system", ssh="kvm02")


def said(text: str, stderr: str = "") -> CommandResult:
    return CommandResult(status=0, stdout=text, stderr=stderr)


def run(script: str) -> CommandResult:
    done = subprocess.run(["sh"], input=script, capture_output=True, text=True, check=False, timeout=20)
    return CommandResult(status=done.returncode, stdout=done.stdout, stderr=done.stderr)


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        (
            "peer failed 1 error: failed to connect to the hypervisor error: Cannot recv data: "
            "Host key verification failed.: Connection reset by peer",
            "host.credentials",
            "Host key verification failed.",
        ),
        (
            "peer failed 1 error: failed to connect to the hypervisor error: Unable to import client certificate "
            "/etc/pki/libvirt/clientcert.pem: Error while reading file.",
            "host.credentials",
            "Unable to import client certificate /etc/pki/libvirt/clientcert.pem: Error while reading file.",
        ),
        (
            "peer failed 1 error: failed to connect to the hypervisor error: unable to connect to server at "
            "'10.77.1.99:16514': No route to host",
            "host.unreachable",
            "unable to connect to server at '10.77.1.99:16514': No route to host",
        ),
        ("peer failed 124 ", "host.unreachable", "qemu+tls://kvm02/system did not answer within 6 s"),
        (
            "peer no-virsh virsh (libvirt-clients) is not installed",
            "host.shell",
            "virsh (libvirt-clients) is not installed",
        ),
        (
            "peer no-root the ssh account is ferry; only root can try libvirtd's own credentials, and sudo -n refuses",
            "host.shell",
            "the ssh account is ferry; only root can try libvirtd's own credentials, and sudo -n refuses",
        ),
        ("peer uuid ", "host.shell", "it answered without a UUID"),
        ("", "host.shell", "sh: 1: boom"),
    ],
)
def test_a_peer_that_cannot_be_reached_names_the_leg(line: str, code: str, why: str) -> None:
    found = legs.peer(said(line + "\n", stderr="sh: 1: boom\n"), A, B)
    assert found == Unknown(why=why, code=code, leg="kvm01 to kvm02, libvirt")


def test_the_peer_is_known_by_its_uuid() -> None:
    assert legs.peer(said("port 1 0 \npeer uuid 713B8037-854e\n"), A, B) == "713b8037-854e"


def test_a_shell_that_does_not_answer_is_the_reason_for_all() -> None:
    why = Unknown(why="no", code="host.credentials", leg="controller to kvm01, ssh")
    assert legs.peer(why, A, B) == why
    assert legs.ports(why, "10.0.0.2") == why


BASH = "bash: connect: {0} bash: line 1: /dev/tcp/10.0.0.2/49152: {0}"


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("port 49152 0 ", "open"),
        ("port 49152 1 " + BASH.format("Connection refused"), "refused"),
        ("port 49152 124 ", "filtered"),
        ("port 49152 1 " + BASH.format("No route to host"), "unroutable"),
        ("port 49152 1 " + BASH.format("Network is unreachable"), "unroutable"),
        ("port 49152 127 timeout: failed to run command 'bash': No such file or directory", "filtered"),
    ],
)
def test_ports(line: str, result: str) -> None:
    answers = legs.ports(said(line + "\n"), "10.0.0.2")
    assert isinstance(answers, tuple)
    assert [(answer.address, answer.port, answer.result) for answer in answers] == [("10.0.0.2", 49152, result)]


def test_ports_come_in_order() -> None:
    answers = legs.ports(said("port 49215 0 \nport 49152 0 \n"), "10.0.0.2")
    assert isinstance(answers, tuple) and [answer.port for answer in answers] == [49152, 49215]


def test_a_port_where_a_copy_arrives_is_left_alone() -> None:
    def receiving(count: int) -> HostFacts:
        copies = tuple(dataclasses.replace(guest(f"g{n}"), power=Power.INCOMING) for n in range(count))
        return host("kvm02", *copies, guest("other"))

    def hearing(*ports: int, **more: object) -> HostFacts:
        return dataclasses.replace(receiving(0), listening=frozenset(ports), **more)

    # Nobody knows who listens: two ports a copy, and room for copies that begin meanwhile.
    assert legs.ports_to_try(receiving(0)) == (49156, 49215)
    assert legs.ports_to_try(receiving(2)) == (49160, 49215)
    assert legs.ports_to_try(receiving(99)) == (49214, 49215)
    # Known: above the highest, also where a lower one has come free again; other ports do not matter.
    assert legs.ports_to_try(hearing(22, 16514)) == (49156, 49215)
    assert legs.ports_to_try(hearing(49153)) == (49158, 49215)
    assert legs.ports_to_try(hearing(49213, 49215)) == (49214,)
    assert legs.ports_to_try(hearing(49214, 49215)) == ()
    configured = DaemonSettings(port_min=50000, port_max=50009)
    assert legs.ports_to_try(hearing(50001, daemon=configured)) == (50006, 50009)
    assert legs.ports_to_try(hearing(50007, daemon=configured)) == (50008, 50009)
    single = DaemonSettings(port_min=50000, port_max=50000)
    assert legs.ports_to_try(hearing(daemon=single)) == (50000,)


def test_the_script_tries_ports_for_real() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        answers = legs.ports(run(legs.ports_script("127.0.0.1", (port, 1)) + "\nwait"), "127.0.0.1")
    assert answers == (
        PortAnswer(address="127.0.0.1", port=1, result="refused", detail="reachable, nobody listens"),
        PortAnswer(address="127.0.0.1", port=port, result="open"),
    )


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Commands of the host with these bodies."""

    def put(**bodies: str) -> None:
        for name, body in bodies.items():
            (tmp_path / name).write_text(f"#!/bin/sh\n{body}\n")
            (tmp_path / name).chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return put


VIRSH = "echo '<uuid>abc-1</uuid>'; echo '<uuid>no</uuid>'"


def reached() -> str | Unknown:
    return legs.peer(run(root.SHELL + legs.peer_script("qemu+tls://kvm02/system") + "\nwait"), A, B)


def test_the_script_asks_virsh_for_the_uuid(commands: Callable[..., None]) -> None:
    commands(virsh=VIRSH, id="echo 0")
    assert reached() == "abc-1"


def test_another_account_asks_through_sudo(commands: Callable[..., None]) -> None:
    commands(virsh=VIRSH, id="echo 1000", sudo='[ "$1 $2 $3" = "-n timeout 6" ] && shift && exec "$@"')
    assert reached() == "abc-1"


def test_an_account_that_sudo_refuses_names_itself(commands: Callable[..., None]) -> None:
    commands(
        virsh=VIRSH,
        id="[ $1 = -un ] && echo ferry || echo 1000",
        sudo="echo 'sudo: a password is required' >&2; exit 1",
    )
    found = reached()
    assert isinstance(found, Unknown) and found.code == "host.shell"
    assert "the ssh account is ferry; only root" in found.why and "sudo -n refuses" in found.why


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    evil = f"$(touch {tmp_path}/a)'; touch {tmp_path}/b; '"
    run(root.SHELL + legs.peer_script(evil) + legs.ports_script(evil, (1, 2)) + "\nwait")
    assert not list(tmp_path.iterdir())
