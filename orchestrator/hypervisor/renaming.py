"""The guest's definitions as the destination is to have them, where a bridge or network has another name there."""

from collections.abc import Mapping

import libvirt
from lxml import etree

from orchestrator.hypervisor.documents import Element, parse

_PLACES = {"bridge": "bridge", "network": "network", "direct": "dev"}


def definitions(domain: libvirt.virDomain, names: Mapping[str, str], *, persistent: bool) -> dict[str, str]:
    """Parameters of the migration call. Passwords stay in: the destination needs them, and nobody else sees it."""
    flags = libvirt.VIR_DOMAIN_XML_MIGRATABLE | libvirt.VIR_DOMAIN_XML_SECURE
    given = {libvirt.VIR_MIGRATE_PARAM_DEST_XML: renamed(domain.XMLDesc(flags), names)}
    if persistent:
        # Without it libvirt before 10.0 would write the source's names into the new definition.
        inactive = domain.XMLDesc(flags | libvirt.VIR_DOMAIN_XML_INACTIVE)
        given[libvirt.VIR_MIGRATE_PARAM_PERSIST_XML] = renamed(inactive, names)
    return given


def renamed(xml: str, names: Mapping[str, str]) -> str:
    """The same guest, its cards plugged in under the destination's names."""
    domain = parse(xml)
    for card in domain.iterfind("devices/interface"):
        _rename(card, names)
    return etree.tostring(domain, encoding="unicode")


def _rename(card: Element, names: Mapping[str, str]) -> None:
    source, place = card.find("source"), _PLACES.get(card.get("type", ""))
    if source is None or place is None or source.get(place) not in names:
        return
    source.set(place, names[source.get(place, "")])
    for made_here in ("bridge", "portid") if place == "network" else ():  # of the source's own connection
        source.attrib.pop(made_here, "")
