"""Entries of a run that were written while its store was away, and what becomes of their numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestrator.model.entry import Adopted, Entry, Happened, Mended, Recorded, Seq


@dataclass(frozen=True, slots=True, kw_only=True)
class Spilled:
    """number: provisional, below 0, given once by a process; what answers to this entry names it so. after: the last
    number that the store's journal had given to that process."""

    number: Seq
    after: Seq
    at: datetime
    entry: Entry


def renumbered(entry: Entry, numbers: Mapping[Seq, Seq]) -> Entry:
    """The entry, answering to the number that the journal has given to what it answers to."""
    if isinstance(entry, Happened):
        return replace(entry, intent=numbers.get(entry.intent, entry.intent))
    if isinstance(entry, Mended):
        return replace(entry, mending=numbers.get(entry.mending, entry.mending))
    return entry


def answers(entry: Entry) -> Seq | None:
    """The number of the entry that this one answers to."""
    if isinstance(entry, Happened):
        return entry.intent
    return entry.mending if isinstance(entry, Mended) else None


def too_late(spilled: Sequence[Spilled], journal: Sequence[Recorded]) -> bool:
    """Whether another process has taken the run over before these could be imported: what it wrote is newer than they
    are, and their states would stand behind its own. Those that the journal has already are no longer late."""
    after = min((one.after for one in spilled), default=Seq(0))
    adopted = any(isinstance(r.entry, Adopted) and r.seq > after for r in journal)
    return adopted and len(_numbers(spilled, journal)) < len(spilled)


def _numbers(spilled: Sequence[Spilled], journal: Sequence[Recorded]) -> dict[Seq, Seq]:
    """Which of them the journal has, by provisional number: the same words at the same time are the same entry."""
    known: dict[Seq, Seq] = {}
    taken: set[Seq] = set()
    for one in spilled:
        entry = renumbered(one.entry, known)
        seq = next((r.seq for r in journal if r.at == one.at and r.seq not in taken and r.entry == entry), None)
        if seq is not None:
            known[one.number] = seq
            taken.add(seq)
    return known
