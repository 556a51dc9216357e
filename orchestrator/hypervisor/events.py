"""Events of one host's daemon, reduced to: look at this guest again."""

import contextlib
import threading
from collections.abc import Callable, Iterator

import libvirt

from orchestrator.model.guest import GuestId

_EVENTS = (
    libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    libvirt.VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
    libvirt.VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
)


class Hints:
    """Who wants to be told."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: list[Callable[[GuestId], None]] = []

    @contextlib.contextmanager
    def listening(self, hint: Callable[[GuestId], None]) -> Iterator[None]:
        """Call `hint` for every event until the end of the block."""
        with self._lock:
            self._listeners.append(hint)
        try:
            yield
        finally:
            with self._lock:
                self._listeners.remove(hint)

    def tell(self, guest: GuestId) -> None:
        """Pass a hint on."""
        with self._lock:
            listeners = tuple(self._listeners)
        for hint in listeners:
            hint(guest)

    def watch(self, connection: libvirt.virConnect) -> None:
        """Subscribe to a new control connection. An old daemon may lack an event: looking is what counts."""
        for event in _EVENTS:
            with contextlib.suppress(libvirt.libvirtError):
                connection.domainEventRegisterAny(None, event, self._heard, None)

    def _heard(self, _connection: object, domain: libvirt.virDomain, *_details: object) -> None:
        # Runs in the event thread, where asking libvirt anything on the same connection would never be answered; the
        # UUID is part of the local object.
        self.tell(GuestId(domain.UUIDString()))
