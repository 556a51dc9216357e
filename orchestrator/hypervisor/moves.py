"""Migration calls of this process: each in a thread and on connections of its own, for as long as the move lasts."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import libvirt

from orchestrator.hypervisor import calls, failures
from orchestrator.hypervisor.answers import refusal as answered
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.documents import parse, size_bytes
from orchestrator.hypervisor.flags import MigrateCall, translate
from orchestrator.hypervisor.line import NoAnswerError, hang_up, in_background
from orchestrator.hypervisor.renaming import definitions
from orchestrator.model.command import BeginMove, Lasting
from orchestrator.model.effect import Done, Effect, Refused, Unclear
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
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

    def refuse(self, refusal: Refused) -> None:
        """Have it answered that the call was not issued."""
        self.refusal = refusal
        self.known.set()


class Moves:
    """What became of the moves that this process has begun on one host. `returned` is told when a call has ended.

    others: the connections to any other host, for moves that are driven from here at both ends.
    """

    def __init__(
        self,
        connections: HostConnections,
        others: Callable[[HostName], HostConnections],
        returned: Callable[[GuestId], None],
    ) -> None:
        self._connections = connections
        self._others = others
        self._returned = returned
        self._lock = threading.Lock()
        self._calls: dict[GuestId, Call] = {}

    def call(self, guest: GuestId) -> Call:
        """Say how the last call for the guest stands."""
        with self._lock:
            return self._calls.get(guest, NotOurs())

    def begin(self, order: Lasting, *, within: float) -> Effect:
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
            late = Refused(
                why=f"not begun: libvirt did not answer within {round(within, 1):g} s", code="host.unreachable"
            )
            return issue.refusal or late
        return Done()

    def _carry(self, order: Lasting, issue: _Issue, within: float) -> None:
        try:
            connection = self._connections.for_move(within)
        except (NoAnswerError, libvirt.libvirtError) as error:
            issue.refuse(_not_connected(self._connections, error, within))
            return
        try:
            with self._arrival(order, within) as there:
                self._issue(connection, there, order, issue)
        except _NotReachedError as stopped:
            issue.refuse(stopped.refusal)
        finally:
            self._connections.give_back(connection)

    @contextmanager
    def _arrival(self, order: Lasting, within: float) -> Iterator[libvirt.virConnect | None]:
        """The destination's end, where this process drives it."""
        if order.transport.control == "p2p":
            yield None
            return
        others = self._others(order.destination)
        try:
            connection = others.for_arrival(within)
        except (NoAnswerError, libvirt.libvirtError) as error:
            raise _NotReachedError(_not_connected(others, error, within)) from None
        try:
            yield connection
        finally:
            hang_up(connection)

    def _issue(
        self, connection: libvirt.virConnect, there: libvirt.virConnect | None, order: Lasting, issue: _Issue
    ) -> None:
        try:
            call = translate(order)
            domain = connection.lookupByUUIDString(order.guest)
            if (refusal := _unfit(domain, call)) is not None:
                issue.refuse(refusal)
                return
            _prepare(domain, order, call)
        except (ValueError, libvirt.libvirtError) as error:
            issue.refuse(Refused(why=failures.lowest(str(error))))
            return
        with issue.lock:
            issue.withdrawn = issue.withdrawn or _boot_time() > issue.deadline
            issue.issued = not issue.withdrawn
        issue.known.set()
        if issue.issued:
            begun = time.monotonic()
            effect = _migrate(connection, domain, there, call)
            self._note(order.guest, Returned(effect=effect, took_ms=round((time.monotonic() - begun) * 1000)))
            self._returned(order.guest)

    def _note(self, guest: GuestId, call: Call) -> None:
        with self._lock:
            self._calls[guest] = call


class _NotReachedError(Exception):
    """There is no connection for a call."""

    def __init__(self, refusal: Refused) -> None:
        super().__init__(refusal.why)
        self.refusal = refusal


def _not_connected(connections: HostConnections, error: Exception, within: float) -> Refused:
    entry = connections.entry
    said = failures.unknown(error, entry) if isinstance(error, libvirt.libvirtError) else failures.silent(entry, within)
    return Refused(why=f"{said.leg}: {said.why}", code=said.code)


def _unfit(domain: libvirt.virDomain, call: MigrateCall) -> Refused | None:
    """What speaks against this call and libvirt would not say, or not in time."""
    if call.active and not domain.isActive():
        return Refused(why="the guest is shut off")
    if not call.active and domain.isActive():
        # libvirt would move the definition of a guest that runs, and leave it running here without one.
        return Refused(why="the guest is active on this host: only its definition would move")
    return None if call.needs_limit_bytes is None else _unpinnable(domain, call.needs_limit_bytes)


def _unpinnable(domain: libvirt.virDomain, needed: int) -> Refused | None:
    """Whether QEMU may not pin the memory it needs: libvirt reads from the guest's hard limit how much it may.

    Setting that limit on a running guest would also let the kernel end a guest that needs more, and it would stay
    behind if ferry died: that is the operator's to do.
    """
    limit = size_bytes(parse(domain.XMLDesc(0)).find("memtune/hard_limit")) or 0
    if limit >= max(needed, 1):
        return None
    has = f"one of {limit} bytes" if limit else "none"
    at_least = f" of at least {needed} bytes" if needed else ""
    return Refused(why=f"for RDMA the running guest needs a hard memory limit{at_least}, and it has {has}")


def _prepare(domain: libvirt.virDomain, order: Lasting, call: MigrateCall) -> None:
    if (names := order.transport.networks) and isinstance(order, BeginMove):
        call.params.update(definitions(domain, names, persistent=order.transport.persistent))
    if call.downtime_limit_ms is not None:
        domain.migrateSetMaxDowntime(call.downtime_limit_ms, 0)


def _migrate(
    connection: libvirt.virConnect, domain: libvirt.virDomain, there: libvirt.virConnect | None, call: MigrateCall
) -> Effect:
    """Make the call that lasts as long as the migration."""
    try:
        if there is not None:
            calls.direct(domain, there, call.params, call.flags)
        elif call.uri is not None:
            calls.peer_to_peer(domain, call.uri, call.params, call.flags)
    except (TypeError, ValueError, OverflowError) as error:  # the binding refuses an argument before it calls
        return Refused(why=f"libvirt-python refused the call: {error}")
    except libvirt.libvirtError as error:
        effect = failures.effect(error)
        # "Invalid operation" is also how libvirt reports a guest that ended in the middle of the copy.
        refused = isinstance(effect, Refused) and _still_there(domain, active=call.active)
        return effect if refused else Unclear(why=failures.lowest(str(error)), cut=not answered(error, connection))
    return Done()


def _boot_time() -> float:
    """Seconds that also pass while this process is stopped or the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _still_there(domain: libvirt.virDomain, *, active: bool) -> bool:
    try:
        return bool(domain.isActive()) == active
    except libvirt.libvirtError:
        return False
