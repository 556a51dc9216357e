"""A baseline as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal do."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.baseline import Baseline


def encode_baseline(baseline: Baseline) -> str:
    """Write a baseline."""
    return adapter(Baseline).dump_json(baseline).decode()


def decode_baseline(text: str) -> Baseline:
    """Read a baseline. Raises ValueError."""
    baseline: Baseline = adapter(Baseline).validate_json(text, strict=True)
    return baseline
