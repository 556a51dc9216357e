"""A host's capabilities: who it is, its processors and memory cells, and which machine types its emulators offer."""

from collections.abc import Mapping
from dataclasses import dataclass

from orchestrator.hypervisor.documents import Element, attribute, in_bytes, parse, size_bytes, text
from orchestrator.model.cpu import TimeStampCounter
from orchestrator.model.facts import MachineTypes


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A memory cell. pages: size of huge pages in KiB → how many there are."""

    id: int
    memory_bytes: int
    cpus: frozenset[int]
    pages: Mapping[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What ferry reads of the document."""

    host_uuid: str
    arch: str
    cpu_model: str
    cpu_vendor: str
    physical_address_bits: int | None
    tsc: TimeStampCounter | None
    security_models: frozenset[str]
    cells: tuple[Cell, ...]
    machine_types: tuple[MachineTypes, ...]


def read(xml: str) -> Capabilities:
    """Read the document that getCapabilities answers."""
    document = parse(xml)
    bits = attribute(document, "host/cpu/maxphysaddr", "bits")
    return Capabilities(
        host_uuid=(text(document, "host/uuid") or "").lower(),
        arch=text(document, "host/cpu/arch") or "",
        cpu_model=text(document, "host/cpu/model") or "",
        cpu_vendor=text(document, "host/cpu/vendor") or "",
        physical_address_bits=int(bits) if bits else None,
        tsc=_tsc(document.find("host/cpu/counter[@name='tsc']")),
        security_models=frozenset(model.text for model in document.iterfind("host/secmodel/model") if model.text),
        cells=tuple(map(_cell, document.iterfind("host/topology/cells/cell"))),
        machine_types=tuple(
            MachineTypes(
                arch=arch.get("name", ""),
                virt_type=domain.get("type", ""),
                names=_names(arch, domain),
                emulator=text(domain, "emulator") or text(arch, "emulator") or "",
            )
            for arch in document.iterfind("guest/arch")
            for domain in arch.iterfind("domain")
        ),
    )


def _names(arch: Element, domain: Element) -> frozenset[str]:
    # A <domain> lists its own machines only where they differ from those of the architecture.
    machines = domain.findall("machine") or arch.findall("machine")
    names = {machine.text or "" for machine in machines} | {machine.get("canonical", "") for machine in machines}
    return frozenset(names - {""})


def _tsc(counter: Element | None) -> TimeStampCounter | None:
    frequency = None if counter is None else counter.get("frequency")
    if counter is None or not frequency:
        return None
    return TimeStampCounter(frequency_hz=int(frequency), scaling=counter.get("scaling") == "yes")


def _cell(cell: Element) -> Cell:
    sizes = {
        in_bytes(page.get("size", "0"), page.get("unit")) // 1024: int(page.text or 0)
        for page in cell.iterfind("pages")
    }
    ordinary = min(sizes, default=0)  # the smallest size is that of ordinary pages
    return Cell(
        id=int(cell.get("id", "0")),
        memory_bytes=size_bytes(cell.find("memory")) or 0,
        cpus=frozenset(int(cpu.get("id", "0")) for cpu in cell.iterfind("cpus/cpu")),
        pages={size: total for size, total in sizes.items() if size != ordinary},
    )
