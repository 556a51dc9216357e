"""What passes through a network interface of a host, kept for a while and looked through."""

import mmap
import subprocess
import tempfile
from collections.abc import Sequence
from types import TracebackType

# Writes every frame to stdout, one after the other, up to a number of bytes. The large buffer is for a machine that is
# busy with the very copy that is being looked at.
PROGRAM = """
import os, socket, sys
door = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
door.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # SO_RCVBUFFORCE
door.bind((sys.argv[1], 0))
print("listening", file=sys.stderr, flush=True)
left = int(sys.argv[2])
while left > 0:
    frame = door.recv(1 << 17)
    os.write(1, frame)
    left -= len(frame)
"""


class Capture:
    """From entering the context to leaving it; `holds` and `size` are asked afterwards."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._argv = argv
        self._kept = tempfile.TemporaryFile()  # noqa: SIM115  asked after the context has ended
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Capture":
        self._process = subprocess.Popen(self._argv, stdout=self._kept, stderr=subprocess.PIPE, text=True)
        assert self._process.stderr is not None
        said = self._process.stderr.readline()
        assert said == "listening\n", f"{' '.join(self._argv[:4])}: {said}"
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.communicate(timeout=20)

    @property
    def size(self) -> int:
        """Bytes that passed, headers included, both ways."""
        return self._kept.seek(0, 2)

    def holds(self, marker: bytes) -> bool:
        """Whether this passed in the open."""
        if not self.size:
            return False
        with mmap.mmap(self._kept.fileno(), 0, access=mmap.ACCESS_READ) as seen:
            return seen.find(marker) >= 0
