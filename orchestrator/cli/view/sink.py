"""A view at its own pace: events queue up, a thread of the view draws them, the run never waits."""

from queue import Empty, SimpleQueue
from threading import Thread
from types import TracebackType
from typing import Self

from orchestrator.model.event import Event, Progress

MANY = 1000  # events waiting to be drawn, beyond which samples are dropped; changes of state never are


class QueuedView:
    """Subclasses draw in take, idle and finish, all called on the view's thread; emit may be called from any."""

    every = 1.0  # seconds after which idle is called when nothing happens
    patience: float | None = 5.0  # seconds that the end of the command waits for a slow reader

    def __init__(self) -> None:
        self._events: SimpleQueue[Event | None] = SimpleQueue()
        self._thread = Thread(target=self._draw, name=type(self).__name__, daemon=True)
        self._dead = False

    def emit(self, event: Event) -> None:
        """Queue an event."""
        if self._dead or (isinstance(event, Progress) and self._events.qsize() > MANY):
            return
        self._events.put(event)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._events.put(None)
        self._thread.join(self.patience)

    def take(self, event: Event) -> None:
        """Draw an event."""
        raise NotImplementedError

    def idle(self) -> None:
        """Draw the passing of time."""

    def finish(self) -> None:
        """Leave the screen as it should stay."""

    def _draw(self) -> None:
        try:
            while True:
                try:
                    event = self._events.get(timeout=self.every)
                except Empty:
                    self.idle()
                    continue
                if event is None:
                    return
                self.take(event)
        except OSError:  # the terminal has gone: the run goes on without this view
            self._dead = True
        finally:
            self._dead = True
            self.finish()
