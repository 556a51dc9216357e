"""Reads `ferry history --last -o json`: the only place in the lab that knows this document."""

import json
from dataclasses import dataclass
from typing import Any

_UNKNOWN = "unknown"


@dataclass(frozen=True)
class Moved:
    """One line of the demo's table, ready to print."""

    destination: str
    duration: str
    downtime: str
    blackout: str


NOTHING = Moved("-", "-", "-", "-")


def moves(document: str) -> dict[str, Moved]:
    """Guest → what history says of its move in the last run."""
    return {entry["guest"]: _moved(entry) for entry in json.loads(document)["moves"]}


def _moved(entry: dict[str, Any]) -> Moved:
    return Moved(
        destination=str(entry.get("destination") or _UNKNOWN),
        duration=_number(entry.get("duration_s"), "s"),
        downtime=_number(entry.get("downtime_ms"), "ms"),
        blackout=_number(entry.get("blackout_ms"), "ms"),
    )


def _number(value: float | None, unit: str) -> str:
    return _UNKNOWN if value is None else f"{value:.1f} {unit}" if unit == "s" else f"{value:.0f} {unit}"
