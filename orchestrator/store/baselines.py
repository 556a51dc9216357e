"""Baselines as rows, one for each name."""

from sqlalchemy import Connection, select

from orchestrator.documents.baselines import decode_baseline, encode_baseline
from orchestrator.model.baseline import Baseline
from orchestrator.store.tables import baselines


def keep(connection: Connection, name: str, baseline: Baseline) -> None:
    """Write it in place of the one of that name."""
    connection.execute(baselines.delete().where(baselines.c.name == name))
    connection.execute(baselines.insert().values(name=name, made_at=baseline.made_at, body=encode_baseline(baseline)))


def read(connection: Connection) -> dict[str, Baseline]:
    """All of them, the newest first."""
    rows = connection.execute(select(baselines).order_by(baselines.c.made_at.desc(), baselines.c.name))
    return {row.name: decode_baseline(row.body) for row in rows}
