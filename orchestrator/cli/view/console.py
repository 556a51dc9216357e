"""The two streams: how wide, how coloured, and that writing to a closed one ends nothing."""

import errno
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import StringIO
from typing import TextIO

from rich.console import Console, Group, RenderableType

from orchestrator.cli.options import Options
from orchestrator.cli.view.tone import Glyphs

PROSE = 96  # columns beyond which sentences are hard to read
READER_WENT_AWAY = (errno.EPIPE, errno.EIO)  # EIO: the terminal was hung up
UNLIMITED = 4000  # a table in a file or pipe is never cut


@dataclass
class Screen:
    """One stream. console: draws for it, but never writes to it; that is left to `write`, which can bear a failure."""

    stream: TextIO
    console: Console
    glyphs: Glyphs
    terminal: bool
    options: Options
    dead: bool = False

    @property
    def prose(self) -> int:
        """Columns for sentences."""
        return min(self.console.width, PROSE if self.terminal else 80)

    def show(self, *parts: RenderableType, width: int | None = None) -> None:
        """Draw below what is there; without the blanks that pad a table's lines."""
        usual = self.console.width
        # Not as an argument of print: that one never goes beyond the console's own width, and hides what is there.
        self.console.width = width or usual
        with self.console.capture() as drawn:
            self.console.print(Group(*parts), crop=False)
        self.console.width = usual
        self.write("".join(f"{line.rstrip()}\n" for line in drawn.get().splitlines()))

    def write(self, text: str) -> None:
        """Write and flush. A stream that fails stays silent from then on: no run ends by it."""
        if self.dead:
            return
        try:
            self.stream.write(text)
            self.stream.flush()
        except OSError as error:
            self.dead = True
            if self.stream is sys.stdout and error.errno not in READER_WENT_AWAY:
                self.options.lost = error


@dataclass(frozen=True)
class Screens:
    """out: the answer. err: progress, warnings, errors, questions."""

    out: Screen
    err: Screen


def screens(options: Options) -> Screens:
    """The screens of this process."""
    return Screens(screen(sys.stdout, options), screen(sys.stderr, options))


def screen(stream: TextIO, options: Options) -> Screen:
    """A screen on a stream."""
    terminal = stream.isatty()
    console = _console(StringIO(), stream, options)
    return Screen(stream, console, Glyphs.for_encoding(stream.encoding), terminal, options)


def live_console(stream: TextIO, options: Options) -> Console:
    """A console that writes to the stream itself, for a block that is redrawn."""
    return _console(stream, stream, options)


def _console(file: TextIO, stream: TextIO, options: Options) -> Console:
    terminal = stream.isatty()
    colored = _colored(terminal, options.color, os.environ)
    return Console(
        file=file,
        width=_width(stream, terminal),
        color_system="standard" if colored else None,
        no_color=False,  # decided here: an explicit --color=always beats the environment
        force_terminal=terminal or colored,
        legacy_windows=False,
        markup=False,
        highlight=False,
        emoji=False,
    )


def can_be_redrawn(stream: TextIO) -> bool:
    """Whether a live block may be drawn: a terminal that understands cursor movements."""
    return stream.isatty() and os.environ.get("TERM", "dumb") not in ("dumb", "unknown", "")


def _colored(terminal: bool, color: str, environment: Mapping[str, str]) -> bool:
    if color != "auto":
        return color == "always"
    if environment.get("NO_COLOR"):
        return False
    if environment.get("FORCE_COLOR"):
        return True
    return terminal and environment.get("TERM", "dumb") != "dumb"


def _width(stream: TextIO, terminal: bool) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns) > 0:
        return max(40, int(columns))
    if not terminal:
        return UNLIMITED
    try:
        return max(40, os.get_terminal_size(stream.fileno()).columns)
    except (OSError, ValueError):
        return 80
