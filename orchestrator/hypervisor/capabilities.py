"""A host's capabilities: who it is and which machine types its emulators offer."""

from dataclasses import dataclass

from orchestrator.hypervisor.documents import Element, parse, text
from orchestrator.model.facts import MachineTypes


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What ferry reads of the document."""

    host_uuid: str
    arch: str
    cpu_model: str
    machine_types: tuple[MachineTypes, ...]


def read(xml: str) -> Capabilities:
    """Read the document that getCapabilities answers."""
    document = parse(xml)
    return Capabilities(
        host_uuid=(text(document, "host/uuid") or "").lower(),
        arch=text(document, "host/cpu/arch") or "",
        cpu_model=text(document, "host/cpu/model") or "",
        machine_types=tuple(
            MachineTypes(arch=arch.get("name", ""), virt_type=domain.get("type", ""), names=_names(arch, domain))
            for arch in document.iterfind("guest/arch")
            for domain in arch.iterfind("domain")
        ),
    )


def _names(arch: Element, domain: Element) -> frozenset[str]:
    # A <domain> lists its own machines only where they differ from those of the architecture.
    machines = domain.findall("machine") or arch.findall("machine")
    names = {machine.text or "" for machine in machines} | {machine.get("canonical", "") for machine in machines}
    return frozenset(names - {""})
