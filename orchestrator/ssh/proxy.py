"""A connection through another program, as OpenSSH's ProxyJump and ProxyCommand make it.

paramiko's own ProxyCommand does not notice the end of its program: it spins until the next keepalive fails.
"""

import contextlib
import socket
import subprocess
import tempfile
import threading

_LAST_WORDS = 1.0  # seconds for a program that lost its connection to say why


class Proxy:
    """A running program and our end of the connection that is its stdin and stdout."""

    def __init__(self, command: str) -> None:
        """Start `command`, which is for a shell. Raises OSError."""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  # read when the connection failed, closed by _end
        self.link, theirs = socket.socketpair()
        with theirs:
            # A session of its own: a Ctrl-C at the terminal is not for it. It ends when our end is closed, whoever
            # closes it: also when ferry is killed.
            end = theirs.fileno()
            self._process = subprocess.Popen(
                ["sh", "-c", command], stdin=end, stdout=end, stderr=self._errors, start_new_session=True
            )
        self._said = ""
        self._ended = threading.Thread(target=self._end, name="ssh-proxy", daemon=True)
        self._ended.start()

    def last_words(self) -> str:
        """Close the connection and answer what the program complained of, "" when it did not."""
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)
        self.link.close()
        self._ended.join(_LAST_WORDS)
        return self._said

    def _end(self) -> None:
        self._process.wait()
        with self._errors as errors:
            errors.seek(0)
            lines = errors.read().decode(errors="replace").splitlines()
        self._said = "; ".join(line.strip() for line in lines if line.strip())
