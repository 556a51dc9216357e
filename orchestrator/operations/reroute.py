"""Another network for a post-copy whose path is broken: every host of a run may have several."""

from orchestrator.errors import OrchestratorError
from orchestrator.model.order import Change, Order
from orchestrator.model.run import RunId, Who
from orchestrator.operations.doors import Doors
from orchestrator.operations.resume import records


def reroute(doors: Doors, name: RunId | None, network: str, who: Who) -> None:
    """Order that the broken post-copies of one open run, or of all, are recovered over this network.

    Takes effect when the run is resumed. Raises usage.unknown-network where a destination has no address there.
    """
    store, hosts = doors.store(), doors.settings.hosts
    by = f"{who.login} on {who.controller}"
    for run in [r for r in store.runs(unfinished=True) if name in (None, r.id)]:
        for move in [r.move for r in records(store, run) if r.split and r.outcome is None]:
            entry = hosts.get(move.destination)
            address = None if entry is None else entry.addresses.get(network)
            if address is None:
                saw = f"{move.destination} has no address on a network {network}"
                raise OrchestratorError.of("usage.unknown-network", saw)
            order = Order(kind="set", by=by, guest=move.guest, change=Change(recovery_address=address))
            store.order(run.id, order, at=doors.clock.now())
