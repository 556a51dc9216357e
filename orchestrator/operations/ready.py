"""Begin to open doors before anything that takes long to load: the hosts answer meanwhile."""

from orchestrator.model.host import HostName
from orchestrator.model.request import MoveRequest
from orchestrator.operations.doors import Doors


def get_ready(doors: Doors, request: MoveRequest) -> None:
    """Begin to open the doors that `propose` and `apply` will need; returns at once and never fails."""
    every = tuple(doors.settings.hosts)
    named = [h for h in map(_named_host, request.guests) if h in every]
    doors.open_soon(hosts_to_ask(request, every), [h for h in named if h is not None])


def hosts_to_ask(request: MoveRequest, every: tuple[HostName, ...]) -> tuple[HostName, ...]:
    """Two hosts are enough when the operator names both ends of every move; otherwise all must be asked."""
    if request.leaving is not None:
        return every
    ends = {*map(_named_host, request.guests), request.to}
    return tuple(h for h in every if h in ends) if ends <= set(every) else every


def _named_host(guest: str) -> HostName | None:
    host, slash, _ = guest.partition("/")
    return HostName(host) if slash else None
