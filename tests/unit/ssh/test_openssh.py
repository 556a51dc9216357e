"""What `ssh -G` says, read as OpenSSH means it."""

import subprocess
from pathlib import Path

import pytest

from orchestrator.ssh import openssh
from orchestrator.ssh.openssh import Route

PLAIN = """host kvm01
user root
hostname 10.77.1.11
port 22
identitiesonly yes
identityfile /keys/controller
identityfile ~/.ssh/id_ed25519
globalknownhostsfile /dev/null
userknownhostsfile /keys/known_hosts ~/more
connecttimeout 5
"""


def parse(extra: str = "", *, config: str | None = None, agent: str | None = None, plain: str = PLAIN) -> Route:
    return openssh.parse(plain + extra, config=config, agent_socket=agent)


def test_a_plain_destination() -> None:
    route = parse(agent="/run/agent")
    assert (route.user, route.hostname, route.port, route.key_name) == ("root", "10.77.1.11", 22, "10.77.1.11")
    assert route.identity_files == (Path("/keys/controller"), Path("~/.ssh/id_ed25519").expanduser())
    assert route.known_hosts == (Path("/keys/known_hosts"), Path("~/more").expanduser(), Path("/dev/null"))
    assert route.identities_only and route.agent == "/run/agent"
    assert route.proxy is None and route.connect_timeout == 5


@pytest.mark.parametrize(
    ("extra", "port", "name"),
    [
        ("", "22", "10.77.1.11"),
        ("", "2222", "[10.77.1.11]:2222"),
        ("hostkeyalias web\n", "22", "web"),
        ("hostkeyalias web\n", "2222", "web"),
    ],
)
def test_the_name_under_which_the_host_key_is_known(extra: str, port: str, name: str) -> None:
    assert parse(extra, plain=PLAIN.replace("port 22", f"port {port}")).key_name == name


@pytest.mark.parametrize(
    ("extra", "agent"),
    [
        ("", "/run/agent"),
        ("identityagent SSH_AUTH_SOCK\n", "/run/agent"),
        ("identityagent none\n", None),
        ("identityagent /run/other\n", "/run/other"),
    ],
)
def test_the_agent(extra: str, agent: str | None) -> None:
    assert parse(extra, agent="/run/agent").agent == agent


@pytest.mark.parametrize(
    ("jump", "command"),
    [
        ("gate", "exec ssh -F '/etc/my cfg' -o BatchMode=yes -W '[10.77.1.11]:22' -- gate"),
        ("me@gate:2200", "exec ssh -F '/etc/my cfg' -o BatchMode=yes -W '[10.77.1.11]:22' -- ssh://me@gate:2200"),
        ("outer,inner", "exec ssh -F '/etc/my cfg' -o BatchMode=yes -J outer -W '[10.77.1.11]:22' -- inner"),
    ],
)
def test_a_jump_is_made_by_ssh_under_the_same_configuration(jump: str, command: str) -> None:
    assert parse(f"proxyjump {jump}\n", config="/etc/my cfg").proxy == command


def test_a_proxy_command_gets_its_tokens_and_a_shell() -> None:
    proxy = parse("proxycommand nc -X 5 %h %p | tee /tmp/%r-100%%\n").proxy
    assert proxy == "exec nc -X 5 10.77.1.11 22 | tee /tmp/root-100%"


@pytest.mark.parametrize("word", ["proxyjump none", "proxycommand none"])
def test_none_is_no_proxy(word: str) -> None:
    assert parse(f"{word}\n").proxy is None


def test_ssh_itself_is_asked(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Host kvm01\n  HostName 192.0.2.1\n  Port 2200\n  User admin\n")
    route = parse(plain=openssh.ask("kvm01", str(config)))
    assert (route.hostname, route.port, route.user) == ("192.0.2.1", 2200, "admin")


def test_a_broken_configuration_is_quoted(tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("Hostt kvm01\n")
    with pytest.raises(subprocess.SubprocessError, match="Bad configuration option"):
        openssh.ask("kvm01", str(config))


def test_a_destination_cannot_smuggle_an_option(tmp_path: Path) -> None:
    with pytest.raises(subprocess.SubprocessError, match="hostname contains invalid characters"):
        openssh.ask(f"-oProxyCommand=touch {tmp_path}/pwned", None)
    assert not list(tmp_path.iterdir())
