"""The options that every command understands, before or after its name."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import click

from orchestrator.model.schedule import Occasion


class Output(StrEnum):
    """How the answer is written."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


@dataclass
class Options:
    """Filled while the command line is read, so that even a failure half-way knows how to speak.

    verbosity: -1 errors only, 0 the ordinary, 1 reasons, rounds and commands to hosts, 2 also what libraries log.
    lost: why the answer could not be written, where the reader did not simply go away.
    occasion: where the schedule wants it, what for: what was done since its time is done.
    adopted: the exit code of runs that were taken over first; it counts however the command itself ends.
    """

    argv: tuple[str, ...] = ()
    config: str | None = None
    output: Output = Output.TEXT
    color: str = "auto"
    verbosity: int = 0
    unattended: bool = False
    lost: OSError | None = None
    adopted: int = 0
    occasion: Occasion | None = None


pass_options = click.make_pass_decorator(Options, ensure=True)


def global_options(*, hidden: bool = False) -> list[click.Parameter]:
    """Fresh parameters for a command; hidden where the help of `ferry` itself already shows them."""

    def option(*names: str, **more: Any) -> click.Option:
        return click.Option(list(names), expose_value=False, callback=_remember, hidden=hidden, **more)

    return [
        option("--config", metavar="FILE", help="Read this configuration and no other."),
        option(
            "-o",
            "--output",
            type=click.Choice([o.value for o in Output]),
            help="Form of the answer on stdout; text by default.",
        ),
        option("--color", type=click.Choice(["auto", "always", "never"]), help="Colour; NO_COLOR is obeyed too."),
        option("-q", "--quiet", is_flag=True, help="Errors only."),
        option("-v", "--verbose", count=True, help="Reasons, rounds, commands to hosts; twice: logs of libraries."),
    ]


def _remember(context: click.Context, parameter: click.Parameter, value: Any) -> None:
    if not value:
        return
    options = context.ensure_object(Options)
    match parameter.name:
        case "quiet":
            options.verbosity = -1
        case "verbose":
            options.verbosity = value
        case "output":
            options.output = Output(value)
        case name:
            setattr(options, str(name), value)
