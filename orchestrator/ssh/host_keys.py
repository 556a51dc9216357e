"""Whether a host is the one it was: known_hosts is read, never written."""

from collections.abc import Iterable
from pathlib import Path

import paramiko


class UntrustedHostError(Exception):
    """The host's key is unknown, has changed, or was revoked."""


class KnownHosts:
    """The keys that OpenSSH's known_hosts files hold for one host."""

    def __init__(self, files: Iterable[Path], name: str) -> None:
        self._files = tuple(files)
        self._name = name
        self._keys: list[paramiko.PKey] = []
        self._revoked: list[paramiko.PKey] = []
        for file in self._files:
            self._read(file)

    def kinds(self) -> tuple[str, ...]:
        """Kinds of keys known for this host: asking it for another kind would make it look unknown."""
        return tuple(dict.fromkeys(key.get_name() for key in self._keys))

    def check(self, key: paramiko.PKey) -> None:
        """Raise UntrustedHostError unless this is the host's key."""
        shown = f"{key.get_name()} {key.fingerprint}"
        if key in self._revoked:
            raise UntrustedHostError(f"the host key of {self._name} was revoked ({shown})")
        if key in self._keys:
            return
        if self._keys:
            raise UntrustedHostError(f"the host key of {self._name} is not the known one (it shows {shown})")
        read = ", ".join(str(file) for file in self._files) or "no known_hosts file"
        raise UntrustedHostError(f"the host key of {self._name} is not known (it shows {shown}; read: {read})")

    def _read(self, file: Path) -> None:
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            return  # OpenSSH, too, takes a file that is not there for an empty one
        for line in lines:
            marker, _, rest = line.partition(" ") if line.startswith("@") else ("", "", line)
            if marker in ("", "@revoked"):
                self._take(rest, self._revoked if marker else self._keys)

    def _take(self, line: str, into: list[paramiko.PKey]) -> None:
        try:
            entry = paramiko.hostkeys.HostKeyEntry.from_line(line)
        except (paramiko.hostkeys.InvalidHostKey, paramiko.SSHException):
            return
        if entry is None or entry.key is None:
            return
        one = paramiko.HostKeys()
        for name in entry.hostnames or []:
            one.add(name, entry.key.get_name(), entry.key)
        if one.lookup(self._name) is not None:  # knows hashed names
            into.append(entry.key)
