"""How OpenSSH itself would reach a destination: `ssh -G` is asked, so that both SSH doors obey one configuration."""

import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """What matters of OpenSSH's answer. proxy: what a shell runs so that its stdin and stdout are the connection."""

    user: str
    hostname: str
    port: int
    key_name: str  # under which the host's key is known
    known_hosts: tuple[Path, ...]
    identity_files: tuple[Path, ...]
    identities_only: bool
    agent: str | None  # socket; None: no agent
    proxy: str | None
    connect_timeout: float | None


def ask(destination: str, config: str | None) -> str:
    """Run `ssh -G`. Raises OSError or subprocess.SubprocessError."""
    chosen = ["-F", config] if config else []
    done = subprocess.run(
        ["ssh", *chosen, "-G", "--", destination], capture_output=True, text=True, timeout=10, check=False
    )
    if done.returncode != 0:
        raise subprocess.SubprocessError(done.stderr.strip() or f"ssh -G ended with status {done.returncode}")
    return done.stdout


def parse(answer: str, *, config: str | None, agent_socket: str | None) -> Route:
    """Read what `ssh -G` printed: one `keyword value` a line, keywords in lower case."""
    said: dict[str, list[str]] = {}
    for line in answer.splitlines():
        keyword, _, value = line.partition(" ")
        said.setdefault(keyword, []).append(value)

    def first(keyword: str, default: str = "") -> str:
        return said.get(keyword, [default])[0]

    hostname, port, user = first("hostname"), int(first("port", "22")), first("user")
    plain = first("hostkeyalias") or hostname
    timeout = first("connecttimeout", "none")
    return Route(
        user=user,
        hostname=hostname,
        port=port,
        key_name=plain if port == 22 or first("hostkeyalias") else f"[{plain}]:{port}",
        known_hosts=_paths(first("userknownhostsfile")) + _paths(first("globalknownhostsfile")),
        identity_files=tuple(Path(name).expanduser() for name in said.get("identityfile", []) if name != "none"),
        identities_only=first("identitiesonly") == "yes",
        agent=_agent(first("identityagent"), agent_socket),
        proxy=_proxy(first("proxyjump"), first("proxycommand"), (hostname, port, user), config),
        connect_timeout=float(timeout) if timeout.isdigit() and timeout != "0" else None,
    )


def _paths(value: str) -> tuple[Path, ...]:
    return tuple(Path(name).expanduser() for name in value.split() if name != "none")


def _agent(named: str, socket: str | None) -> str | None:
    if named in ("", "SSH_AUTH_SOCK"):
        return socket
    return None if named == "none" else str(Path(named).expanduser())


def _proxy(jump: str, command: str, end: tuple[str, int, str], config: str | None) -> str | None:
    hostname, port, user = end
    if jump not in ("", "none"):
        # The last jump host is asked to connect; OpenSSH reaches it through those before it.
        *before, last = jump.split(",")
        chosen = ["-F", config] if config else []
        through = ["-J", ",".join(before)] if before else []
        target = f"[{hostname}]:{port}"
        return "exec " + shlex.join(["ssh", *chosen, "-o", "BatchMode=yes", *through, "-W", target, "--", *_last(last)])
    if command in ("", "none"):
        return None
    tokens = {"h": hostname, "n": hostname, "p": str(port), "r": user, "%": "%"}
    return "exec " + re.sub(r"%([hnpr%])", lambda match: tokens[match.group(1)], command)


def _last(jump: str) -> list[str]:
    return [jump if jump.startswith("ssh://") or ":" not in jump else f"ssh://{jump}"]
