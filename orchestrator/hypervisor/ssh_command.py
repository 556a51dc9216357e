"""The ssh that libvirt starts: never asks, and obeys the same OpenSSH configuration as ferry's other SSH door."""

import contextlib
import hashlib
import os
import shlex
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

# A dead network ends an ssh after ServerAliveInterval x CountMax; libvirt's own keepalive begins only when a connection
# is open, so that nothing else would end one that hangs while it opens.
_OPTIONS = "-o BatchMode=yes -o ConnectTimeout=8 -o ServerAliveInterval=5 -o ServerAliveCountMax=3"


def program(config: str | None) -> Path:
    """Answer the program for `command=`, written where only this user can write.

    libvirt runs ssh with a cleaned environment and fixed arguments (virNetSocketNewConnectSSH): a program of one's own
    is the only place where `-F` can be given. It is named after its content and kept: ferry may end at any moment, and
    a file per process would pile up.
    """
    chosen = f"-F {shlex.quote(config)} " if config else ""
    # A Ctrl-C at the terminal reaches the whole process group; ssh leaves an ignored SIGINT ignored, and the connection
    # through which a run is watched survives the key that only asks to start nothing more.
    text = f"#!/bin/sh\ntrap '' INT QUIT\nexec ssh {chosen}{_OPTIONS} \"$@\"\n"
    name = f"ssh-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    for directory in _directories():
        with contextlib.suppress(OSError):
            file = _written(directory, name, text)
            if os.access(file, os.X_OK):  # false on a file system mounted noexec
                return file
    raise OSError(
        "no private directory allows programs to be executed: cache, runtime and /tmp are noexec or read-only"
    )


def _directories() -> Iterator[Path]:
    yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ferry"
    if runtime := os.environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime) / "ferry"
    yield Path(tempfile.gettempdir()) / f"ferry-{os.getuid()}"


def _written(directory: Path, name: str, text: str) -> Path:
    """Write the file unless it is there. Raises OSError, also where others could have put one there."""
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    seen = directory.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o022:
        raise PermissionError(f"{directory} can be written by others")
    file = directory / name
    if not file.exists() or file.read_text() != text:
        # Written aside and renamed: a program that is open for writing cannot be executed by another ferry.
        descriptor, aside = tempfile.mkstemp(dir=directory, prefix=name)
        with os.fdopen(descriptor, "w") as out:
            out.write(text)
        Path(aside).chmod(0o700)
        Path(aside).replace(file)
    return file


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
