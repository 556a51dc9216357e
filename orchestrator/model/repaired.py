"""What became of a remedy."""

from dataclasses import dataclass

from orchestrator.model.effect import Effect
from orchestrator.model.finding import Remedy


@dataclass(frozen=True, slots=True, kw_only=True)
class Repaired:
    """One remedy that was carried out, or tried. check: whose finding it was to remove."""

    check: str
    remedy: Remedy
    effect: Effect
