"""A topic's part of the script for a host, and how its lines are read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.model.facts import Unknown
from orchestrator.survey.root import REFUSED

REFUSED_LINE = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """script: POSIX sh that prints `key value` lines. parse: its lines → the value of the topic, or Unknown."""

    script: str
    parse: Callable[[Sequence[str]], Any]

    def read(self, lines: Sequence[str]) -> Any:
        """The value, whatever the host said: what cannot be understood is Unknown."""
        if not lines:
            return Unknown(why="the host said nothing of it", code="host.shell")
        if REFUSED_LINE in lines:
            return REFUSED
        try:
            return self.parse(lines)
        except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, RecursionError) as garbage:
            return Unknown(why=f"what the host said could not be understood ({garbage})", code="host.shell")


def fields(lines: Sequence[str]) -> dict[str, str]:
    """First word → the rest of its (last) line."""
    return {key: value for key, _, value in (line.partition(" ") for line in lines)}


def under(lines: Sequence[str], key: str) -> list[str]:
    """The rest of every line that begins with this word."""
    return [rest for word, _, rest in (line.partition(" ") for line in lines) if word == key]


def number(text: str | None) -> int | None:
    """A number written in digits; None for anything else."""
    return int(text) if text is not None and text.strip().isdecimal() else None
