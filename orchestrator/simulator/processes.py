"""The QEMU processes of a simulated host, as its kernel sees them."""

from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId, Power
from orchestrator.model.host import HostName
from orchestrator.model.sighting import NoProcess, ProcessSeen
from orchestrator.simulator.world import World


class SimProcesses:
    """Answers whatever libvirt's daemon does, as long as the host is up."""

    def __init__(self, host: HostName, world: World) -> None:
        self._host = host
        self._world = world

    def look(self, guest: GuestId, *, within: float) -> ProcessSeen | NoProcess | Unknown:
        """Say what is there of the guest's QEMU."""
        copy = self._world.copy(self._host, guest)
        if self._world.machines[self._host].down:
            return Unknown(why=f"{self._host} did not answer within {within:.0f} s")
        if copy is None or copy.power is Power.SHUT_OFF:
            return NoProcess()
        return ProcessSeen(pid=copy.pid, vcpu_seconds=copy.ran_seconds)
