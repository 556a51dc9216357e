"""How Ctrl-C, SIGTERM and a lost terminal reach a run."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from orchestrator.cli import exit_codes
from orchestrator.engine.stop import SHUTDOWN, Stop
from orchestrator.migration.terms import Level

SHOW_CURSOR = b"\x1b[?25h"
LEAVING = (
    b"\nferry leaves at once. Copies in flight go on between the hosts, nothing watches them now.\n"
    b"See them: ferry status     Take them over: ferry resume\n"
)


@dataclass
class Caught:
    """What reached the process while a run went on."""

    interrupts: int = 0
    terminated: bool = False
    hung_up: bool = False

    def exit_code(self, code: int) -> int:
        """Tell a run stopped by SIGTERM apart from one stopped by Ctrl-C; the run itself knows only that it was."""
        by_term = self.terminated and not self.interrupts
        return exit_codes.TERMINATED if code == exit_codes.INTERRUPTED and by_term else code


@contextmanager
def obeyed(stop: Stop) -> Iterator[Caught]:
    """Turn signals into levels of `stop`. Handlers only count and set: a view in another thread tells the operator."""
    caught = Caught()

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        caught.interrupts += 1
        if caught.interrupts > Level.ABORT:
            _leave()
        # It counts its own presses only: after a SIGTERM the first one still cancels no copy.
        stop.more("Ctrl-C", at_most=Level(caught.interrupts))

    def terminate(_number: int, _frame: FrameType | None) -> None:
        caught.terminated = True
        stop.more(SHUTDOWN, at_most=Level.STOP)

    def hang_up(_number: int, _frame: FrameType | None) -> None:
        caught.hung_up = True

    handlers = {signal.SIGINT: interrupt, signal.SIGTERM: terminate, signal.SIGHUP: hang_up}
    before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
    try:
        yield caught
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave() -> None:
    """Write past every buffer and lock (the main thread may hold one just now) and end the process."""
    try:
        os.write(2, (SHOW_CURSOR if os.isatty(2) else b"") + LEAVING)
    finally:
        os._exit(exit_codes.INTERRUPTED)
