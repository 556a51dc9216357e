"""A cordon as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal do."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.cordon import Cordon


def encode_cordon(cordon: Cordon) -> str:
    """Write a cordon."""
    return adapter(Cordon).dump_json(cordon).decode()


def decode_cordon(text: str) -> Cordon:
    """Read a cordon. Raises ValueError."""
    cordon: Cordon = adapter(Cordon).validate_json(text, strict=True)
    return cordon
