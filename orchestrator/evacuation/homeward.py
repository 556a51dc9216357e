"""Which guests are away from home, as the journals tell: who was moved off a host for its sake and is not back."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from orchestrator.evacuation.deadline import moment
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.run import Run, RunId

IMMEDIATE, NEVER = "immediate", "never"
_TIME_OF_DAY = re.compile(r"([01]?\d|2[0-3]):[0-5]\d")


def is_restore_policy(text: str) -> bool:
    """Whether it says when guests come home: immediate, never, or a time of day."""
    return text in (IMMEDIATE, NEVER) or _TIME_OF_DAY.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """home: the host that it left first. run: by which that was, and left_at: when; runs: all that have moved it since.
    last: the host that it was brought to at last. sake: hosts that were emptied then, for which it only moved aside."""

    guest: GuestId
    name: str
    home: HostName
    last: HostName
    run: RunId
    runs: frozenset[RunId]
    left_at: datetime
    sake: tuple[HostName, ...] = ()


def away(history: Iterable[tuple[Run, tuple[Move, ...]]]) -> Mapping[GuestId, Away]:
    """Fold the runs, oldest first, each with those of its moves that arrived.

    A guest that is moved on from where it was brought keeps its first home. One that a person has moved since lives
    where that person has put it.
    """
    found: dict[GuestId, Away] = {}
    for run, moves in history:
        for move in moves:
            known = found.get(move.guest)
            if run.purpose == "move" or (known is not None and known.home == move.destination):
                found.pop(move.guest, None)
            elif known is not None:
                found[move.guest] = replace(known, runs=known.runs | {run.id}, last=move.destination)
            elif run.purpose != "restore":
                found[move.guest] = _left(move, run)
    return found


def comes_at(one: Away, policy: str, zone: tzinfo | None) -> datetime | None:
    """From when on it may come home: the next such time of day after it left. None: never. zone: None is that of this
    machine."""
    if policy == NEVER:
        return None
    return one.left_at if policy == IMMEDIATE else moment(policy, one.left_at, zone, ends=False)


def _left(move: Move, run: Run) -> Away:
    sake = () if move.source in run.emptied else run.emptied
    return Away(
        guest=move.guest,
        name=move.name,
        home=move.source,
        last=move.destination,
        run=run.id,
        runs=frozenset({run.id}),
        left_at=run.started_at,
        sake=sake,
    )
