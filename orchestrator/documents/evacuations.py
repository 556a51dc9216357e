"""The document of `ferry evacuate` and `ferry restore`: what was done, who is left, and why."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.emptied import Emptied


@dataclass(frozen=True, slots=True, kw_only=True)
class Evacuation:
    """ferry evacuate. summary: one line, for the subject of a mail."""

    evacuation: Emptied
    empty: bool
    summary: str
    schema: Literal["ferry.evacuation/1"] = "ferry.evacuation/1"


ALL = (Evacuation,)


def evacuation_document(told: Emptied) -> Document:
    """ferry.evacuation: the runs, the guests that stay, and whether the hosts are empty."""
    form: Any = Evacuation
    value = Evacuation(evacuation=told, empty=told.empty, summary=told.summary)
    plain: Document = adapter(form).dump_python(value, mode="json")
    return {"schema": plain.pop("schema"), **plain}
