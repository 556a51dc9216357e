"""The documents of `ferry evacuate` and `ferry restore`: what was done, who is left or not home, and why."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.emptied import Emptied
from orchestrator.model.restored import Restored


@dataclass(frozen=True, slots=True, kw_only=True)
class Evacuation:
    """ferry evacuate. summary: one line, for the subject of a mail."""

    evacuation: Emptied
    empty: bool
    summary: str
    schema: Literal["ferry.evacuation/1"] = "ferry.evacuation/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Restore:
    """ferry restore. summary: one line, for the subject of a mail."""

    restore: Restored
    summary: str
    schema: Literal["ferry.restore/1"] = "ferry.restore/1"


ALL = (Evacuation, Restore)


def evacuation_document(told: Emptied) -> Document:
    """ferry.evacuation: the runs, the guests that stay, and whether the hosts are empty."""
    return _plain(Evacuation(evacuation=told, empty=told.empty, summary=told.summary))


def restore_document(told: Restored) -> Document:
    """ferry.restore: the runs, and the guests that are not home."""
    return _plain(Restore(restore=told, summary=told.summary))


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
