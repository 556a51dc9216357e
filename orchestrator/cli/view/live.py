"""A run on a terminal: one block that is redrawn, above it the guests that have arrived."""

from collections.abc import Callable
from datetime import datetime
from textwrap import wrap

from rich.console import Group
from rich.live import Live
from rich.text import Text

from orchestrator.cli.view.console import Screen, live_console
from orchestrator.cli.view.format import count, duration, inert, rate, size
from orchestrator.cli.view.lines import now
from orchestrator.cli.view.progress import Picture, Row, figures, fraction, retrying, stalled, stillness, time_left
from orchestrator.cli.view.sink import QueuedView
from orchestrator.cli.view.tone import Glyphs, of_outcome, of_state
from orchestrator.model.event import Event
from orchestrator.model.move import State
from orchestrator.model.sample import Sample

AT_MOST = 10  # guests drawn one by one; the others are counted
BAR = 20  # at most: on a narrow terminal the figures beside it count more
_REASON = 3  # lines at most
_INDENT = " " * 6
HINTS = {
    "": "Ctrl-C once: start nothing more.  Twice: cancel what still runs on its source.",
    "stop": "Nothing more is started.  Ctrl-C again: cancel what still runs on its source.",
    "abort": "Cancelling what can be.  Ctrl-C again: leave at once, copies in flight go on.",
}


class LiveView(QueuedView):
    """Redraws four times a second, and at every event."""

    every = 0.25

    def __init__(self, screen: Screen, *, at: Callable[[], datetime] = now) -> None:
        super().__init__()
        self._screen = screen
        self._picture = Picture()
        self._now = at
        self._live = Live(
            console=live_console(screen.stream, screen.options),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            vertical_overflow="crop",
        )

    def take(self, event: Event) -> None:
        """Scroll a guest up that has its verdict; redraw the block."""
        row = self._picture.take(event)
        if not self._live.is_started:
            self._live.start()
        if row is not None and row.outcome is not None:
            self._live.console.print(finished(row, self._picture, self._screen.glyphs), soft_wrap=True)
        self.idle()

    def idle(self) -> None:
        """Redraw."""
        if self._live.is_started:
            lines = block(self._picture, self._screen.glyphs, self._now(), width=self._live.console.width)
            self._live.update(Group(*lines), refresh=True)

    def finish(self) -> None:
        """Remove the block; the lines above it stay."""
        try:
            self._live.stop()
        except OSError:  # the terminal has gone, and the block with it
            return


def block(picture: Picture, glyphs: Glyphs, at: datetime, *, width: int) -> list[Text]:
    """The block as lines; nothing in it wraps, so that its height is known. width: of the terminal, in columns."""
    if picture.run is None:
        return []
    open_rows = [row for row in picture.rows.values() if row.outcome is None]
    open_rows.sort(key=lambda row: not row.moving)
    took = duration((at - picture.run.started_at).total_seconds() * 1000)
    lines = [_plain(f"Run {picture.run.id}    {picture.summary()}    {took}", "bold"), Text()]
    widths = _widths(picture)
    told: dict[str, Row] = {}
    for row in open_rows[:AT_MOST]:
        still = not row.moving or row.sample is None
        lines += _waiting(row, widths, glyphs, width, told) if still else _moving(row, widths, glyphs, at, width)
    if len(open_rows) > AT_MOST:
        lines.append(_plain(f"  and {count(len(open_rows) - AT_MOST, 'more guest')}", "dim"))
    if picture.again is not None:
        lines.append(_plain(f"  {retrying(picture.again)}", ""))
    return [*lines, Text(), _plain(HINTS[picture.order], "dim")]


def finished(row: Row, picture: Picture, glyphs: Glyphs) -> Text:
    """The line that stays of a guest with its verdict."""
    if row.outcome is None:
        raise ValueError(f"{row.move.name} has no verdict")
    tone = of_outcome(row.outcome)
    told = figures(row.outcome) if row.outcome.code is None and row.outcome.downtime_ms is not None else row.because
    return _line(glyphs.symbol(tone), tone.color, row, _widths(picture), glyphs, f"{row.outcome.state:<12} {told}")


def _waiting(row: Row, widths: tuple[int, int], glyphs: Glyphs, width: int, told: dict[str, Row]) -> list[Text]:
    """Why nothing moves yet. A reason that is longer than the line is told in full once, for the first guest it holds
    up; told: those, with that guest."""
    tone = of_state(row.state)

    def line(rest: str) -> Text:
        return _line(glyphs.symbol(tone), tone.color, row, widths, glyphs, f"{row.state:<12} {rest}".rstrip())

    whole = line(row.because)
    if whole.cell_len < width:
        return [whole]
    first = told.setdefault(row.because, row)
    if first is not row:
        return [line(f"as {first.move.name}")]
    room = max(width - 1 - len(_INDENT), 20)
    more = wrap(inert(row.because), room, max_lines=_REASON, placeholder=f" {glyphs.ellipsis}")
    return [line(""), *(_plain(f"{_INDENT}{part}", "") for part in more)]


def _moving(row: Row, widths: tuple[int, int], glyphs: Glyphs, at: datetime, width: int) -> list[Text]:
    tone = of_state(row.state)
    symbol, sample = glyphs.symbol(tone), row.sample
    if sample is None:
        raise ValueError(f"{row.move.name} has no figures yet")
    state = f"{row.state} {sample.round}"
    took = duration((at - row.begun_at).total_seconds() * 1000) if row.begun_at else ""
    left = " " * (2 + len(symbol) + 1 + widths[0] + 1 + len(glyphs.arrow) + 1 + widths[1] + 2)
    before, after = f"{state:<12} ", f"  remaining {size(sample.remaining_bytes):>8}  {took}"
    room = width - 1 - len(left) - len(before) - len(after)
    first = f"{before}{glyphs.bar(fraction(sample), max(min(BAR, room), 0))}{after}"
    second = _second(row, sample)
    indent = " " * max(min(len(left), width - 1 - len(second)), 0)
    return [_line(symbol, tone.color, row, widths, glyphs, first), _plain(indent + second, "")]


def _second(row: Row, sample: Sample) -> str:
    if row.still_for:
        return stillness(row)
    rates = f"transfer {rate(sample.transfer_bytes_per_second)}   dirty {rate(sample.dirty_bytes_per_second)}"
    if sample.throttle_percent:
        rates += f"   slowed {sample.throttle_percent} %"
    if row.state is State.POSTCOPY:
        return f"{rates}   runs at {row.move.destination}"
    left = time_left(sample)
    if stalled(sample):
        return f"{rates}   stalled: dirty rate above transfer rate"
    return f"{rates}   {left} left" if left else rates


def _widths(picture: Picture) -> tuple[int, int]:
    moves = [row.move for row in picture.rows.values()]
    names = max((len(inert(m.name)) for m in moves), default=0)
    return min(names, 24), max((len(inert(m.destination)) for m in moves), default=0)


def _line(symbol: str, color: str, row: Row, widths: tuple[int, int], glyphs: Glyphs, rest: str) -> Text:
    name, to = inert(row.move.name), inert(row.move.destination)
    if len(name) > widths[0]:
        name = f"{name[: widths[0] - 2]}.."
    line = Text(no_wrap=True, overflow="crop")
    line.append(f"  {symbol} ", style=color)
    line.append(f"{name:<{widths[0]}} {glyphs.arrow} {to:<{widths[1]}}  {inert(rest)}")
    return line


def _plain(text: str, style: str) -> Text:
    return Text(inert(text), style=style, no_wrap=True, overflow="crop")
