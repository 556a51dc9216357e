"""How long a guest will stand still that is paused for its whole copy, as far as anybody can say beforehand."""

from dataclasses import dataclass

from orchestrator.errors import OrchestratorError
from orchestrator.model.move import Move
from orchestrator.operations.doors import Doors


@dataclass(frozen=True, slots=True, kw_only=True)
class Standstill:
    """used_bytes: what is to be copied. bytes_per_second: None where neither an earlier move nor an interface says."""

    used_bytes: int
    bytes_per_second: int | None

    @property
    def seconds(self) -> float | None:
        """At that rate; None where it is not known."""
        return None if self.bytes_per_second is None else self.used_bytes / self.bytes_per_second


def standstill(doors: Doors, move: Move) -> Standstill:
    """Reckon with what earlier moves on this way have reached, else with what the link could carry, under the cap.

    Where the store cannot be asked (it is away, or saved facts are looked at), nothing is known of earlier moves.
    """
    try:
        known = doors.store().crossing(move.source, move.destination).bytes_per_second
    except OrchestratorError:
        known = None
    rates = (known or move.offers.link_bytes_per_second, move.transport.bandwidth_bytes_per_second)
    return Standstill(
        used_bytes=move.offers.used_bytes or move.memory_bytes,
        bytes_per_second=min((rate for rate in rates if rate), default=None),
    )
