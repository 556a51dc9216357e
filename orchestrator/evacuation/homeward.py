"""Which guests are away from home, as the journals tell: who was moved off a host for its sake and is not back."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.run import Run, RunId


@dataclass(frozen=True, slots=True, kw_only=True)
class Away:
    """home: the host that it left first. run: by which that was; runs: all that have moved it since."""

    guest: GuestId
    name: str
    home: HostName
    run: RunId
    runs: frozenset[RunId]


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
                found[move.guest] = _moved_on(known, run.id)
            elif run.purpose != "restore":
                found[move.guest] = Away(
                    guest=move.guest, name=move.name, home=move.source, run=run.id, runs=frozenset({run.id})
                )
    return found


def _moved_on(known: Away, run: RunId) -> Away:
    return Away(guest=known.guest, name=known.name, home=known.home, run=known.run, runs=known.runs | {run})
