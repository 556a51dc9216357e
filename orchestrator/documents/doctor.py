"""The further documents of `ferry doctor`: what is left over on hosts, and the tour of a canary."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.canary import Tour
from orchestrator.model.finding import Finding
from orchestrator.model.repaired import Repaired


@dataclass(frozen=True, slots=True, kw_only=True)
class Leftovers:
    """ferry doctor --leftovers. cleaned: what became of each remedy; empty without --clean."""

    findings: tuple[Finding, ...]
    cleaned: tuple[Repaired, ...]
    schema: Literal["ferry.leftovers/1"] = "ferry.leftovers/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryTour:
    """ferry doctor --canary"""

    tour: Tour
    schema: Literal["ferry.canary/1"] = "ferry.canary/1"


ALL = (Leftovers, CanaryTour)


def leftovers_document(findings: Sequence[Finding], cleaned: Sequence[Repaired]) -> Document:
    """ferry.leftovers: what was found, and what became of it."""
    return _plain(Leftovers(findings=tuple(findings), cleaned=tuple(cleaned)))


def canary_document(tour: Tour) -> Document:
    """ferry.canary: every way that was tried."""
    return _plain(CanaryTour(tour=tour))


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
