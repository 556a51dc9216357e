"""The document of `ferry resolve --dry-run`."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.dispute import Dispute


@dataclass(frozen=True, slots=True, kw_only=True)
class Disputed:
    """ferry resolve --dry-run: the evidence, and what the choice would come to. objection: why not now."""

    dispute: Dispute
    schema: Literal["ferry.dispute/1"] = "ferry.dispute/1"


ALL = (Disputed,)


def dispute_document(dispute: Dispute) -> Document:
    """ferry.dispute: both copies, the journal, the steps."""
    plain: dict[str, Any] = adapter(Disputed).dump_python(Disputed(dispute=dispute), mode="json")
    return {"schema": plain.pop("schema"), **plain}
