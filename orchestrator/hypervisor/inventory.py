"""The Inventory of one host over libvirt: the host and all its guests at one moment."""

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import TypeVar

import libvirt

from orchestrator.hypervisor import (
    capabilities,
    cpu_answers,
    cpu_documents,
    cpu_offers,
    failures,
    gauging,
    host_topics,
    locked,
    typed,
)
from orchestrator.hypervisor.answers import answered
from orchestrator.hypervisor.connections import HostConnections
from orchestrator.hypervisor.documents import lines, parse
from orchestrator.hypervisor.guests import guests
from orchestrator.hypervisor.line import NoAnswerError
from orchestrator.hypervisor.private import hide
from orchestrator.model.baseline import CommonCpu, CpuChange
from orchestrator.model.cpu import CpuAnswer, CpuOffer
from orchestrator.model.facts import NOT_ASKED, HostFacts, Identity, Unknown
from orchestrator.model.guest import Guest, GuestId
from orchestrator.model.offer import Content, DirtyRate
from orchestrator.model.topic import Topic

T = TypeVar("T")
_KIB = 1024


class LibvirtInventory:
    """Read one host."""

    def __init__(self, connections: HostConnections) -> None:
        self._connections = connections

    def read(self, topics: frozenset[Topic], *, within: float, ask_qemu: Collection[str] = ()) -> HostFacts | Unknown:
        """Describe the host and all its guests, and of the topics those that libvirt knows."""
        until = time.monotonic() + within
        said = self._ask(lambda connection: self._read(connection, topics), within)
        if isinstance(said, Unknown):
            return said
        return replace(said, guests=locked.complete(self._connections, said.guests, ask_qemu=ask_qemu, until=until))

    def cpu_offered(self, guest: Guest, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host's libvirt whether it can run the guest's live CPU."""
        if guest.cpu_xml is None:
            return CpuAnswer(offered=True, detail="the guest asks for no particular CPU")
        return self.compare(cpu_answers.demanded(guest.cpu_xml), guest.arch, guest.virt_type, within=within)

    def cpu_back(self, guest: Guest, there: tuple[CpuOffer, ...] | Unknown, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host whether it could run the CPU that its guest would have after its next start elsewhere."""
        if not guest.persistent:
            return CpuAnswer(offered=True, detail="a transient guest has no next start")
        if isinstance(there, Unknown):
            return there

        def ask(connection: libvirt.virConnect) -> CpuAnswer:
            definition = connection.lookupByUUIDString(guest.uuid).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE)
            return cpu_answers.after_restart(connection, definition, guest.arch, guest.virt_type, there)

        return self._ask(lambda connection: self._answered(connection, lambda: ask(connection)), within)

    def compare(self, cpu_xml: str, arch: str, virt_type: str, *, within: float) -> CpuAnswer | Unknown:
        """Ask this host's libvirt whether it can offer the CPU of a <cpu> document."""
        return self._ask(lambda connection: cpu_answers.compare(connection, cpu_xml, arch, virt_type), within)

    def baseline(
        self, cpus: Sequence[str], arch: str, virt_type: str, *, within: float, expand: bool = False
    ) -> str | Unknown:
        """Ask this host for the largest migratable CPU that all these <cpu> documents and it itself can offer."""

        def ask(connection: libvirt.virConnect) -> str:
            return cpu_answers.baseline(connection, list(cpus), arch, virt_type, expand=expand)

        return self._ask(lambda connection: self._answered(connection, lambda: ask(connection)), within)

    def common_cpu(self, cpus: Sequence[str], arch: str, virt_type: str, *, within: float) -> CommonCpu | Unknown:
        """`baseline` as a value, with all its features by name as this host knows them."""
        short = self.baseline(cpus, arch, virt_type, within=within)
        if isinstance(short, Unknown):
            return short
        full = self.baseline([short], arch, virt_type, within=within, expand=True)
        return full if isinstance(full, Unknown) else cpu_documents.described(short, full)

    def cpu_change(
        self, guest: GuestId, cpu: str, *, within: float, earlier: Sequence[str] = ()
    ) -> CpuChange | Unknown:
        """Say what putting this <cpu> into the guest's persistent definition would replace. Changes nothing."""
        said = self.definition(guest, within=within)
        return said if isinstance(said, Unknown) else cpu_documents.change(said, cpu, earlier)

    def definition(self, guest: GuestId, *, within: float) -> str | Unknown:
        """The guest's persistent definition on this host as text, one element a line."""
        return self._ask(lambda connection: _definition(connection, guest), within)

    def dirty_rate(self, guest: GuestId, *, seconds: int, within: float) -> DirtyRate | Unknown:
        """Measure how much memory the guest changes, by page sampling."""
        return self._gauged(lambda: gauging.dirty_rate(self._connections, guest, seconds, within), within)

    def content(self, guest: GuestId, *, pages: int, seconds: float, within: float) -> Content | Unknown:
        """Look at some pages of the guest's memory, twice. Nothing that was read leaves this call or is kept."""

        def look() -> Content:
            return gauging.content(self._connections, guest, pages=pages, seconds=seconds, within=within)

        return self._gauged(look, within)

    def _gauged(self, work: Callable[[], T], within: float) -> T | Unknown:
        entry = self._connections.entry
        try:
            return work()
        except gauging.NotMeasuredError as error:
            return Unknown(why=str(error), code="host.libvirt", leg=failures.leg(entry))
        except NoAnswerError:
            return failures.silent(entry, within)
        except libvirt.libvirtError as error:
            wire = error.get_error_domain() in failures.WIRE
            return failures.unknown(error, entry) if wire else failures.declined(error, entry)

    def _ask(self, work: Callable[[libvirt.virConnect], T], within: float) -> T | Unknown:
        try:
            return self._connections.control.read(work, within)
        except NoAnswerError:
            return failures.silent(self._connections.entry, within)
        except libvirt.libvirtError as error:
            return failures.unknown(error, self._connections.entry)

    def _read(self, connection: libvirt.virConnect, topics: frozenset[Topic]) -> HostFacts:
        offered = capabilities.read(connection.getCapabilities())
        memory = typed.memory_kib(connection)
        facts = HostFacts(
            name=self._connections.entry.name,
            identity=Identity(host_uuid=offered.host_uuid, machine_id=NOT_ASKED, boot_id=NOT_ASKED),
            hostname=connection.getHostname(),
            libvirt_version=connection.getLibVersion(),
            qemu_version=connection.getVersion(),
            arch=offered.arch,
            cpu_model=offered.cpu_model,
            cpus=typed.processors(connection),
            memory_total_bytes=memory["total"] * _KIB,
            # The kernel gives up its buffers and caches for a new guest, but for what is shared (memory_spare_bytes).
            memory_free_bytes=sum(memory.get(part, 0) for part in ("free", "buffers", "cached")) * _KIB,
            machine_types=offered.machine_types,
            networks=self._answered(connection, lambda: host_topics.networks(connection)),
            bridges=NOT_ASKED,
            guests=guests(connection, self._connections.entry),
            cpu_vendor=offered.cpu_vendor,
            tsc=offered.tsc,
            security_models=offered.security_models,
        )
        return self._with_topics(connection, facts, offered, topics)

    def _with_topics(
        self,
        connection: libvirt.virConnect,
        facts: HostFacts,
        offered: capabilities.Capabilities,
        topics: frozenset[Topic],
    ) -> HostFacts:
        def said(topic: Topic, ask: Callable[[], T]) -> T | Unknown:
            return self._answered(connection, ask) if topic in topics else NOT_ASKED

        return replace(
            facts,
            pools=said(Topic.POOLS, lambda: host_topics.pools(connection)),
            secrets=said(Topic.SECRETS, lambda: host_topics.secrets(connection)),
            nwfilters=said(Topic.NWFILTERS, lambda: host_topics.nwfilters(connection)),
            numa=said(Topic.NUMA, lambda: host_topics.numa(connection, offered.cells)),
            cpu_offers=said(
                Topic.CPU_OFFERS,
                lambda: cpu_offers.offers(connection, _emulated(facts), offered.physical_address_bits),
            ),
        )

    def _answered(self, connection: libvirt.virConnect, ask: Callable[[], T]) -> T | Unknown:
        return answered(connection, self._connections.entry, ask)


def _emulated(facts: HostFacts) -> frozenset[tuple[str, str]]:
    """Architectures and accelerations in use by guests, and those of the host itself, as far as it offers them."""
    offered = {(kind.arch, kind.virt_type) for kind in facts.machine_types}
    used = {(guest.arch, guest.virt_type) for guest in facts.guests}
    return frozenset(offered & (used | {(facts.arch, "kvm"), (facts.arch, "qemu")}))


def _definition(connection: libvirt.virConnect, guest: GuestId) -> str:
    return lines(hide(parse(connection.lookupByUUIDString(guest).XMLDesc(libvirt.VIR_DOMAIN_XML_INACTIVE))))
