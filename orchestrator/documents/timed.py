"""What is done by itself, and what is held back: ferry cron, ferry hold."""

from dataclasses import dataclass
from typing import Any, Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.hold import Hold
from orchestrator.model.tick import Tick


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """ferry cron. done: something may have been begun; false for --dry-run."""

    tick: Tick
    done: bool
    exit_code: int
    schema: Literal["ferry.cron/1"] = "ferry.cron/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """ferry hold, ferry release NAME. lifted: the hold has ended, or would with --dry-run. done: it was done."""

    hold: Hold
    lifted: bool
    done: bool
    schema: Literal["ferry.hold/1"] = "ferry.hold/1"


def cron_document(tick: Tick, exit_code: int, *, done: bool) -> Document:
    """ferry.cron: the entries whose time had come, and what became of them."""
    return _plain(Cron(tick=tick, exit_code=exit_code, done=done))


def hold_document(hold: Hold, *, lifted: bool, done: bool) -> Document:
    """ferry.hold: a hold that was put or lifted."""
    return _plain(Held(hold=hold, lifted=lifted, done=done))


def _plain(document: Cron | Held) -> Document:
    form: Any = type(document)
    plain: Document = adapter(form).dump_python(document, mode="json")
    return {"schema": plain.pop("schema"), **plain}


ALL = (Cron, Held)
