"""A hold as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal do."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.hold import Hold


def encode_hold(hold: Hold) -> str:
    """Write a hold."""
    return adapter(Hold).dump_json(hold).decode()


def decode_hold(text: str) -> Hold:
    """Read a hold. Raises ValueError."""
    hold: Hold = adapter(Hold).validate_json(text, strict=True)
    return hold
