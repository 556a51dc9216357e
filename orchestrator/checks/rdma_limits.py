"""QEMU may open the RDMA devices of the host, and lock memory for them."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.quantity import mib
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_CONFIGURATION = "/etc/libvirt/qemu.conf"


def _examine(case: AtHost) -> Iterator[Found]:
    usable = [device for device in known(case.host.rdma) if device.state == "ACTIVE" and device.files]
    if not usable:
        return
    daemon = known(case.host.daemon)
    # libvirt's own list has no RDMA device in it.
    allowed = frozenset(daemon.cgroup_device_acl or ())
    closed = sorted({file for device in usable for file in device.files} - allowed)
    names = ", ".join(device.name for device in usable)
    if closed:
        listed = "without them" if daemon.cgroup_device_acl else "not set, and libvirt's own list is without them"
        yield note(
            f"{case.host.name} has RDMA ({names}), but QEMU may not open {', '.join(closed)}: cgroup_device_acl is "
            f"{listed}. Migrations over TCP are not concerned",
            f"Add them there in {_CONFIGURATION}, and restart the daemon: "
            + on(case.entry, "grep", "-n", "-A", "8", "cgroup_device_acl", _CONFIGURATION),
        )
    if daemon.memlock_bytes is not None:
        yield note(
            f"{case.host.name} has RDMA ({names}), and the daemon may lock {mib(daemon.memlock_bytes)} of memory. A "
            "migration over RDMA needs a memory hard_limit in the guest's definition, or locking fails",
            "Raise LimitMEMLOCK of the daemon's unit if it does: "
            + on(case.entry, "systemctl", "show", "-p", "LimitMEMLOCK", "libvirtd", "virtqemud"),
        )


RULE = Rule(
    name="rdma-limits",
    title="QEMU may use the host's RDMA devices.",
    scope=Scope.HOST,
    severity=Severity.NOTE,
    needs=frozenset({Topic.RDMA, Topic.DAEMON}),
    examine=_examine,
)
