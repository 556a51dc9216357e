"""The store of the simulator keeps the contract."""

from collections.abc import Callable

import pytest

from orchestrator.model.lease import Fence, Held
from orchestrator.ports import Store
from orchestrator.simulator.store import MemoryStore
from tests.contract.store_contract import StoreContract, holder


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def make_store(self) -> Callable[[], Store]:
        return lambda: MemoryStore(lambda: 1000.0)

    def test_leases_expire_by_the_clock_of_the_store(self) -> None:
        now = 0.0
        store = MemoryStore(lambda: now)
        store.take("x", holder(1), lasts=30)
        now = 29.9
        assert isinstance(store.take("x", holder(2), lasts=30), Held)
        now = 30.0
        assert store.take("x", holder(2), lasts=30) == Fence(name="x", number=2)
