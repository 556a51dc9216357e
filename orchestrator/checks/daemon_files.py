"""How an operator changes a setting of libvirt's QEMU driver on a host."""

from orchestrator.checks.remedy import on
from orchestrator.model.host import HostEntry

_FILE = "/etc/libvirt/qemu.conf"


def qemu_conf(entry: HostEntry, key: str) -> str:
    """Find the key in the file; it holds once the daemon has been started again, which no guest notices."""
    look = on(entry, "grep", "-n", key, _FILE)
    return f"Set {key} in {_FILE} of {entry.name} and restart libvirtd (or virtqemud) there: {look}"
