"""A few of this machine's ferries at a time ask hosts for a plan.

Twenty that cron begins in the same second would slow one another, and the hosts, until answers come too late to count:
a host that is only asked by too many at once would then pass for one that is silent.
"""

import fcntl
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_log = logging.getLogger(__name__)
PATIENCE = 300.0  # seconds; whoever holds a turn that long hangs, and is waited for no more
_LOOK_AGAIN = 0.1


class Turns:
    """Lock files, one a lane; a process that dies gives its lane back. Where there can be no file, everybody goes."""

    def __init__(self, directory: Path, lanes: int | None = None) -> None:
        self._directory = directory
        self._lanes = lanes or max(2, os.cpu_count() or 1)

    def free(self) -> bool:
        """Whether a turn is to be had now."""
        lane = self._taken()
        if lane is not None:
            os.close(lane)
        return lane is not None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for a lane, and hold it for as long as the block lasts."""
        lane, asked = self._taken(), time.monotonic()
        if lane is None:
            _log.info("other ferries of this machine ask hosts just now: waiting for a turn")
        while lane is None and time.monotonic() - asked < PATIENCE:
            threading.Event().wait(_LOOK_AGAIN)
            lane = self._taken()
        try:
            yield
        finally:
            if lane is not None:
                os.close(lane)

    def _taken(self) -> int | None:
        """An open file that holds a lane; None: all are taken. Without any file the answer is an empty one."""
        usable = False
        for number in range(self._lanes):
            try:
                self._directory.mkdir(mode=0o2770, exist_ok=True)
                lane = os.open(self._directory / str(number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660)
            except OSError:
                continue
            usable = True
            with suppress(BlockingIOError):
                fcntl.flock(lane, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return lane
            os.close(lane)
        return None if usable else os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
