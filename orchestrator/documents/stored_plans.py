"""A stored plan as one line of JSON, whole, and all of them as a document. A decoder raises ValueError."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.model.stored_plan import StoredPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanEntry:
    """One stored plan, without its moves: those are in ferry.plan (ferry plan show NAME)."""

    name: str
    made_at: datetime
    by: str
    digest: str
    moves: int
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlans:
    """ferry apply, without a plan"""

    plans: tuple[PlanEntry, ...]
    schema: Literal["ferry.plans/1"] = "ferry.plans/1"


ALL = (StoredPlans,)


def encode_stored_plan(stored: StoredPlan) -> str:
    """Write a plan with everything that was known when it was made."""
    return adapter(StoredPlan).dump_json(stored).decode()


def decode_stored_plan(text: str) -> StoredPlan:
    """Read a plan. Raises ValueError, also for one that another version of ferry has written."""
    stored: StoredPlan = adapter(StoredPlan).validate_json(text, strict=True)
    return stored


def stored_plans_document(stored: Sequence[StoredPlan]) -> dict[str, Any]:
    """ferry.plans: what can be applied, the newest first."""
    entries = tuple(
        PlanEntry(
            name=one.name,
            made_at=one.made_at,
            by=one.by,
            digest=one.digest,
            moves=len(one.plan.moves),
            reason=one.reason,
        )
        for one in stored
    )
    plain: dict[str, Any] = adapter(StoredPlans).dump_python(StoredPlans(plans=entries), mode="json")
    return {"schema": plain.pop("schema"), **plain}
