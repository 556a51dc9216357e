"""Releases of libvirt and QEMU that are known to disturb each other: the table behind known-bad-pair and -feature."""

from collections.abc import Callable
from dataclasses import dataclass

from orchestrator.checks.quantity import version
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Severity
from orchestrator.model.hardware import Hardware

_NEVER = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Releases:
    """From `first` on, before `fixed`, in libvirt's integers (9.10.0 is 9_010_000)."""

    first: int = 0
    fixed: int = _NEVER

    def __contains__(self, number: int) -> bool:
        return self.first <= number < self.fixed


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownBad:
    """One thing known to go wrong between these releases. concerns: which guests; None: all of them."""

    software: str
    source: Releases
    destination: Releases
    effect: str
    severity: Severity
    advice: str
    concerns: Callable[[Hardware], bool] | None = None

    def meets(self, source: HostFacts, destination: HostFacts) -> bool:
        """Whether both hosts run such releases."""
        return self._release(source) in self.source and self._release(destination) in self.destination

    def releases(self, source: HostFacts, destination: HostFacts) -> str:
        """Who has which, in words."""
        here, there = version(self._release(source)), version(self._release(destination))
        return f"{source.name} has {self.software} {here} and {destination.name} has {there}"

    def _release(self, host: HostFacts) -> int:
        return host.libvirt_version if self.software == "libvirt" else host.qemu_version


def _nested_intel(hardware: Hardware) -> bool:
    return hardware.cpu_features.get("vmx") in {"require", "force"}


def _vmx_switched_off(hardware: Hardware) -> bool:
    return any(name.startswith("vmx-") and policy == "disable" for name, policy in hardware.cpu_features.items())


_PCI_ERROR_MASK = (
    "QEMU 8.0 keeps a PCI Express error mask that older machine types do not have, so that a guest with such devices "
    "(most of machine type q35) is refused at the end with 'Bad config data'; it runs on at the source"
)

# One row holds for one direction. Left out: libvirt before 10.5 may crash as the source when the guest shuts itself
# down in mid-move. The guest ends either way and the daemon comes back, and it would be said of every Debian 12 host.
KNOWN_BAD = (
    KnownBad(
        software="libvirt",
        source=Releases(fixed=9_010_000),
        destination=Releases(first=9_010_000, fixed=10_002_000),
        effect="libvirt 9.10 to 10.1 cannot receive a guest with the CPU feature vmx from an older libvirt",
        severity=Severity.BLOCKER,
        advice="Bring libvirt of the destination to 10.2 or later, or take another destination",
        concerns=_nested_intel,
    ),
    KnownBad(
        software="libvirt",
        source=Releases(first=9_010_000),
        destination=Releases(first=9_010_000, fixed=10_005_000),
        effect="libvirt before 10.5 expects vmx-* CPU features of the guest that are switched off, and refuses it then",
        severity=Severity.WARNING,
        advice="Bring libvirt of the destination to 10.5 or later, or take another destination",
        concerns=_vmx_switched_off,
    ),
    KnownBad(
        software="QEMU",
        source=Releases(fixed=8_000_000),
        destination=Releases(first=8_000_000, fixed=8_001_000),
        effect=_PCI_ERROR_MASK,
        severity=Severity.WARNING,
        advice="Bring QEMU of the destination to 8.1 or later",
    ),
    KnownBad(
        software="QEMU",
        source=Releases(first=8_000_000, fixed=8_001_000),
        destination=Releases(fixed=8_000_000),
        effect=_PCI_ERROR_MASK,
        severity=Severity.WARNING,
        advice="Take a destination with QEMU 8.1 or later",
    ),
    KnownBad(
        software="QEMU",
        source=Releases(first=7_001_000, fixed=7_002_000),
        destination=Releases(first=9_002_000, fixed=10_000_000),
        effect="parallel migrations (multifd) of QEMU 7.1 to 9.2 end with 'broken pipe'; those with one stream do not",
        severity=Severity.NOTE,
        advice="Nothing for ferry, which moves with one stream; no virsh migrate --parallel between these two",
    ),
    KnownBad(
        software="QEMU",
        source=Releases(first=9_002_000, fixed=10_000_000),
        destination=Releases(first=10_001_000, fixed=10_002_000),
        effect="from QEMU 9.2 to 10.1 some guests were refused with 'extra features: ht'; they run on at the source",
        severity=Severity.NOTE,
        advice="Try one guest that nobody would miss first",
    ),
)
