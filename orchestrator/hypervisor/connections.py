"""All connections of ferry to one host: to ask and order, to ask what may hang, and one for every migration."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import libvirt

from orchestrator.hypervisor.line import Line, NoAnswerError, dial, hang_up, in_background
from orchestrator.hypervisor.ssh_command import is_ssh, with_program
from orchestrator.model.host import HostEntry


class HostConnections:
    """One host's connections.

    A daemon serves five calls of one client at a time (max_client_requests in libvirtd.conf), and a migration call
    lasts as long as the migration: on a shared connection the sixth call, even a listing, would wait for a guest.
    """

    def __init__(self, entry: HostEntry, *, ssh: Path | None = None) -> None:
        self.entry = entry
        self._uri = with_program(entry.uri, ssh) if ssh is not None and is_ssh(entry.uri) else entry.uri
        self._watchers: list[Callable[[libvirt.virConnect], None]] = []
        self._lock = threading.Lock()
        self._spares: list[Future[libvirt.virConnect]] = []
        self.control = Line(self._uri, self._opened)
        # For questions that may hang in one guest for half a minute, again and again: on the control connection they
        # would hold up what is asked of the others.
        self.beside = Line(self._uri, lambda _connection: None)

    def open_soon(self) -> None:
        """Begin to open the control connection."""
        self.control.soon()

    def expect_move(self) -> None:
        """Begin to open a connection for a migration that leaves this host, so that its start need not wait for it."""
        with self._lock:
            if not self._spares:
                self._spares.append(self._dial_soon())

    def for_move(self, within: float) -> libvirt.virConnect:
        """Answer a connection for one migration call. Raises NoAnswerError, or libvirt's error from opening."""
        with self._lock:
            opening = self._spares.pop() if self._spares else None
        if opening is None or (opening.done() and (opening.exception() or not opening.result().isAlive())):
            opening = self._dial_soon()
        try:
            return opening.result(within)
        except TimeoutError:
            with self._lock:
                self._spares.append(opening)
            raise NoAnswerError from None

    def for_arrival(self, within: float) -> libvirt.virConnect:
        """Open a connection over which this process drives the receiving end of a migration; to be hung up after it.

        It has no keepalive: a daemon that is frozen while it takes the guest over would be declared dead, the source
        told to go on, and the guest run twice as soon as the daemon thaws. Waiting costs nothing but time, and a host
        that is gone ends the connection through ssh. Raises NoAnswerError, or libvirt's error from opening.
        """
        opening = in_background(lambda: dial(self._uri, keepalive=False), "libvirt-open")
        try:
            return opening.result(within)
        except TimeoutError:
            opening.add_done_callback(_unwanted)
            raise NoAnswerError from None

    def give_back(self, connection: libvirt.virConnect) -> None:
        """Keep a connection for the next migration, or close it if it is of no use."""
        future: Future[libvirt.virConnect] = Future()
        future.set_result(connection)
        if not connection.isAlive():
            hang_up(connection)
            return
        with self._lock:
            self._spares.append(future)

    def on_open(self, watcher: Callable[[libvirt.virConnect], None]) -> None:
        """Have `watcher` called with every control connection opened from now on, in a background thread."""
        self._watchers.append(watcher)

    def _dial_soon(self) -> "Future[libvirt.virConnect]":
        return in_background(lambda: dial(self._uri), "libvirt-open")

    def _opened(self, connection: libvirt.virConnect) -> None:
        for watcher in tuple(self._watchers):
            watcher(connection)


def _unwanted(opening: "Future[libvirt.virConnect]") -> None:
    if opening.exception() is None:
        hang_up(opening.result())
