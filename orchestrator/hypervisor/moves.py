"""Migration calls of this process: each in a thread and on a connection of its own, for as long as the move lasts."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import libvirt

from orchestrator.hypervisor import failures, typed
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.flags import MigrateCall, translate
from orchestrator.hypervisor.line import NoAnswerError, in_background
from orchestrator.hypervisor.renaming import definitions
from orchestrator.model.command import BeginMove
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from orchestrator.model.sighting import Call, InFlight, NotOurs, Returned


@dataclass
class _Issue:
    """The moment a call is issued, or proven never to be: whoever takes the lock first decides.

    deadline: after it nothing is issued any more; a process that was stopped meanwhile may have lost its lease.
    """

    deadline: float
    lock: threading.Lock = field(default_factory=threading.Lock)
    known: threading.Event = field(default_factory=threading.Event)
    issued: bool = False
    withdrawn: bool = False
    refusal: Effect | None = None


class Moves:
    """What became of the moves that this process has begun on one host. `returned` is told when a call has ended."""

    def __init__(self, connections: HostConnections, returned: Callable[[GuestId], None]) -> None:
        self._connections = connections
        self._returned = returned
        self._lock = threading.Lock()
        self._calls: dict[GuestId, Call] = {}

    def call(self, guest: GuestId) -> Call:
        """Say how the last call for the guest stands."""
        with self._lock:
            return self._calls.get(guest, NotOurs())

    def begin(self, order: BeginMove, *, within: float) -> Effect:
        """Issue the call and answer Done; whatever goes wrong before that is Refused and leaves no trace."""
        with self._lock:
            before = self._calls.get(order.guest, NotOurs())
            if isinstance(before, InFlight):
                return Refused(why="a migration of that guest, begun by this process, has not returned")
            self._calls[order.guest] = InFlight()
        issue = _Issue(deadline=_boot_time() + within)
        in_background(lambda: self._carry(order, issue, within), f"move-{order.guest}")
        if not issue.known.wait(within):
            with issue.lock:
                issue.withdrawn = not issue.issued
        if issue.withdrawn or issue.refusal is not None:
            self._note(order.guest, before)
            late = Refused(why=f"not begun: libvirt did not answer within {within:.3g} s", code="host.unreachable")
            return issue.refusal or late
        return Done()

    def _carry(self, order: BeginMove, issue: _Issue, within: float) -> None:
        try:
            connection = self._connections.for_move(within)
        except (NoAnswerError, libvirt.libvirtError) as error:
            issue.refusal = self._not_connected(error, within)
            issue.known.set()
            return
        try:
            self._issue(connection, order, issue)
        finally:
            self._connections.give_back(connection)

    def _issue(self, connection: libvirt.virConnect, order: BeginMove, issue: _Issue) -> None:
        try:
            call = translate(order)
            domain = connection.lookupByUUIDString(order.guest)
            if names := order.transport.networks:
                call.params.update(definitions(domain, names, persistent=order.transport.persistent))
            domain.migrateSetMaxDowntime(call.downtime_limit_ms, 0)
        except (ValueError, libvirt.libvirtError) as error:
            issue.refusal = Refused(why=failures.lowest(str(error)))
            issue.known.set()
            return
        with issue.lock:
            issue.withdrawn = issue.withdrawn or _boot_time() > issue.deadline
            issue.issued = not issue.withdrawn
        issue.known.set()
        if issue.issued:
            begun = time.monotonic()
            effect = _migrate(domain, call)
            self._note(order.guest, Returned(effect=effect, took_ms=round((time.monotonic() - begun) * 1000)))
            self._returned(order.guest)

    def _note(self, guest: GuestId, call: Call) -> None:
        with self._lock:
            self._calls[guest] = call

    def _not_connected(self, error: Exception, within: float) -> Refused:
        entry = self._connections.entry
        if isinstance(error, libvirt.libvirtError):
            said = failures.unknown(error, entry)
        else:
            said = failures.silent(entry, within)
        return Refused(why=f"{said.leg}: {said.why}", code=said.code)


def _migrate(domain: libvirt.virDomain, call: MigrateCall) -> Effect:
    """Make the call that lasts as long as the migration."""
    try:
        typed.migrate(domain, call.uri, call.params, call.flags)
    except (TypeError, ValueError, OverflowError) as error:  # the binding refuses an argument before it calls
        return Refused(why=f"libvirt-python refused the call: {error}")
    except libvirt.libvirtError as error:
        effect = failures.effect(error)
        # "Invalid operation" is also how libvirt reports a guest that ended in the middle of the copy.
        refused = isinstance(effect, Refused) and _still_active(domain)
        return effect if refused else Unclear(why=failures.lowest(str(error)))
    return Done()


def _boot_time() -> float:
    """Seconds that also pass while this process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _still_active(domain: libvirt.virDomain) -> bool:
    try:
        return bool(domain.isActive())
    except libvirt.libvirtError:
        return False
