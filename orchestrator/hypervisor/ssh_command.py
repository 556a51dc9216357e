"""The ssh that libvirt starts: never asks, and obeys the same OpenSSH configuration as ferry's other SSH door."""

import atexit
import os
import shlex
import shutil
import tempfile
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# A dead network ends an ssh after ServerAliveInterval x CountMax; libvirt's own keepalive begins only when a connection
# is open, so that nothing else would end one that hangs while it opens.
_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"


def program(config: str | None) -> Path:
    """Write the program for `command=` in a directory only this user can enter; it is removed when ferry exits.

    libvirt runs ssh with a cleaned environment and fixed arguments (virNetClientNewSSH in libvirt's
    src/rpc/virnetsocket.c): a program of one's own is the only place where `-F` can be given.
    """
    for parent in _parents():
        directory = Path(tempfile.mkdtemp(prefix="ferry-", dir=parent))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        file = directory / "ssh"
        chosen = f"-F {shlex.quote(config)} " if config else ""
        file.write_text(f'#!/bin/sh\nexec ssh {chosen}{_OPTIONS} "$@"\n')
        file.chmod(0o700)
        if os.access(file, os.X_OK):  # false on a file system mounted noexec
            return file
    raise OSError("no directory here allows programs to be executed: /tmp and $XDG_RUNTIME_DIR are mounted noexec")


def _parents() -> list[str | None]:
    return [None, os.environ.get("XDG_RUNTIME_DIR"), str(Path.home())]


def is_ssh(uri: str) -> bool:
    """Whether libvirt reaches this URI through an ssh program."""
    return urlsplit(uri).scheme.endswith("+ssh")


def with_program(uri: str, ssh: Path) -> str:
    """Answer `uri` with the program and without prompts. What the operator's URI already says stays as it is."""
    parts = urlsplit(uri)
    given = parse_qsl(parts.query, keep_blank_values=True)
    names = {name for name, _ in given}
    ours = [(name, value) for name, value in (("command", str(ssh)), ("no_tty", "1")) if name not in names]
    return urlunsplit(parts._replace(query=urlencode(given + ours, safe="/")))
