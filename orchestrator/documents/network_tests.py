"""A test of a network as the store keeps it: one line of JSON. A decoder raises ValueError, as those of the journal."""

from orchestrator.documents.adapters import adapter
from orchestrator.model.network_test import NetworkTest


def encode_network_test(test: NetworkTest) -> str:
    """Write a test."""
    return adapter(NetworkTest).dump_json(test).decode()


def decode_network_test(text: str) -> NetworkTest:
    """Read a test. Raises ValueError."""
    test: NetworkTest = adapter(NetworkTest).validate_json(text, strict=True)
    return test
