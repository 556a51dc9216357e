"""An RDMA device on the migration interface is usable."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.interfaces import own_interface
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.cabling import RdmaDevice
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

_CONNECTIONS = "/dev/infiniband/rdma_cm"
_VERBS = "/dev/infiniband/uverbs"


def _examine(case: AtHost) -> Iterator[Found]:
    devices = known(case.host.rdma)
    if not devices:
        return
    interface = own_interface(case)
    for device in devices:
        if interface is None or device.interface != interface.name:
            continue
        if device.state != "ACTIVE":
            yield warning(
                f"The RDMA device {device.name} ({device.link_layer}) of {case.host.name} on {device.interface} is "
                f"{device.state}, not ACTIVE. Migrations over TCP are not concerned",
                on(case.entry, "rdma", "link", "show"),
            )
        elif missing := _missing(device):
            yield warning(
                f"The RDMA device {device.name} ({device.link_layer}) of {case.host.name} on {device.interface} is "
                f"ACTIVE, but {' and '.join(missing)} of what QEMU must open is missing. Migrations over TCP are not "
                "concerned",
                on(case.entry, "modprobe", "-a", "ib_uverbs", "rdma_ucm"),
            )


def _missing(device: RdmaDevice) -> list[str]:
    missing = [] if _CONNECTIONS in device.files else [_CONNECTIONS]
    return missing if any(file.startswith(_VERBS) for file in device.files) else [*missing, f"{_VERBS}N"]


RULE = Rule(
    name="rdma-device",
    title="An RDMA device on the migration network is usable.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.RDMA, Topic.INTERFACES}),
    examine=_examine,
    of_network=True,
)
