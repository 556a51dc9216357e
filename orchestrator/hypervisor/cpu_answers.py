"""What a host's libvirt says to a processor: can it be offered here, is there one that all can offer."""

import re
from typing import Final

import libvirt
from lxml import etree

from orchestrator.hypervisor import failures, typed
from orchestrator.hypervisor.documents import Element, parse
from orchestrator.model.cpu import CpuAnswer, CpuOffer

# How libvirt says that a CPU cannot be had: incompatible, a model it does not know, a mode the emulator lacks.
_NOT_OFFERED = (
    failures.CPU_INCOMPATIBLE,
    libvirt.VIR_ERR_INTERNAL_ERROR,
    libvirt.VIR_ERR_INVALID_ARG,
    libvirt.VIR_ERR_CONFIG_UNSUPPORTED,
)
# compareHypervisorCPU calls these compatible with every host (virCPUx86Compare), whatever the guest has seen so far.
_NEVER_COMPARED = ("host-passthrough", "maximum", "host-model")
# Listed in the host-model of domain capabilities, left out by libvirt when it starts a guest with that CPU: QEMU
# cannot migrate it.
_STAYS_HOME = "invtsc"
_LIST = re.compile(r"[\w.+-]+(?:, ?[\w.+-]+)*")
_FORBIDDEN: Final = "forbidden features"


def compare(connection: libvirt.virConnect, cpu: str, arch: str, virt_type: str) -> CpuAnswer:
    """Ask whether the host can offer the CPU of a <cpu> document. Raises libvirt's errors that are no answer."""
    mode = parse(cpu).get("mode", "custom")
    if mode in _NEVER_COMPARED:
        return _not_compared(f"libvirt compares nothing where the CPU's mode is {mode}")
    try:
        return CpuAnswer(offered=typed.compare_cpu(connection, arch, virt_type, cpu))
    except libvirt.libvirtError as error:
        if error.get_error_code() not in _NOT_OFFERED or error.get_error_domain() in failures.WIRE:
            raise
        return CpuAnswer(offered=False, detail=failures.lowest(str(error)), missing=missing(str(error)))


def demanded(cpu: str) -> str:
    """A running guest's <cpu> with what was forced on it demanded like the rest.

    libvirt compares forced features with no host, and then refuses the QEMU at the destination that lacks them.
    """
    document = parse(cpu)
    for feature in document.iterfind("feature[@policy='force']"):
        feature.set("policy", "require")
    return etree.tostring(document, encoding="unicode")


def missing(said: str) -> tuple[str, ...]:
    """The features that libvirt's message names after its last colon, if it names any."""
    _before, colon, names = said.rpartition(": ")
    if not colon or _FORBIDDEN in said or _LIST.fullmatch(names.strip()) is None:
        return ()
    return tuple(name.strip() for name in names.split(","))


def after_restart(
    connection: libvirt.virConnect, definition: str, arch: str, virt_type: str, there: tuple[CpuOffer, ...]
) -> CpuAnswer:
    """Ask whether the host could run the CPU that this definition gets when it is started where `there` is offered."""
    asked = parse(definition).find("cpu")
    if asked is None:
        return CpuAnswer(offered=True, detail="the guest asks for no particular CPU")
    mode = asked.get("mode", "custom")
    if mode == "custom" and asked.get("match", "exact") != "minimum":
        return CpuAnswer(offered=True, detail="the guest gets the same CPU at every start")
    if mode != "host-model":
        return _not_compared("the guest's CPU is whatever the host that starts it has")
    models = [offer.host_model for offer in there if (offer.arch, offer.virt_type) == (arch, virt_type)]
    if not models or models[0] is None:
        return _not_compared(f"the destination offers no host-model CPU for {arch} with {virt_type}")
    return compare(connection, _expanded(models[0], asked), arch, virt_type)


def baseline(connection: libvirt.virConnect, cpus: list[str], arch: str, virt_type: str, *, expand: bool) -> str:
    """The largest CPU that can be migrated between all of these and this host."""
    flags = libvirt.VIR_CONNECT_BASELINE_CPU_MIGRATABLE
    if expand:
        flags |= libvirt.VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES
    return typed.baseline_cpu(connection, arch, virt_type, cpus, flags)


def _not_compared(why: str) -> CpuAnswer:
    return CpuAnswer(offered=True, compared=False, detail=why)


def _expanded(host_model: str, asked: Element) -> str:
    """The host-model CPU as a guest gets it: without what stays on its host, with the definition's own features."""
    cpu = parse(host_model)
    own = asked.findall("feature")
    replaced = {feature.get("name") for feature in own} | {_STAYS_HOME}
    for feature in cpu.findall("feature"):
        if feature.get("name") in replaced:
            cpu.remove(feature)
    cpu.extend(own)
    return etree.tostring(cpu, encoding="unicode")
