"""What libvirt keeps beside the XML of its guests: snapshots, checkpoints, a saved state, a definition that waits.

Asked for all guests of a host at once where libvirt can list them; none of it needs a guest's lock.
"""

from collections.abc import Callable
from dataclasses import dataclass

import libvirt

from orchestrator.hypervisor.answers import of_guest
from orchestrator.hypervisor.guest_xml import Described, describe
from orchestrator.hypervisor.next_start import differs, media
from orchestrator.model.facts import Unknown
from orchestrator.model.hardware import Kept
from orchestrator.model.host import HostEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """UUIDs of a host's guests that have something."""

    persistent: frozenset[str]
    autostart: frozenset[str]
    saved: frozenset[str] | Unknown
    snapshots: frozenset[str] | Unknown
    checkpoints: frozenset[str] | Unknown


def marks(connection: libvirt.virConnect, entry: HostEntry) -> Marks:
    """Ask which guests have what."""

    def having(flag: int) -> frozenset[str]:
        return frozenset(domain.UUIDString() for domain in connection.listAllDomains(flag))

    def perhaps(flag: int) -> frozenset[str] | Unknown:
        return of_guest(connection, entry, lambda: having(flag), frozenset())

    return Marks(
        persistent=having(libvirt.VIR_CONNECT_LIST_DOMAINS_PERSISTENT),
        autostart=having(libvirt.VIR_CONNECT_LIST_DOMAINS_AUTOSTART),
        saved=perhaps(libvirt.VIR_CONNECT_LIST_DOMAINS_MANAGEDSAVE),
        snapshots=perhaps(libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_SNAPSHOT),
        checkpoints=perhaps(libvirt.VIR_CONNECT_LIST_DOMAINS_HAS_CHECKPOINT),
    )


def kept(
    connection: libvirt.virConnect, entry: HostEntry, domain: libvirt.virDomain, running: Described | None, had: Marks
) -> Kept:
    """What is kept of one guest. running: its live form, None for one that is shut off."""
    uuid = domain.UUIDString()

    def count(having: frozenset[str] | Unknown, ask: Callable[[], int]) -> int | Unknown:
        if isinstance(having, Unknown):
            return having
        return of_guest(connection, entry, ask, 0) if uuid in having else 0

    definition: Described | Unknown | None = None
    if running is not None and uuid in had.persistent:
        definition = of_guest(
            connection, entry, lambda: describe(domain.XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)), None
        )
    known = definition if isinstance(definition, Described) else None
    return Kept(
        snapshots=count(had.snapshots, domain.snapshotNum),
        checkpoints=count(had.checkpoints, lambda: len(domain.listAllCheckpoints())),
        managed_save=had.saved if isinstance(had.saved, Unknown) else uuid in had.saved,
        pending_definition=_pending(running, definition),
        cpu_mode=None if known is None else known.hardware.cpu_mode,
        next_start_media=media(running, known) if running is not None and known is not None else (),
    )


def _pending(running: Described | None, definition: Described | Unknown | None) -> bool | Unknown:
    if running is None or definition is None:
        return False
    return definition if isinstance(definition, Unknown) else differs(running, definition)
