"""Logging in: the keys OpenSSH would offer, in its order, without ever asking a person."""

import socket
from collections.abc import Iterator
from pathlib import Path

import paramiko
from paramiko.agent import AgentSSH

from orchestrator.ssh.openssh import Route


class NotLoggedInError(Exception):
    """The host accepts none of the keys there are."""


class _Agent(AgentSSH):
    """An agent behind a socket that need not be $SSH_AUTH_SOCK (IdentityAgent in the configuration)."""

    def __init__(self, path: str) -> None:
        super().__init__()
        link = socket.socket(socket.AF_UNIX)
        link.connect(path)
        self._connect(link)  # type: ignore[attr-defined]  # missing from the stubs


def log_in(transport: paramiko.Transport, route: Route) -> None:
    """Try keys until one is accepted. Raises NotLoggedInError naming what was tried."""
    tried: list[str] = []
    for label, key in _keys(route, tried):
        try:
            if not transport.auth_publickey(route.user, key):
                return
            raise NotLoggedInError(f"{route.user}@{route.hostname} demands more than a key")
        except paramiko.BadAuthenticationType as error:
            ways = ", ".join(error.allowed_types)
            raise NotLoggedInError(f"{route.user}@{route.hostname} accepts no keys, only {ways}") from error
        except paramiko.AuthenticationException:
            tried.append(f"{label} refused")
    raise NotLoggedInError(f"{route.user}@{route.hostname}: {'; '.join(tried) or 'no key to offer'}")


def _keys(route: Route, tried: list[str]) -> Iterator[tuple[str, paramiko.PKey]]:
    """The agent's keys first; with IdentitiesOnly just those whose files the configuration names."""
    held = _agent_keys(route.agent)
    named = {public for file in route.identity_files if (public := _public_half(file.with_name(file.name + ".pub")))}
    for key in held:
        if not route.identities_only or key.get_base64() in named:
            yield f"agent key {key.comment or key.fingerprint}", key
    for file in route.identity_files:
        if not file.exists():
            continue
        try:
            yield str(file), paramiko.PKey.from_path(file)
        except (paramiko.PasswordRequiredException, TypeError):  # TypeError: cryptography's way to ask for a password
            if _public_half(file.with_name(file.name + ".pub")) not in {key.get_base64() for key in held}:
                tried.append(f"{file} is encrypted and no agent holds it")
        except (OSError, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
            tried.append(f"{file} cannot be read ({error})")


def _agent_keys(path: str | None) -> tuple[paramiko.AgentKey, ...]:
    if path is None:
        return ()
    try:
        return tuple(_Agent(path).get_keys())
    except (OSError, paramiko.SSHException):
        return ()  # no agent there: the files remain


def _public_half(file: Path) -> str | None:
    try:
        return file.read_text().split()[1]
    except (OSError, IndexError):
        return None
