"""A roll as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal do."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.roll import Roll


def encode_roll(roll: Roll) -> str:
    """Write a roll."""
    return adapter(Roll).dump_json(roll).decode()


def decode_roll(text: str) -> Roll:
    """Read a roll. Raises ValueError."""
    roll: Roll = adapter(Roll).validate_json(text, strict=True)
    return roll
