"""The stand-in for a host that a run on record names and the configuration no longer does."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from orchestrator.model.command import Command, LibvirtRepair
from orchestrator.model.effect import Effect, Refused
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.move import Move
from orchestrator.model.sighting import Sighting
from orchestrator.model.traffic import Traffic


class RemovedHost:
    """Hypervisor, Processes and Announcer of one host, always silent: nobody knows any more how to reach it."""

    def __init__(self, host: HostName) -> None:
        self._why = f"{host} is no longer in ferry.yaml"

    def expect(self) -> None:
        """Nothing can be got ready."""

    def observe(self, guest: GuestId, *, within: float) -> Sighting | Unknown:
        """Say nothing, and why."""
        return Unknown(why=self._why)

    def traffic(self, *, within: float) -> Traffic | Unknown:
        """Say nothing, and why."""
        return Unknown(why=self._why)

    def look(self, guest: GuestId, *, within: float) -> Unknown:
        """Say nothing, and why."""
        return Unknown(why=self._why)

    def act(self, command: Command, *, within: float) -> Effect:
        """Refuse: no order reaches the host."""
        return Refused(why=self._why)

    def mend(self, repair: LibvirtRepair, *, within: float) -> Effect:
        """Refuse: nothing reaches the host."""
        return Refused(why=self._why)

    def announce(self, move: Move, *, within: float) -> Effect:
        """Refuse: nothing is sent from there."""
        return Refused(why=self._why)

    def listen(self, hint: Callable[[GuestId], None]) -> AbstractContextManager[None]:
        """No event comes from there."""
        return nullcontext()
