"""A line to a server that breaks exactly where a test wants it to."""

import socket
import threading
from contextlib import suppress
from enum import Enum, auto


class Break(Enum):
    """Where."""

    NOWHERE = auto()
    BEFORE_COMMIT = auto()  # the server never hears of it
    AFTER_COMMIT = auto()  # the server does it, and its answer is lost
    MUTE = auto()  # nothing passes any more, and nothing is closed


class Line:
    """Passes everything on to `port`. breaks: at the next commit; then: what becomes of later connections."""

    def __init__(self, port: int) -> None:
        self._server = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.breaks, self.open, self.broken = Break.NOWHERE, True, 0
        self.opens_after_break = True
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if not self.open:
                    client.close()
                    continue
                server = socket.create_connection(("127.0.0.1", self._server))
                threading.Thread(target=self._there, args=(client, server), daemon=True).start()
                threading.Thread(target=self._back, args=(client, server), daemon=True).start()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.breaks is Break.MUTE:
                    continue
                if self.breaks is not Break.NOWHERE and b"COMMIT" in data:
                    self._break(client, server, data)
                    return
                server.sendall(data)
        _end(server)

    def _break(self, client: socket.socket, server: socket.socket, data: bytes) -> None:
        where, self.breaks = self.breaks, Break.NOWHERE
        self.open, self.broken = self.opens_after_break, self.broken + 1
        _end(client)  # first, so that no answer passes
        if where is Break.AFTER_COMMIT:
            server.sendall(data)
            server.settimeout(10)
            with suppress(OSError):  # the other direction may read the answer first, and finds nobody to give it to
                server.recv(1)
        _end(server)

    def _back(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                if self.breaks is not Break.MUTE:
                    client.sendall(data)
        _end(client)


def _end(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
