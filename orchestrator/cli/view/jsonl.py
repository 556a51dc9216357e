"""Events as they happen, one line of JSON each, for programs that follow a run."""

from orchestrator.cli.view.answer import write_document
from orchestrator.cli.view.console import Screen
from orchestrator.cli.view.sink import QueuedView
from orchestrator.documents import event_document
from orchestrator.model.event import Event


class JsonLines(QueuedView):
    """A program that reads slowly gets every change of state; the end of the command waits for it."""

    patience = None

    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def take(self, event: Event) -> None:
        """Write one line."""
        write_document(self._screen, event_document(event))
