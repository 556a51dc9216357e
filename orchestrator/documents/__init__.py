"""Values as JSON documents with a name and a version; nobody else knows how they are written.

The functions are loaded when they are first used: a command that answers in text never builds the adapters for JSON.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator.documents.digest import plan_digest
    from orchestrator.documents.envelopes import (
        error_document,
        event_document,
        guests_document,
        history_document,
        hosts_document,
        plan_document,
        run_document,
        status_document,
    )

__all__ = [
    "error_document",
    "event_document",
    "guests_document",
    "history_document",
    "hosts_document",
    "plan_digest",
    "plan_document",
    "run_document",
    "status_document",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(name)
    room = "digest" if name == "plan_digest" else "envelopes"
    return getattr(import_module(f"orchestrator.documents.{room}"), name)
