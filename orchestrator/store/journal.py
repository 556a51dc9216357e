"""Runs, their entries and samples as rows."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, exists, func, select

from orchestrator.documents.journal import (
    decode_entry,
    decode_run,
    decode_sample,
    encode_entry,
    encode_run,
    encode_sample,
)
from orchestrator.model.entry import Entry, Recorded, Seq
from orchestrator.model.guest import GuestId
from orchestrator.model.move import Doubt
from orchestrator.model.run import Run, RunId
from orchestrator.model.sample import Sample
from orchestrator.store import dialects
from orchestrator.store.tables import entries, runs, samples


def open_run(connection: Connection, run: Run) -> None:
    """Write the head of a run."""
    connection.execute(runs.insert().values(id=run.id, started_at=run.started_at, head=encode_run(run)))


def append(connection: Connection, run: RunId, entry: Entry, *, at: datetime) -> Seq:
    """Add an entry; numbers of a run are dense, from 1."""
    return _add(connection, run, entry, encode_entry(entry), at=at)


def import_spilled(connection: Connection, run: RunId, spilled: Iterable[tuple[datetime, Entry]]) -> Sequence[Seq]:
    """Add those that are not there yet, and answer the number of each.

    Of a write whose answer never came nobody knows whether it arrived. An entry with the same time, to the microsecond,
    and the same content is that one; one that is there is found once, so that two equal ones stay two.
    """
    numbers: list[Seq] = []
    for at, entry in spilled:
        body = encode_entry(entry)
        same = (entries.c.run == run) & (entries.c.at == at) & (entries.c.body == body)
        there = connection.execute(select(entries.c.seq).where(same).order_by(entries.c.seq)).scalars()
        seq = next((seq for seq in there if seq not in numbers), None)
        numbers.append(_add(connection, run, entry, body, at=at) if seq is None else Seq(seq))
    return tuple(numbers)


def _add(connection: Connection, run: RunId, entry: Entry, body: str, *, at: datetime) -> Seq:
    last = connection.execute(select(func.max(entries.c.seq)).where(entries.c.run == run)).scalar()
    seq = Seq((last or 0) + 1)
    connection.execute(entries.insert().values(run=run, seq=seq, at=at, kind=entry.kind, guest=entry.guest, body=body))
    return seq


def read_entries(connection: Connection, run: RunId, *, after: int) -> Sequence[Recorded]:
    """Entries in order, those with a higher number than `after`."""
    chosen = (entries.c.run == run) & (entries.c.seq > after)
    rows = connection.execute(select(entries).where(chosen).order_by(entries.c.seq))
    return tuple(Recorded(run=run, seq=Seq(r.seq), at=r.at, entry=decode_entry(r.body)) for r in rows)


def read_runs(connection: Connection, *, limit: int | None, unfinished: bool) -> Sequence[Run]:
    """Heads of runs, the last opened first."""
    query = select(runs.c.head).order_by(runs.c.number.desc()).limit(limit)
    if unfinished:
        later = entries.alias()
        adopted = exists().where(
            (later.c.run == entries.c.run) & (later.c.kind == "adopted") & (later.c.seq > entries.c.seq)
        )
        closed = exists().where((entries.c.run == runs.c.id) & (entries.c.kind == "closed") & ~adopted)
        query = query.where(~closed)
    return tuple(decode_run(head) for head in connection.execute(query).scalars())


def read_doubtful(connection: Connection) -> Sequence[Run]:
    """Heads of the runs that hold or have held a move because the hosts contradict each other, the last one first."""
    in_doubt = dialects.Doubt(entries.c.body) == Doubt.CONTRADICTION.value
    held = select(entries.c.run).where((entries.c.kind == "ended") & in_doubt)
    query = select(runs.c.head).where(runs.c.id.in_(held)).order_by(runs.c.number.desc())
    return tuple(decode_run(head) for head in connection.execute(query).scalars())


def keep_sample(connection: Connection, run: RunId, guest: GuestId, sample: Sample, *, at: datetime) -> None:
    """Add a sample."""
    connection.execute(samples.insert().values(run=run, guest=guest, at=at, body=encode_sample(sample)))


def read_samples(connection: Connection, run: RunId, guest: GuestId) -> Sequence[tuple[datetime, Sample]]:
    """The samples of one move, oldest first."""
    chosen = (samples.c.run == run) & (samples.c.guest == guest)
    rows = connection.execute(select(samples.c.at, samples.c.body).where(chosen).order_by(samples.c.number))
    return tuple((at, decode_sample(body)) for at, body in rows)
