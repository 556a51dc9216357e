"""The store over a real PostgreSQL server keeps the contract."""

import time
from collections.abc import Callable, Iterator

import pytest

from orchestrator.model.lease import Fence, Held
from orchestrator.ports import Store
from orchestrator.store import SqlStore
from tests.contract.postgres_server import Server, server
from tests.contract.store_contract import StoreContract, holder

__all__ = ["server"]


class TestPostgresStore(StoreContract):
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

    @pytest.fixture
    def store(self, make_store: Callable[[], Store]) -> Store:
        return make_store()

    def test_leases_expire_by_the_clock_of_the_store(self, store: Store) -> None:
        first = store.take("x", holder(1), lasts=0.5)
        assert isinstance(store.take("x", holder(2), lasts=30), Held)
        time.sleep(0.6)
        assert isinstance(first, Fence)
        assert store.take("x", holder(2), lasts=30) == Fence(name="x", number=2)
