"""Nothing is changed without a yes: asked on the terminal, or given on the command line."""

import contextlib
import sys
import termios
from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator.cli.options import Options, Output
from orchestrator.errors import OrchestratorError

if TYPE_CHECKING:
    from orchestrator.cli.view.console import Screen


def demand(*, yes: bool, options: Options) -> None:
    """Refuse, before any host is contacted, a command that could not ask. Raises usage.needs-yes."""
    if yes:
        return
    if options.unattended:
        raise OrchestratorError.of("usage.needs-yes", "--unattended never asks, and does not imply --yes")
    if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
        raise OrchestratorError.of("usage.needs-yes", "there is no terminal to ask on")


def agreed(options: Options, screen: "Screen", shows: Callable[[], None], question: str, *, yes: bool) -> bool:
    """Show on stderr what would be done, unless nobody is there to read it, and ask if there was no --yes yet."""
    if not yes or (options.output is Output.TEXT and options.verbosity >= 0 and not options.unattended):
        shows()
    if yes or ask(question, screen):
        return True
    screen.write("Nothing was changed.\n")
    return False


def ask(question: str, screen: "Screen") -> bool:
    """Ask on stderr; everything but y or yes means no, the end of the input too."""
    with contextlib.suppress(
        termios.error, ValueError, OSError
    ):  # what was typed before the question is no answer to it
        termios.tcflush(sys.stdin, termios.TCIFLUSH)
    screen.write(f"{question} [y/N] ")
    answer = sys.stdin.readline()
    if not answer:
        screen.write("\n")
    return answer.strip().lower() in ("y", "yes")
