"""All threads of the engine: one for each step function, and a main thread that only waits and takes signals."""

import threading
from collections.abc import Callable

HEARTBEAT = 0.5  # seconds; the main thread wakes this often so that signal handlers run promptly


class _Worker:
    def __init__(self) -> None:
        self.poked = threading.Event()


class ThreadLoop:
    """The real Loop. Its threads are daemons: a call that hangs in a door never keeps ferry from leaving."""

    def __init__(self) -> None:
        self._workers: dict[str, _Worker] = {}
        # Reentrant: a signal handler runs in the main thread, between any two of its instructions, and pokes.
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._failure: BaseException | None = None

    def add(self, key: str, step: Callable[[], float | None]) -> None:
        """Give the step a thread of its own and call it at once."""
        worker = _Worker()
        with self._lock:
            self._workers[key] = worker
        threading.Thread(target=self._work, args=(key, worker, step), name=key, daemon=True).start()

    def poke(self, key: str) -> None:
        """Wake the step's thread."""
        with self._lock:
            worker = self._workers.get(key)
        if worker is not None:
            worker.poked.set()

    def run(self) -> None:
        """Wait until every step has finished, or one has failed: then raise what it raised; no step is called again."""
        with self._changed:
            while self._workers and self._failure is None:
                self._changed.wait(HEARTBEAT)
            if self._failure is not None:
                raise self._failure

    def _work(self, key: str, worker: _Worker, step: Callable[[], float | None]) -> None:
        try:
            while self._failure is None:
                worker.poked.clear()
                seconds = step()
                if seconds is None:
                    break
                worker.poked.wait(seconds)
        except BaseException as problem:  # carried to the main thread, where it is raised
            with self._changed:
                self._failure = self._failure or problem
        finally:
            with self._changed:
                self._workers.pop(key, None)
                self._changed.notify_all()
