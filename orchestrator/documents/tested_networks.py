"""The document of `ferry network test`."""

from dataclasses import dataclass
from typing import Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.network_test import DatedTest


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkTests:
    """ferry network test. bytes_per_second: number of streams → what they carried together."""

    tests: tuple[DatedTest, ...]
    schema: Literal["ferry.network-test/1"] = "ferry.network-test/1"


ALL = (NetworkTests,)


def network_tests_document(tests: tuple[DatedTest, ...]) -> Document:
    """ferry.network-test: what was measured now, or what is kept."""
    plain: Document = adapter(NetworkTests).dump_python(NetworkTests(tests=tests), mode="json")
    return {"schema": plain["schema"], **{key: value for key, value in plain.items() if key != "schema"}}
