"""What a YAML text may ask of this process: refused before anything is built from it."""

from collections.abc import Iterable
from typing import Any

from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    NodeEvent,
    ScalarEvent,
)

DEEPEST = 16
MOST_NODES = 20_000
MOST_ALIASES = 50


class OutOfBoundsError(Exception):
    """A text that is not read on, with the mark where that was decided."""

    def __init__(self, saw: str, fix: str, mark: Any) -> None:
        super().__init__(saw)
        self.saw, self.fix, self.mark = saw, fix, mark


def check(events: Iterable[Any]) -> None:
    """Read the events of a text, counting every alias as the copy that it stands for. Raises OutOfBoundsError."""
    sizes: dict[str, int] = {}
    open_: list[tuple[str | None, int]] = []  # anchor, and the count of nodes before it
    nodes = aliases = 0
    for event in events:
        if isinstance(event, NodeEvent):
            nodes, aliases = nodes + _size(event, sizes), aliases + isinstance(event, AliasEvent)
            if nodes > MOST_NODES or aliases > MOST_ALIASES:
                saw = (
                    f"more than {MOST_NODES} values or {MOST_ALIASES} aliases, each alias counted as what it stands for"
                )
                raise OutOfBoundsError(saw, "Write it plainly, and shorter.", event.start_mark)
        if isinstance(event, CollectionStartEvent):
            open_.append((event.anchor, nodes - 1))
            if len(open_) > DEEPEST:
                raise OutOfBoundsError(f"more than {DEEPEST} levels", "ferry's files have four.", event.start_mark)
        elif isinstance(event, CollectionEndEvent):
            anchor, before = open_.pop()
            if anchor is not None:
                sizes[anchor] = nodes - before
        elif isinstance(event, ScalarEvent):
            _check_scalar(event)
            if event.anchor is not None:
                sizes[event.anchor] = 1


def _size(event: Any, sizes: dict[str, int]) -> int:
    """How many nodes the event adds; a tag or an alias of nothing complete is refused."""
    if isinstance(event, AliasEvent):
        if event.anchor not in sizes:
            saw = f"*{event.anchor} stands for nothing that is complete before it"
            raise OutOfBoundsError(saw, f"Define &{event.anchor} above, or write the value itself.", event.start_mark)
        return sizes[event.anchor]
    if event.tag is not None:
        raise OutOfBoundsError(f"the tag {event.tag}", "Remove it: ferry's files need no tags.", event.start_mark)
    return 1


def _check_scalar(event: Any) -> None:
    """An escape in quotes can smuggle in what the reader refuses in the open: it would reach terminals and logs."""
    if any((c < " " and c not in "\n\t") or "\x7f" <= c < "\xa0" or "\ud800" <= c <= "\udfff" for c in event.value):
        raise OutOfBoundsError("the text holds a control character", "Remove it.", event.start_mark)
