"""Time limits for what has none of its own: name resolution, and a server that is there and says nothing."""

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from contextlib import contextmanager, suppress

from sqlalchemy import Connection


class Deadline:
    """The moment at which a call must have ended."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Seconds until then, at least 0."""
        return max(0.0, self._end - time.monotonic())


def opened(connect: Callable[[], Connection], seconds: float) -> Connection:
    """What `connect` answers. Raises TimeoutError; a connection that comes too late is closed."""
    answer: Future[Connection] = Future()

    def work() -> None:
        with suppress(InvalidStateError):  # nobody waits any more
            try:
                connection = connect()
            except BaseException as error:
                answer.set_exception(error)
                return
            try:
                answer.set_result(connection)
            except InvalidStateError:
                connection.close()

    # A daemon: ferry leaves although a resolver still hangs.
    threading.Thread(target=work, name="store-connect", daemon=True).start()
    try:
        return answer.result(seconds)
    except TimeoutError:
        if answer.cancel():
            raise
        return answer.result()


@contextmanager
def cut_after(seconds: float, descriptor: int) -> Iterator[None]:
    """Shut a socket down if the block lasts longer: whoever waits on it is told that the connection is gone."""
    # A twin of its own: the number of the original may belong to another file by then.
    with socket.socket(fileno=os.dup(descriptor)) as twin:
        over = threading.Event()

        def watch() -> None:
            if not over.wait(seconds):
                with suppress(OSError):
                    twin.shutdown(socket.SHUT_RDWR)

        watcher = threading.Thread(target=watch, name="store-watch", daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
