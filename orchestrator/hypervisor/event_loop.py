"""libvirt's event loop: registered once before the first connection, turned by one thread."""

import atexit
import contextlib
import threading

import libvirt

_starting = threading.Lock()
_kept: list[libvirt.virConnect] = []
_ending = threading.Event()
_thread: threading.Thread | None = None


def start() -> None:
    """Have keepalive, events and close notices work. Must come before the first connection is opened."""
    global _thread  # noqa: PLW0603  (libvirt has one event loop for the whole process)
    with _starting:
        if _thread is not None:
            return
        # Without a handler libvirt prints every error on stderr, also those that are answers (no such domain).
        libvirt.registerErrorHandler(_swallow, None)
        libvirt.virEventRegisterDefaultImpl()
        _thread = threading.Thread(target=_turn, args=(_kept,), name="libvirt-events", daemon=True)
        _thread.start()
        atexit.register(_stop, _thread)


def keep(connection: libvirt.virConnect) -> None:
    """Hold a connection until `release`, beyond the end of the interpreter if need be.

    Freeing a connection asks the daemon and waits for its answer: a daemon that hangs would keep ferry from exiting.
    The list is also a local of the loop's daemon thread, and those are never unwound.
    """
    _kept.append(connection)


def release(connection: libvirt.virConnect) -> None:
    """Stop holding a connection; it is freed with its last user."""
    with contextlib.suppress(ValueError):
        _kept.remove(connection)


def _turn(_held: list[libvirt.virConnect]) -> None:
    # The loop wakes up for its handles and timers only: without a timer it would sleep through a connection that is
    # added to it while it waits for nothing else.
    libvirt.virEventAddTimeout(500, lambda _timer, _opaque: None, None)
    while not _ending.is_set():
        libvirt.virEventRunDefaultImpl()


def _stop(turning: threading.Thread) -> None:
    """libvirt calls the binding for every handle and timer, and the binding calls the interpreter: once that is taken
    apart, a timer that is due before the process is gone would end it with a segmentation fault.
    """
    _ending.set()
    libvirt.virEventAddTimeout(0, lambda _timer, _opaque: None, None)  # wakes the loop
    turning.join(timeout=1)


def _swallow(_context: object, _error: object) -> None:
    pass
