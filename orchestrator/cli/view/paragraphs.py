"""Sentences beside a label, wrapped to the width of prose and inert."""

from rich.text import Text

from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.format import inert


def labelled(screen: Screen, label: str, text: str, *, before: int = 0) -> list[Text]:
    """Lines of `text` with the label in front of the first; `before`: columns that stand to the left of it."""
    width = max(20, screen.prose - before - len(label))
    wrapped = [line for part in text.splitlines() for line in Text(inert(part)).wrap(screen.console, width)]
    labels = [label, *[" " * len(label)] * (len(wrapped) - 1)]
    return [Text.assemble((name, "bold"), line) for name, line in zip(labels, wrapped, strict=False)]
