"""What ferry can explain: a page for each error, check, leftover, state and exit code."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["error", "check", "leftover", "state", "exit code"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """A text beside its label; a line of the text is a paragraph of its own."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """title: one line for a list."""

    name: str
    kind: Kind
    title: str
    paragraphs: tuple[Paragraph, ...]
