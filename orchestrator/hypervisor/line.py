"""One shared connection to a daemon: opened in the background, bounded in time, thrown away when a call on it hangs."""

import contextlib
import threading
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar, cast

import libvirt
import tenacity

from orchestrator.hypervisor import event_loop

T = TypeVar("T")
# An opening that hangs is shared by all who wait for it (each for its own time) and replaced only after this long:
# otherwise every look at a frozen daemon would leave one more ssh behind.
_OPENING_GIVEN_UP = 30.0
# A failed opening is the answer for this long: newer sshds shut out whoever fails often (PerSourcePenalties).
_FAILURE_LASTS = 1.0
# Calls that hang in a daemon occupy its workers (20 of them, max_workers in libvirtd.conf), also when nobody waits any
# more: libvirt holds a guest's lock while it connects to the destination, for two minutes if it must.
_STUCK_AT_MOST = 4
KEEPALIVE_INTERVAL, KEEPALIVE_COUNT = 5, 5


class NoAnswerError(Exception):
    """The daemon let the time pass. What was asked of it may still happen."""


def in_background(work: Callable[[], T], name: str) -> "Future[T]":
    """Run `work` in a thread of its own that never keeps the process from exiting."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # handed to whoever waits
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future


def dial(uri: str, *, keepalive: bool = True) -> libvirt.virConnect:
    """Open a connection that notices a dead peer. Without keepalive it waits for a daemon that is only frozen."""
    event_loop.start()
    connection = libvirt.open(uri)
    event_loop.keep(connection)
    if not keepalive:
        return connection
    with contextlib.suppress(libvirt.libvirtError):  # a connection without a network in it (qemu:///system) needs none
        connection.setKeepAlive(KEEPALIVE_INTERVAL, KEEPALIVE_COUNT)
    return connection


def hang_up(connection: libvirt.virConnect) -> None:
    """Close a connection without waiting for the daemon's goodbye."""
    event_loop.release(connection)
    in_background(connection.close, "libvirt-close")


class Line:
    """The connection over which a host is asked. `opened` is called with each new connection, in the opening thread."""

    def __init__(self, uri: str, opened: Callable[[libvirt.virConnect], None]) -> None:
        self._uri = uri
        self._opened = opened
        self._lock = threading.Lock()
        self._current: Future[libvirt.virConnect] | None = None
        self._since = 0.0
        self._stuck: list[Future[object]] = []

    def soon(self) -> "Future[libvirt.virConnect]":
        """Answer the connection, or the opening that is under way, or begin one."""
        with self._lock:
            if self._current is None or self._useless(self._current):
                self._current, self._since = in_background(self._open, "libvirt-open"), time.monotonic()
            return self._current

    def read(self, work: Callable[[libvirt.virConnect], T], within: float) -> T:
        """Do something that may be done twice: once more if the connection turns out to be cut. Raises as `once`."""
        deadline = time.monotonic() + within
        again = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(2),
            retry=tenacity.retry_if_exception(lambda error: isinstance(error, libvirt.libvirtError) and self._cut()),
            reraise=True,
        )
        return again(lambda: self.once(work, deadline - time.monotonic()))

    def once(self, work: Callable[[libvirt.virConnect], T], within: float) -> T:
        """Do something on the connection. Raises NoAnswerError, or libvirt's error from opening or from the work."""
        deadline = time.monotonic() + within
        self._wait_for_the_stuck(within)
        opening = self.soon()
        try:
            connection = opening.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            raise NoAnswerError from None
        answer = in_background(lambda: work(connection), "libvirt-call")
        try:
            return answer.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            self._forget(opening)
            self._stuck.append(cast("Future[object]", answer))
            raise NoAnswerError from None

    def _wait_for_the_stuck(self, within: float) -> None:
        self._stuck = [call for call in self._stuck if not call.done()]
        if len(self._stuck) >= _STUCK_AT_MOST and not wait(self._stuck, within, FIRST_COMPLETED).done:
            raise NoAnswerError

    def _open(self) -> libvirt.virConnect:
        connection = dial(self._uri)
        self._opened(connection)
        return connection

    def _useless(self, opening: "Future[libvirt.virConnect]") -> bool:
        age = time.monotonic() - self._since
        if not opening.done():
            return age > _OPENING_GIVEN_UP
        if opening.exception() is not None:
            return age > _FAILURE_LASTS
        return not opening.result().isAlive()

    def _cut(self) -> bool:
        with self._lock:
            current = self._current
        # A connection that could not be opened is not tried again: the reason is the answer.
        return current is not None and current.done() and current.exception() is None and not current.result().isAlive()

    def _forget(self, opening: "Future[libvirt.virConnect]") -> None:
        with self._lock:
            if self._current is opening:
                self._current = None
        hang_up(opening.result())
