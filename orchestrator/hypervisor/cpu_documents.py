"""<cpu> documents of libvirt: read as values, and put into a guest's definition in place of another."""

from collections.abc import Sequence, Set

import libvirt
from lxml import etree

from orchestrator.hypervisor import failures
from orchestrator.hypervisor.documents import Element, lines, parse, text
from orchestrator.model.baseline import CommonCpu, CpuChange
from orchestrator.model.command import SetCpu
from orchestrator.model.effect import Done, Effect, Refused

_HAS = ("require", "force", "optional")
_LACKS = ("disable", "forbid")
# The order in which libvirt writes them.
_PARTS = ("model", "vendor", "topology", "cache", "maxphysaddr", "feature", "numa")


def described(document: str, expanded: str) -> CommonCpu:
    """A CPU as a value. expanded: the same CPU with every feature named."""
    cpu = parse(document)
    full = {name for name, policy in _listed(parse(expanded)).items() if policy in _HAS}
    return CommonCpu(
        document=lines(cpu),
        model=text(cpu, "model") or "",
        vendor=text(cpu, "vendor") or "",
        listed=_listed(cpu),
        features=tuple(sorted(full)),
    )


def change(definition: str, cpu: str, earlier: Sequence[str] = ()) -> CpuChange:
    """What putting that CPU into a guest's definition would replace, and by what.

    earlier: CPUs that ferry may have put there before. What one of the same model switched off goes with it.
    """
    old = parse(definition).find("cpu")
    if old is None:
        return CpuChange(before="", after=_text(_merged(None, parse(cpu), frozenset())))
    of_its_model = [one for one in map(parse, earlier) if text(one, "model") == text(old, "model")]
    ours = frozenset(name for one in of_its_model for name, policy in _listed(one).items() if policy in _LACKS)
    return CpuChange(before=_text(old), after=_text(_merged(old, parse(cpu), ours)))


def set_cpu(connection: libvirt.virConnect, order: SetCpu) -> Effect:
    """Define the guest anew with another <cpu> and everything else as it is. Raises libvirt's errors."""
    domain = connection.lookupByUUIDString(order.guest)
    if not domain.isPersistent():
        return Refused(why="the guest has no persistent definition")
    # Secure: or the passwords that libvirt leaves out otherwise would be gone from the definition.
    flags = libvirt.VIR_DOMAIN_XML_INACTIVE | libvirt.VIR_DOMAIN_XML_SECURE
    definition = parse(domain.XMLDesc(flags))
    old = definition.find("cpu")
    now = "" if old is None else _text(old)
    if now == order.cpu:
        return Done()
    if now != order.replaces:
        return Refused(why="the <cpu> of the definition has been changed meanwhile")
    new = parse(order.cpu)
    if old is None:
        definition.append(new)
    else:
        definition.replace(old, new)
    try:
        connection.defineXML(etree.tostring(definition, encoding="unicode"))
    except libvirt.libvirtError as error:
        if error.get_error_domain() in failures.WIRE:
            raise
        return Refused(why=failures.lowest(str(error)))  # a definition is taken whole or not at all
    return Done()


def _merged(old: Element | None, wanted: Element, ours: Set[str]) -> Element:
    """The wanted CPU with what the guest's own has beside a model: topology, cells, features that others took away."""
    new = etree.Element("cpu", mode="custom", match="exact", check="partial")
    parts = list(wanted.iterfind("*"))
    if old is not None:
        says: set[str | tuple[str, str]] = {str(part.tag) for part in parts}
        says |= {("feature", name) for name in (*_listed(wanted), *ours)}
        parts += [part for part in old.iterfind("*") if _stays(part, says)]
    known = [part for part in parts if part.tag in _PARTS]
    for part in sorted(known, key=lambda part: _PARTS.index(str(part.tag))):
        new.append(parse(etree.tostring(part, encoding="unicode")))
    return new


def _stays(part: Element, wanted: Set[str | tuple[str, str]]) -> bool:
    match part.tag:
        case "topology" | "numa":
            return True
        case "cache":
            return part.get("mode") != "passthrough"  # only for CPUs that are passed through themselves
        case "maxphysaddr":
            return part.get("mode") == "emulate" and "maxphysaddr" not in wanted
        case "feature":
            return part.get("policy") in _LACKS and ("feature", part.get("name", "")) not in wanted
    return False


def _listed(cpu: Element) -> dict[str, str]:
    return {feature.get("name", ""): feature.get("policy", "require") for feature in cpu.iterfind("feature")}


def _text(cpu: Element) -> str:
    return lines(parse(etree.tostring(cpu, encoding="unicode")))
