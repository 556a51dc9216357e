"""The leases of hosts that are being emptied or filled again: two ferries never do that to one host."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from orchestrator.engine.journal import taken_over
from orchestrator.errors import OrchestratorError
from orchestrator.model.host import HostName
from orchestrator.model.lease import Fence, Held
from orchestrator.operations.bounds import LASTS
from orchestrator.operations.doors import Doors
from orchestrator.operations.liveness import dead


@contextmanager
def taken(doors: Doors, hosts: Sequence[HostName]) -> Iterator[tuple[Fence, ...]]:
    """Hold the leases of these hosts. Raises evacuation.running where somebody else does."""
    store = doors.store()
    fences: list[Fence] = []
    try:
        fences.extend(_take(doors, host) for host in sorted(set(hosts)))
        yield tuple(fences)
    finally:
        for fence in fences:
            store.release(fence)


def demand_still(doors: Doors, fences: Sequence[Fence]) -> None:
    """A person may have taken longer to agree than leases last. Raises evacuation.running where somebody has taken a
    host over since."""
    for fence in fences:
        try:
            doors.store().renew(fence, lasts=LASTS)
        except OrchestratorError as error:
            if not taken_over(error):
                raise
            raise OrchestratorError.of("evacuation.running", error.problems[0].saw) from None


def _take(doors: Doors, host: HostName) -> Fence:
    store, name = doors.store(), f"host {host}"
    found = store.take(name, doors.holder, lasts=LASTS)
    if isinstance(found, Held) and dead(doors, found):
        found = store.take(name, doors.holder, lasts=LASTS, instead_of=found)
    if isinstance(found, Held):
        saw = f"{found.holder} is at work on {host}"
        raise OrchestratorError.of("evacuation.running", saw)
    return found
