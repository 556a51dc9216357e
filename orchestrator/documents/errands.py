"""An open errand as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal do."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.errand import OpenErrand


def encode_errand(errand: OpenErrand) -> str:
    """Write an errand."""
    return adapter(OpenErrand).dump_json(errand).decode()


def decode_errand(text: str) -> OpenErrand:
    """Read an errand. Raises ValueError."""
    errand: OpenErrand = adapter(OpenErrand).validate_json(text, strict=True)
    return errand
