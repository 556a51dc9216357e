"""The answer on stdout: one value, written as text, as JSON, or as one line of JSON."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator.cli.options import Options, Output
from orchestrator.cli.view.console import Screen, screens

Document = Mapping[str, Any]


def answer(options: Options, document: Callable[[], Document], text: Callable[[Screen], None]) -> None:
    """Write the value in the form that was asked for; the other form is never computed."""
    screen = screens(options).out
    if options.output is Output.TEXT:
        text(screen)
    else:
        write_document(screen, document(), indent=2 if options.output is Output.JSON else None)


def write_document(screen: Screen, document: Document, *, indent: int | None = None) -> None:
    """Write one document. ASCII only: no reader can misread it, no terminal obeys it."""
    screen.write(json.dumps(document, indent=indent, ensure_ascii=True) + "\n")
