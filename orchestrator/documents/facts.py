"""Saved facts: what a survey read, written to a file and read again, so that plans can be made without any host."""

from datetime import datetime

from pydantic import ValidationError
from pydantic_core import to_json

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.documents.shapes import HostAnswer, SavedFacts
from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Facts


def facts_document(facts: Facts, taken_at: datetime) -> Document:
    """ferry.facts: everything that was read."""
    saved = SavedFacts(
        taken_at=taken_at,
        hosts=tuple(HostAnswer(name=name, said=said) for name, said in facts.hosts.items()),
        links=tuple(facts.links.values()),
        pairs=tuple(facts.pairs.values()),
    )
    plain: Document = adapter(SavedFacts).dump_python(saved, mode="json")
    return {"schema": plain.pop("schema"), **plain}


def as_text(document: Document) -> str:
    """A document as it is written to a file."""
    return to_json(document).decode() + "\n"


def read_facts(text: str, file: str) -> tuple[Facts, datetime]:
    """The facts of a saved document and when they were taken. Raises usage.facts."""
    try:
        saved: SavedFacts = adapter(SavedFacts).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        saw = f"{file} holds no facts of this version of ferry: {place or 'the document'}: {first['msg']}"
        raise OrchestratorError.of("usage.facts", saw) from None
    facts = Facts(
        hosts={answer.name: answer.said for answer in saved.hosts},
        links={(link.source, link.destination, link.network): link for link in saved.links},
        pairs={(pair.guest, pair.destination): pair for pair in saved.pairs},
    )
    return facts, saved.taken_at
