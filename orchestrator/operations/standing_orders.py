"""Orders to stop that bind beyond the run they were given to: what would follow it is not begun."""

from orchestrator.model.run import RunId
from orchestrator.ports import Store

AN_ORDER = "an order from elsewhere"


def ordered_to_stop(store: Store, run: RunId) -> bool:
    """Whether another process has ordered the whole run to stop, also where it came too late for its own moves.

    Raises store.unavailable.
    """
    orders = (queued.order for queued in store.orders(run))
    return any(order.guest is None and order.kind in ("stop", "abort") for order in orders)
