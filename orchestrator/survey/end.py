"""One host of a pair, with its doors and a time by which everything must be said."""

import time
from dataclasses import dataclass

from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.host import HostEntry
from orchestrator.ports import CommandResult, HostShell, Inventory
from orchestrator.survey import identity


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """deadline: of time.monotonic()."""

    entry: HostEntry
    facts: HostFacts
    inventory: Inventory
    shell: HostShell
    deadline: float

    @property
    def left(self) -> float:
        """Seconds that a question may still take."""
        return max(0.1, self.deadline - time.monotonic())

    def run(self, script: str) -> CommandResult | Unknown:
        """Run it in the host's shell; one that has just failed is not tried again, it would only cost time."""
        return identity.failure(self.facts) or self.shell.run(script, within=self.left)
