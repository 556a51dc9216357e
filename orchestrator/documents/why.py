"""The documents of `ferry why` and `ferry plan compare`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.why import Why
from orchestrator.planning.drift import Drift


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """ferry why: where the guest would go, and every other host with what speaks against it."""

    why: Why
    schema: Literal["ferry.why/1"] = "ferry.why/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanDifference:
    """ferry plan compare: was in the first plan, now in the second. guest "": of the whole."""

    first: str
    second: str
    differences: tuple[Drift, ...]
    schema: Literal["ferry.plan-difference/1"] = "ferry.plan-difference/1"


ALL = (Reasons, PlanDifference)


def why_document(told: Why) -> Document:
    """ferry.why: the choice, its reasons, and what was rejected."""
    return _plain(Reasons(why=told))


def plan_difference_document(first: str, second: str, differences: Sequence[Drift]) -> Document:
    """ferry.plan-difference: what is not the same in two kept plans."""
    return _plain(PlanDifference(first=first, second=second, differences=tuple(differences)))


def _plain(document: object) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}
