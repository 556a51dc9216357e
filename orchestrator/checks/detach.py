"""Commands that take a device of the host away from a running guest, and libvirt's way to hand it out again."""

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh

VFIO = frozenset({"pci", "mdev"})
VFIO_MATURE = 8_002_000  # QEMU before 8.2 carries the state of such devices only as an experiment


def detach(case: AtSource, kind: str) -> str:
    """Take one device of that kind away from the guest; the other one is attached after the move."""
    word = called(case.guest)
    path = f'//hostdev[@type="{kind}"]' + (' | //interface[@type="hostdev"]' if kind == "pci" else "")
    return (
        f"{virsh(case.source_entry, 'dumpxml', word, '--xpath', path)} > device.xml   (keep only that element), then "
        f"{virsh(case.source_entry, 'detach-device', word, 'device.xml', '--live')}"
    )
