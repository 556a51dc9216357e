"""The Hypervisor of one host over libvirt."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import libvirt

from orchestrator.hypervisor import failures
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.events import Hints
from orchestrator.hypervisor.issuing import Issuing
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.hypervisor.look import look
from orchestrator.hypervisor.mending import mend
from orchestrator.hypervisor.moves import Moves
from orchestrator.hypervisor.orders import carry_out
from orchestrator.hypervisor.traffic import TrafficReader
from orchestrator.model.command import BeginMove, Command, LibvirtRepair, RecoverPostCopy
from orchestrator.model.effect import Effect, Refused, Unclear
from orchestrator.model.facts import Unknown
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.sighting import Sighting
from orchestrator.model.traffic import Traffic


class LibvirtHypervisor:
    """Observe, act and listen on one host. Give each host one: it knows the calls that it has issued itself.

    others: the connections to any other host, for moves that this process drives at both ends.
    """

    def __init__(self, connections: HostConnections, others: Callable[[HostName], HostConnections]) -> None:
        self._connections = connections
        self._hints = Hints()
        self._moves = Moves(connections, others, self._hints.tell)
        self._traffic = TrafficReader(connections)
        connections.on_open(self._hints.watch)

    def expect(self) -> None:
        """Open what a move from here will need, in the background: an ssh connection takes longer than a switchover."""
        self._connections.open_soon()
        self._connections.expect_move()

    def observe(self, guest: GuestId, *, within: float) -> Sighting | Unknown:
        """Say what this host knows of the guest now."""
        # Asked first: a call that returns during the look is then reported by the next one, together with its outcome.
        call = self._moves.call(guest)
        try:
            return self._connections.control.read(lambda connection: look(connection, guest, call), within)
        except NoAnswerError:
            return failures.silent(self._connections.entry, within)
        except libvirt.libvirtError as error:
            return failures.unknown(error, self._connections.entry)

    def traffic(self, *, within: float) -> Traffic | Unknown:
        """Say which guests leave this host or arrive at it, whoever moves them."""
        return self._traffic.read(within)

    def act(self, command: Command, *, within: float) -> Effect:
        """Do it, once. What was not issued within that time is refused, and never issued later."""
        if isinstance(command, BeginMove | RecoverPostCopy):
            return self._moves.begin(command, within=within)
        issuing = Issuing(within)
        effect = self._once(lambda connection: carry_out(connection, command, issuing), within)
        if isinstance(effect, Unclear) and issuing.withdraw():
            return Refused(why=f"not ordered: {effect.why}", code="host.unreachable")
        return effect

    def _once(self, work: Callable[[libvirt.virConnect], Effect], within: float) -> Effect:
        try:
            return self._connections.control.once(work, within)
        except NoAnswerError:
            return Unclear(why=failures.silent(self._connections.entry, within).why)
        except libvirt.libvirtError as error:  # from opening: the command was never sent
            said = failures.unknown(error, self._connections.entry)
            return Refused(why=f"{said.leg}: {said.why}", code=said.code)

    def mend(self, repair: LibvirtRepair, *, within: float) -> Effect:
        """Remove what a check found, once."""
        return self._once(lambda connection: mend(connection, repair), within)

    def listen(self, hint: Callable[[GuestId], None]) -> AbstractContextManager[None]:
        """Call `hint` when looking again would pay."""
        self._connections.open_soon()
        return self._hints.listening(hint)
