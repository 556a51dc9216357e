"""The store over SQLite keeps the contract."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from orchestrator.ports import Store
from orchestrator.store import SqlStore
from tests.contract.sql_store_contract import SqlStoreContract


class TestSqlStore(SqlStoreContract):
    @pytest.fixture
    def make_store(self, tmp_path: Path) -> Iterator[Callable[[], Store]]:
        numbers, made = count(), list[SqlStore]()

        def make() -> Store:
            made.append(SqlStore(f"sqlite:///{tmp_path}/{next(numbers)}/ferry.db"))
            return made[-1]

        yield make
        for store in made:
            store.close()
