"""How a process learns whether its last write arrived, when the connection broke before the server could say so.

Each write of a process leaves its number in that process's row, in the same transaction. The row is locked first: a
transaction of a connection that is gone but not yet forgotten by the server is waited for.
"""

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from orchestrator.store.dialects import NowMs
from orchestrator.store.tables import writers

_KEPT_MS = 7 * 24 * 3600 * 1000


class Writer:
    """One write of one process."""

    def __init__(self, process: str, number: int) -> None:
        self._process, self._number = process, number

    def arrived(self, connection: Connection, *, doubtful: bool) -> bool:
        """Whether an earlier attempt (doubtful: there was one) has arrived; if not, this transaction becomes the next.

        The first statement of the transaction.
        """
        row = insert(writers).values(process=self._process, number=self._number, at_ms=NowMs())
        if not doubtful:
            connection.execute(
                row.on_conflict_do_update(index_elements=["process"], set_={"number": self._number, "at_ms": NowMs()})
            )
            if self._number == 1:
                connection.execute(writers.delete().where(writers.c.at_ms < NowMs() - _KEPT_MS))
            return False
        same = row.values(number=0).on_conflict_do_update(index_elements=["process"], set_={"at_ms": NowMs()})
        last = connection.execute(same.returning(writers.c.number)).scalar_one()
        mine = writers.c.process == self._process
        connection.execute(update(writers).where(mine).values(number=self._number))
        return bool(last == self._number)
