"""A roll as the store keeps it, and as its command answers. A decoder raises ValueError, as those of the journal do."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from orchestrator.documents.adapters import adapter
from orchestrator.documents.envelopes import Document
from orchestrator.model.cordon import Cordon
from orchestrator.model.host import HostName
from orchestrator.model.roll import Roll


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolled:
    """ferry rolling. done, failed: hosts; the others wait. cordoned: its hosts that take no guests now.

    exit_code: null where it was only looked at. against: of a dry run, what speaks against beginning it. ways: of a dry
    run, how each host would be emptied.
    """

    roll: Roll
    done: tuple[HostName, ...]
    failed: tuple[HostName, ...]
    cordoned: tuple[Cordon, ...] = ()
    against: tuple[str, ...] = ()
    ways: tuple[str, ...] = ()
    exit_code: int | None = None
    schema: Literal["ferry.roll/1"] = "ferry.roll/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rolls:
    """ferry rolling without a host: the rolls that are not over."""

    rolls: tuple[Roll, ...]
    schema: Literal["ferry.rolls/1"] = "ferry.rolls/1"


ALL = (Rolled, Rolls)


def roll_document(rolled: Rolled) -> Document:
    """ferry.roll: one roll, and what came of it."""
    plain: Document = adapter(Rolled).dump_python(rolled, mode="json")
    return {"schema": plain.pop("schema"), **plain}


def rolls_document(rolls: Sequence[Roll]) -> Document:
    """ferry.rolls: those that are not over."""
    plain: Document = adapter(Rolls).dump_python(Rolls(rolls=tuple(rolls)), mode="json")
    return {"schema": plain.pop("schema"), **plain}


def encode_roll(roll: Roll) -> str:
    """Write a roll."""
    return adapter(Roll).dump_json(roll).decode()


def decode_roll(text: str) -> Roll:
    """Read a roll. Raises ValueError."""
    roll: Roll = adapter(Roll).validate_json(text, strict=True)
    return roll
