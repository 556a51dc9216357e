"""Where a guest would go, and why nowhere else."""

from dataclasses import dataclass

from orchestrator.model.finding import Finding
from orchestrator.model.host import HostName
from orchestrator.model.plan import Rejected


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """guest: its name, or how it was asked for where it cannot move. to: the host it would go to; None: to none.

    because: why there, and transport: why so. rejected: every other host with what speaks against it, or why it is
    second; with a host that was asked about only that one. findings: what the checks say of the guest and of the hosts
    in question.
    """

    guest: str
    source: HostName | None
    to: HostName | None
    because: str
    transport: tuple[str, ...]
    rejected: tuple[Rejected, ...]
    findings: tuple[Finding, ...]

    @property
    def blocked(self) -> bool:
        """Whether it can go nowhere (or not to the host that was asked about)."""
        return self.to is None
