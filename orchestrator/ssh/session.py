"""One connection to one host: opened, trusted, logged in."""

import logging
import socket
from collections.abc import Callable

import paramiko

from orchestrator.ssh.host_keys import KnownHosts
from orchestrator.ssh.login import NotLoggedInError, log_in
from orchestrator.ssh.openssh import Route
from orchestrator.ssh.proxy import Proxy

# paramiko logs every failed connection with its traceback; what matters of it is in the answer. Handlers that the
# program installs are still reached.
logging.getLogger("paramiko").addHandler(logging.NullHandler())

_CONNECT = 8.0  # as the ssh that libvirt starts
_KEEPALIVE = 5
_TURNED_AWAY = ("Permission denied", "Host key verification failed")  # in the words of the ssh that makes the jump


def open_session(route: Route) -> paramiko.Transport:
    """Connect and log in. Raises OSError, paramiko.SSHException, UntrustedHostError or NotLoggedInError."""
    timeout = route.connect_timeout or _CONNECT
    known = KnownHosts(route.known_hosts, route.key_name)
    if route.proxy is None:
        return _logged_in(socket.create_connection((route.hostname, route.port), timeout), route, known, timeout)
    proxy = Proxy(route.proxy)
    try:
        return _logged_in(proxy.link, route, known, timeout)
    except (EOFError, OSError, paramiko.SSHException) as error:
        said = proxy.last_words()
        if any(sign in said for sign in _TURNED_AWAY):
            raise NotLoggedInError(said) from error
        if said:
            raise paramiko.SSHException(said) from error
        raise


def _logged_in(link: socket.socket, route: Route, known: KnownHosts, timeout: float) -> paramiko.Transport:
    transport = paramiko.Transport(link)
    try:
        _prefer(transport, known.kinds())
        transport.banner_timeout = transport.auth_timeout = timeout
        transport.start_client(timeout=timeout)
        known.check(transport.get_remote_server_key())
        log_in(transport, route)
    except BaseException:
        transport.close()
        raise
    transport.set_keepalive(_KEEPALIVE)
    return transport


def run(transport: paramiko.Transport, script: str, within: float) -> tuple[int, str, str]:
    """Run a script with sh and answer status, stdout and stderr. Raises OSError or paramiko.SSHException.

    The script goes through stdin, so that the account's login shell, whatever it is, need not understand it. Braces
    make sh read all of it before it begins: what it starts finds stdin at its end, not the rest of the script.
    """
    channel = transport.open_session(timeout=within)
    try:
        channel.settimeout(within)
        channel.exec_command("sh -s")
        channel.sendall(f"{{\n{script}\n}}\n".encode())
        channel.shutdown_write()
        # One after the other is safe: up to the channel's window (2 MiB) paramiko buffers what is not read yet.
        output = _all(channel.recv)
        errors = _all(channel.recv_stderr)
        return channel.recv_exit_status(), output, errors
    finally:
        channel.close()


def _all(receive: Callable[[int], bytes]) -> str:
    parts = iter(lambda: receive(65536), b"")
    return b"".join(parts).decode(errors="replace")


def _prefer(transport: paramiko.Transport, kinds: tuple[str, ...]) -> None:
    """Ask the host for the kind of key that is known of it, as OpenSSH does."""
    # known_hosts says ssh-rsa for the key; the signature algorithms of such a key have names of their own
    wanted = [name for kind in kinds for name in (("rsa-sha2-512", "rsa-sha2-256") if kind == "ssh-rsa" else (kind,))]
    options = transport.get_security_options()
    offered = tuple(options.key_types)
    first = tuple(name for name in wanted if name in offered)
    options.key_types = (*first, *(name for name in offered if name not in first))
