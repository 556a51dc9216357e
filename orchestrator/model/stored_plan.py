"""A plan that waits for somebody to carry it out."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.model.evacuation import EvacuationRequest
from orchestrator.model.plan import Plan
from orchestrator.model.request import MoveRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPlan:
    """What was proposed, for which request, by whom, when and why. digest: of what it would do. policy_digest: of the
    policy it was made under."""

    name: str
    made_at: datetime
    by: str
    digest: str
    policy_digest: str
    request: MoveRequest | EvacuationRequest
    plan: Plan
    reason: str = ""
