"""The event loop and the end of the process."""

import subprocess
import sys

# Between the end of the interpreter and the end of the process lie the exit handlers of the C libraries: one of them
# waits here, long enough for the loop's timer.
_PROGRAM = """
import ctypes
import time

from orchestrator.hypervisor import event_loop

library = ctypes.CDLL(None)
library.on_exit(library.getchar, None)
event_loop.start()
time.sleep(0.7)  # until it has been called once
"""


def test_nothing_calls_an_interpreter_that_is_gone() -> None:
    process = subprocess.Popen([sys.executable, "-c", _PROGRAM], stdin=subprocess.PIPE)
    try:
        process.wait(timeout=3)  # it ends early only by a signal
    except subprocess.TimeoutExpired:
        process.communicate(timeout=10)
    assert process.returncode == 0
