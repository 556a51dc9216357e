"""The store over SQLite keeps the contract."""

import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from orchestrator.model.lease import Fence, Held
from orchestrator.ports import Store
from orchestrator.store import SqlStore
from tests.contract.store_contract import StoreContract, holder


class TestSqlStore(StoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        numbers, made = count(), list[SqlStore]()

        def make() -> Store:
            made.append(SqlStore(f"sqlite:///{tmp_path}/{next(numbers)}/ferry.db"))
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
