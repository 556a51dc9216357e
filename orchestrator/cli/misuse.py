"""What is said of a command line that is not understood: in words on stderr, and to a program as a document.

Nothing is imported here that `ferry --help` does without.
"""

import re
import shutil
import textwrap
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any

import click

from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.format import inert
from orchestrator.errors import OrchestratorError

_WIDEST, _NARROWEST = 80, 40  # columns
_CHOICES = re.compile(r"\.\s+Choose from:\s+", re.ASCII)  # click has each of them in a line, behind a tab
_SHORT = re.compile(r"-[qv]*o(.*)", re.DOTALL)
_FORMS = {form.value: form for form in Output}
_LIKE, _BEGINNING, _MOST = 0.65, 3, 3  # how alike a name must be, letters that begin one, names that are offered
# Newer versions of click answer a bare `ferry` with the help page as an error, older ones leave by themselves.
_NO_ARGUMENTS: Any = getattr(click.exceptions, "NoArgsIsHelpError", ())


def text(error: click.ClickException) -> str:
    """The usage of the command that was meant, and what is wrong with it."""
    if isinstance(error, _NO_ARGUMENTS):
        return _inert_lines(error.format_message())
    head: list[str] = []
    if isinstance(error, click.UsageError) and error.ctx is not None:
        head = [error.ctx.get_usage(), f"Try '{error.ctx.command_path} --help' for help.", ""]
    return "\n".join([*map(_inert_lines, head), *_wrapped(f"Error: {_said(error)}")])


def write_document(error: click.ClickException, options: Options) -> None:
    """Write it as ferry.error, where the command line asks for documents."""
    options.output = output_of(options.argv[1:], options.output)
    if options.output is Output.TEXT:
        return
    from orchestrator.cli.view.answer import write_document as write  # noqa: PLC0415 - text needs no JSON
    from orchestrator.cli.view.console import screens  # noqa: PLC0415
    from orchestrator.documents import error_document  # noqa: PLC0415

    context = error.ctx if isinstance(error, click.UsageError) else None
    saw = "no command is named" if isinstance(error, _NO_ARGUMENTS) else _said(error)
    help_page = f"{context.command_path if context is not None else 'ferry'} --help"
    refused = OrchestratorError.of("usage.command-line", saw, fix=help_page)
    write(screens(options).out, error_document(refused))


def output_of(arguments: Sequence[str], otherwise: Output) -> Output:
    """The form of answer that is asked for anywhere in a command line: click stops reading at the first mistake."""
    words = iter(arguments)
    for word in words:
        if word == "--":
            break
        name, equals, value = word.partition("=")
        short = _SHORT.fullmatch(word)
        if short is not None:
            value = short[1] or next(words, "")
        elif name == "--output":
            value = value if equals else next(words, "")
        else:
            continue
        otherwise = _FORMS.get(value, otherwise)
    return otherwise


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A question behind a blank, "" where nothing is near."""
    near = _near(word, known)
    return f" Did you mean {' or '.join(near)}?" if near else ""


def _near(word: str, known: Iterable[str]) -> list[str]:
    """Names that the word begins, else those that a slip of the fingers has made it of. Dashes are no likeness."""
    bare = {name.lstrip("-"): name for name in known}
    wanted = word.lstrip("-")
    begun = [name for name in bare if len(wanted) >= _BEGINNING and name.startswith(wanted)]
    return [bare[name] for name in begun[:_MOST] or get_close_matches(wanted, bare, n=_MOST, cutoff=_LIKE)]


def _said(error: click.ClickException) -> str:
    """click's message; of the names that it would offer only those that are near."""
    offered = getattr(error, "possibilities", None)
    if not offered:
        return _in_one_line(error)
    word = getattr(error, "option_name", "") or getattr(error, "command_name", "")
    return error.message + did_you_mean(str(word), offered)


def _in_one_line(error: click.ClickException) -> str:
    said = error.format_message()
    head, *choices = _CHOICES.split(said, maxsplit=1) if isinstance(error, click.MissingParameter) else [said]
    return f"{head}: {' or '.join(one.strip() for one in choices[0].split(','))}" if choices else said


def _wrapped(said: str) -> list[str]:
    width = max(_NARROWEST, min(shutil.get_terminal_size().columns, _WIDEST))
    return [
        line
        for number, part in enumerate(inert(one) for one in said.split("\n"))
        for line in textwrap.wrap(
            part,
            width,
            initial_indent=" " * 7 if number else "",
            subsequent_indent=" " * 7,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


def _inert_lines(block: str) -> str:
    return "\n".join(inert(line) for line in block.split("\n"))
