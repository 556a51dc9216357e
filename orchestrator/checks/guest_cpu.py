"""What a guest's CPU is, as several rules ask for it."""

from orchestrator.model.guest import Guest
from orchestrator.model.hardware import Hardware

# Modes that give the guest whatever its host has; libvirt compares nothing then.
AS_HOST = frozenset({"host-passthrough", "maximum"})

_NESTING = ("vmx", "svm")
# Named models that have svm without listing it; libvirt lists vmx in every case.
_WITH_SVM = ("EPYC", "Opteron_G", "Dhyana", "phenom")
_DEMANDED = frozenset({"require", "force"})
# Models of libvirt's CPU map that belong to no vendor. QEMU's default is one of them.
_NEUTRAL = frozenset({"", "qemu32", "qemu64", "kvm32", "kvm64"})
_NEUTRAL_FAMILY = "x86-64-v"


def nests(hardware: Hardware) -> str | None:
    """The feature by which the guest can run guests of its own: vmx or svm."""
    if hardware.cpu_model.startswith(_WITH_SVM) and "svm" not in hardware.cpu_features:
        return "svm"
    return next((name for name in _NESTING if hardware.cpu_features.get(name) in _DEMANDED), None)


def has_invariant_tsc(hardware: Hardware) -> bool:
    """Whether the guest was promised a time stamp counter that never changes its speed."""
    return hardware.cpu_features.get("invtsc") in _DEMANDED


def passed_through(guest: Guest) -> bool:
    """Whether the guest sees the very processor of its host."""
    return guest.virt_type == "kvm" and guest.hardware.cpu_mode in AS_HOST


def vendor_neutral(hardware: Hardware) -> bool:
    """Whether the guest's CPU could be of any vendor: a neutral model, no nested guests, no counter of the host."""
    return (
        hardware.cpu_mode in {"", "custom"}
        and not hardware.cpu_vendor
        and (hardware.cpu_model in _NEUTRAL or hardware.cpu_model.startswith(_NEUTRAL_FAMILY))
        and nests(hardware) is None
        and hardware.tsc_hz is None
        and not has_invariant_tsc(hardware)
    )
