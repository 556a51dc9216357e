"""What a store in a database promises beside the rest: its leases expire by the clock of a machine."""

import time

from orchestrator.model.lease import Fence, Held
from orchestrator.ports import Store
from tests.contract.store_contract import StoreContract, holder


class SqlStoreContract(StoreContract):
    """A test module gives it a `make_store`."""

    def test_leases_expire_by_the_clock_of_the_store(self, store: Store) -> None:
        first = store.take("x", holder(1), lasts=0.5)
        assert isinstance(store.take("x", holder(2), lasts=30), Held)
        time.sleep(0.6)
        assert isinstance(first, Fence)
        assert store.take("x", holder(2), lasts=30) == Fence(name="x", number=2)
