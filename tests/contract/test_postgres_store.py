"""The store over a real PostgreSQL server keeps the contract."""

from collections.abc import Callable, Iterator

import pytest

from orchestrator.ports import Store
from orchestrator.store import SqlStore
from tests.contract.postgres_server import Server, server
from tests.contract.sql_store_contract import SqlStoreContract

__all__ = ["server"]


class TestPostgresStore(SqlStoreContract):
    EXAMPLES = 8

    @pytest.fixture
    def make_store(self, server: Server) -> Iterator[Callable[[], Store]]:
        made, url = list[SqlStore](), server.database()

        def make() -> Store:
            """Empty, in place of the one before: to make a database takes longer than the test."""
            if made:
                made.pop().close()
                server.sql("DROP SCHEMA public CASCADE", "CREATE SCHEMA public", database=url.rpartition("/")[2])
            made.append(SqlStore(url))
            return made[-1]

        yield make
        for store in made:
            store.close()
