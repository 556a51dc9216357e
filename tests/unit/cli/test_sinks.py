"""Views keep their promise: emit neither waits nor raises, and no change of state is lost."""

import threading
import time
from datetime import UTC, datetime, timedelta
from io import StringIO

from orchestrator.cli.options import Options
from orchestrator.cli.view.console import screen
from orchestrator.cli.view.lines import HEARTBEAT, Lines
from orchestrator.cli.view.live import LiveView
from orchestrator.cli.view.sink import MANY, QueuedView
from orchestrator.model.event import Progress, Waiting
from tests.screens import world
from tests.screens.test_screens import events

SAMPLE = Progress(run=world.run().id, guest=world.uuid(1), at=world.BEGIN, sample=world.SAMPLE)
WAITING = Waiting(run=world.run().id, guest=world.uuid(1), because="why")


class Slow(QueuedView):
    """Draws only when it is let."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()
        self.drawn = []

    def take(self, event):
        self.go.wait(10)
        self.drawn.append(event)


def test_a_slow_view_drops_samples_but_no_change_of_state():
    view = Slow()
    with view:
        begin = time.monotonic()
        for _ in range(3 * MANY):
            view.emit(SAMPLE)
        for _ in range(50):
            view.emit(WAITING)
        assert time.monotonic() - begin < 2
        view.go.set()
    assert sum(isinstance(e, Waiting) for e in view.drawn) == 50
    assert sum(isinstance(e, Progress) for e in view.drawn) <= MANY + 2


class Broken(QueuedView):
    """Its terminal has been closed."""

    def take(self, event):
        raise OSError(5, "Input/output error")


def test_a_view_whose_terminal_is_gone_leaves_quietly():
    with Broken() as view:
        view.emit(WAITING)
        view._thread.join(5)
        view.emit(WAITING)
    assert not view._thread.is_alive()


class Hanging(QueuedView):
    """Its reader never reads."""

    patience = 0.1

    def take(self, event):
        time.sleep(60)


def test_the_end_waits_only_so_long():
    begin = time.monotonic()
    with Hanging() as view:
        view.emit(WAITING)
    assert time.monotonic() - begin < 5


class Stream(StringIO):
    """A stream that says what kind it is."""

    encoding = "utf-8"

    def __init__(self, terminal=False):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


def test_lines_have_no_carriage_returns_and_no_escapes():
    stream = Stream()
    with Lines(screen(stream, Options())) as view:
        for event in events():
            view.emit(event)
    assert "\r" not in stream.getvalue()
    assert "\x1b" not in stream.getvalue()
    assert "web-01 migrated to kvm02" in stream.getvalue()


def test_lines_held_back_wait_for_release():
    stream = Stream()
    with Lines(screen(stream, Options()), held_back=True) as view:
        for event in events():
            view.emit(event)
    assert stream.getvalue() == ""
    view.release()
    assert "web-01 migrated to kvm02" in stream.getvalue()


def test_a_heartbeat_after_a_minute():
    now = datetime(2026, 11, 21, tzinfo=UTC)
    times = iter([now, *[now + HEARTBEAT + timedelta(seconds=n) for n in range(50)]])
    stream = Stream()
    with Lines(screen(stream, Options()), at=lambda: next(times)) as view:
        view.emit(events()[0])
    assert "2 guests waiting: not begun" in stream.getvalue()


def test_the_live_block_leaves_only_finished_guests(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = Stream(terminal=True)
    with LiveView(screen(stream, Options(color="never"))) as view:
        for event in events():
            view.emit(event)
    drawn = stream.getvalue()
    assert "pre-copy 2" in drawn
    assert "✔ web-01 → kvm02  migrated" in drawn
    assert "\x1b[3" not in drawn, "no colour was asked for"
    assert drawn.rstrip("\n").endswith("\x1b[2K"), "the block is removed"
