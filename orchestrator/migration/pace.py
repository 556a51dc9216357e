"""How soon to look again at a running copy."""

from orchestrator.migration.decision import Scene
from orchestrator.model.sighting import Sighting

BUSY = 0.1  # at the beginning and near the end, when things change
CALM = 0.5
OPENING = 2.0  # seconds after the start that count as the beginning


def pace(now: Scene) -> float:
    """Seconds until the next look: 0.1 at the start and when less than a second of copying remains, else 0.5."""
    begun = now.watch.begun_at
    if begun is not None and now.look.at - begun < OPENING:
        return BUSY
    source = now.look.source
    if not isinstance(source, Sighting) or source.job is None:
        return BUSY if now.settled_for < OPENING else CALM
    near = source.job.remaining_bytes <= max(source.job.transfer_bytes_per_second, 1)
    return BUSY if near else CALM
