"""An immutable proposal: moves with their reasons, refused guests with their findings, and a digest."""

from dataclasses import dataclass

from orchestrator.model.evacuation import Proof, Spare, Staying
from orchestrator.model.finding import Finding, Severity
from orchestrator.model.host import HostName
from orchestrator.model.move import Move


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A destination that was not taken for a guest, and why."""

    guest: str
    destination: HostName
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """moves: what would be done. findings: everything the checks said, for the moves and for the guests refused.

    Of an evacuation also: staying: who is left where, and why. forecast_seconds: until all moves are over;
    bound_seconds: no plan is over sooner. proof: why not all find a place. spare: whether one more host may fail then.
    unmatched: of what was asked for or excluded, patterns that mean no guest.
    """

    moves: tuple[Move, ...]
    findings: tuple[Finding, ...]
    rejected: tuple[Rejected, ...] = ()
    staying: tuple[Staying, ...] = ()
    forecast_seconds: float | None = None
    bound_seconds: float | None = None
    proof: Proof | None = None
    spare: Spare | None = None
    unmatched: tuple[str, ...] = ()

    def blockers(self) -> tuple[Finding, ...]:
        """The findings that refuse a guest."""
        return tuple(f for f in self.findings if f.severity is Severity.BLOCKER)
