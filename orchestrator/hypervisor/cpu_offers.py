"""What a host offers as processors: its domain capabilities, with the features written out."""

from collections.abc import Iterator
from dataclasses import replace

import libvirt
from lxml import etree

from orchestrator.hypervisor import failures, typed
from orchestrator.hypervisor.documents import Element, attribute, parse, text
from orchestrator.model.cpu import CpuOffer

_ABSENT = ("disable", "forbid")


def offers(
    connection: libvirt.virConnect, wanted: frozenset[tuple[str, str]], physical_bits: int | None
) -> tuple[CpuOffer, ...]:
    """Ask for each (architecture, acceleration). physical_bits: of the host, for libvirt below 9.5 says none here."""
    found: list[CpuOffer] = []
    for arch, virt_type in sorted(wanted):
        # No emulator and machine named: those that this host takes by default.
        document = parse(connection.getDomainCapabilities(None, arch, None, virt_type, 0))
        offer = read(document, physical_bits if virt_type == "kvm" else None)
        found.append(offer if offer.host_model is None else _with_features(connection, offer, offer.host_model))
    return tuple(found)


def read(document: Element, physical_bits: int | None) -> CpuOffer:
    """Read the document that getDomainCapabilities answers."""
    modes = {mode.get("name", ""): mode for mode in document.iterfind("cpu/mode") if mode.get("supported") == "yes"}
    model, custom = modes.get("host-model"), modes.get("custom")
    limits = [] if model is None else [attribute(model, "maxphysaddr", name) for name in ("bits", "limit")]
    bits = next((int(limit) for limit in limits if limit), physical_bits)
    return CpuOffer(
        arch=text(document, "arch") or "",
        virt_type=text(document, "domain") or "",
        emulator=text(document, "path") or "",
        machine=text(document, "machine") or "",
        host_model=None if model is None else _as_cpu(model),
        vendor="" if model is None else text(model, "vendor") or "",
        passthrough="host-passthrough" in modes,
        maximum="maximum" in modes,
        usable=frozenset(() if custom is None else _usable(custom)),
        physical_address_bits=bits,
    )


def present(cpu: str) -> frozenset[str]:
    """Names of the features that a <cpu> document asks for."""
    features = parse(cpu).iterfind("feature")
    return frozenset(one.get("name", "") for one in features if one.get("policy") not in _ABSENT)


def _as_cpu(mode: Element) -> str:
    cpu = etree.Element("cpu", mode="custom", match="exact")
    cpu.extend(parse(etree.tostring(mode, encoding="unicode")))
    return etree.tostring(cpu, encoding="unicode")


def _usable(custom: Element) -> Iterator[str]:
    return (model.text for model in custom.iterfind("model") if model.get("usable") == "yes" and model.text)


def _with_features(connection: libvirt.virConnect, offer: CpuOffer, host_model: str) -> CpuOffer:
    try:
        flags = libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES
        full = typed.baseline_cpu(connection, offer.arch, offer.virt_type, [host_model], flags)
    except libvirt.libvirtError as error:
        if error.get_error_domain() in failures.WIRE:
            raise
        return offer  # libvirt knows baselines for x86 and s390x only
    return replace(offer, features=present(full))
