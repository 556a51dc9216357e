"""What finished moves have taught about the way from one host to another, as rows."""

from datetime import datetime
from statistics import median_low

from sqlalchemy import Column, Connection, select

from orchestrator.model.host import HostName
from orchestrator.model.offer import Crossing
from orchestrator.store.tables import crossings

_LATEST = 10


def keep(connection: Connection, source: HostName, destination: HostName, crossing: Crossing, *, at: datetime) -> None:
    """Add one."""
    connection.execute(
        crossings.insert().values(
            source=source,
            destination=destination,
            at=at,
            handover_ms=crossing.handover_ms,
            bytes_per_second=crossing.bytes_per_second,
        )
    )


def read(connection: Connection, source: HostName, destination: HostName) -> Crossing:
    """The median of each value (of two in the middle the lower) over the latest rows that have it, or None."""

    def middle(value: Column[int]) -> int | None:
        this_way = (crossings.c.source == source) & (crossings.c.destination == destination) & value.is_not(None)
        latest = select(value).where(this_way).order_by(crossings.c.number.desc()).limit(_LATEST)
        found = connection.execute(latest).scalars().all()
        return median_low(found) if found else None

    return Crossing(handover_ms=middle(crossings.c.handover_ms), bytes_per_second=middle(crossings.c.bytes_per_second))
