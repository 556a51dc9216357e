"""Reads `ferry history --last -o json`: the only place in the lab that knows this document."""

import json
from dataclasses import dataclass
from typing import Any

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Moved:
    """One line of the demo's table, ready to print. destination: where the guest was last proven to be."""

    destination: str
    duration: str
    downtime: str
    blackout: str


NOTHING = Moved("-", "-", "-", "-")


def run_id(document: str) -> str:
    """Which run the document tells of."""
    return str(json.loads(document)["run"]["run"]["id"])


def moves(document: str) -> dict[str, Moved]:
    """Guest → what history says of its move."""
    return {entry["move"]["name"]: _moved(entry["outcome"] or {}) for entry in json.loads(document)["run"]["moves"]}


def _moved(outcome: dict[str, Any]) -> Moved:
    duration, downtime, blackout = (outcome.get(name) for name in ("duration_ms", "downtime_ms", "blackout_ms"))
    return Moved(
        destination=outcome.get("where") or _UNKNOWN,
        duration=_UNKNOWN if duration is None else f"{duration / 1000:.1f} s",
        downtime=_UNKNOWN if downtime is None else f"{downtime} ms",
        blackout=_UNKNOWN if blackout is None else f"{blackout} ms",
    )
