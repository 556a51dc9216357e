"""What the hosts and their guests are."""

from orchestrator.errors import OrchestratorError
from orchestrator.model.facts import Ask, Facts
from orchestrator.model.host import HostName
from orchestrator.operations.doors import Doors

PATIENCE = 10.0  # seconds a silent host may cost the command; all are asked in parallel


def inventory(doors: Doors, hosts: tuple[HostName, ...] | None = None, *, shell: bool = False) -> Facts:
    """Ask all hosts, or those named. A silent one is Unknown in the answer. Raises usage.unknown-host."""
    known = doors.settings.hosts
    for name in hosts or ():
        if name not in known:
            raise OrchestratorError.of("usage.unknown-host", f"{name} is not among {', '.join(known)}")
    return doors.survey().facts(Ask(hosts=hosts or tuple(known), shell=shell), within=PATIENCE)
