"""Values as JSON documents with a name and a version; nobody else knows how they are written."""

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
