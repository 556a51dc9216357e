"""JSON Schemas of all documents and of what the journal keeps: `python -m orchestrator.documents.schemas DIRECTORY`."""

import sys
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from orchestrator.documents import (
    cpu,
    disputes,
    doctor,
    evacuations,
    networks,
    pages,
    policies,
    rolls,
    shapes,
    stored_plans,
    tested_networks,
    timed,
    why,
)
from orchestrator.documents.adapters import adapter, entry_adapter
from orchestrator.model.run import Run


def texts() -> Mapping[str, str]:
    """File name → schema. The journal's are here for their changes to be seen: one asks for a revision of the store."""
    alone = (
        *evacuations.ALL,
        *tested_networks.ALL,
        *pages.ALL,
        *networks.ALL,
        *rolls.ALL,
        *timed.ALL,
        *stored_plans.ALL,
        *why.ALL,
    )
    forms = (*shapes.ALL, *policies.ALL, *cpu.ALL, *doctor.ALL, *disputes.ALL, *alone)
    found = {_file_name(form): _text(adapter(form).json_schema(mode="serialization")) for form in forms}
    found["journal-entry.json"] = _text(entry_adapter().json_schema(mode="serialization"))
    found["journal-run.json"] = _text(adapter(Run).json_schema(mode="serialization"))
    return found


def write(directory: Path) -> None:
    """Write all of them; remove what is left of others."""
    directory.mkdir(parents=True, exist_ok=True)
    current = texts()
    for stale in set(directory.glob("*.json")) - {directory / name for name in current}:
        stale.unlink()
    for name, text in current.items():
        (directory / name).write_text(text)


def _file_name(form: type[Any]) -> str:
    schema = next(str(f.default) for f in fields(form) if f.name == "schema")
    return f"{schema.replace('/', '-')}.json"


def _text(schema: Mapping[str, Any]) -> str:
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return to_json({**dialect, **schema}, indent=2).decode() + "\n"


if __name__ == "__main__":
    write(Path(sys.argv[1]))
