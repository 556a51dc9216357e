"""A network card of the host in the guest's hands has a virtual partner that takes over during the move."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.detach import detach
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest


def _examine(case: AtSource) -> Iterator[Found]:
    cards = dict(_cards(case.guest))
    if not cards:
        return
    partner = any(nic.teaming == "persistent" for nic in case.guest.nics)
    for card, transient in cards.items():
        if not transient:
            yield blocker(
                f"{case.guest.name} uses {card} directly, without a partner to take over; it stays on "
                f"{case.source.name}",
                detach(case, "pci"),
            )
        elif not partner:
            yield blocker(
                f"{case.guest.name} gives up {card} for a move (teaming transient), but no card of it is marked "
                "persistent to take over",
                f"{virsh(case.source_entry, 'edit', called(case.guest))}   (a virtio card of the same MAC with "
                "<teaming type='persistent'/>; takes effect at its next start)",
            )
    working = [card for card, transient in cards.items() if transient and partner]
    if working:
        yield warning(
            f"{case.guest.name} must let go of {' and '.join(working)} when the move begins: without the failover "
            "driver in the guest (net_failover) the move waits until it is cancelled",
            f"Look in the guest for net_failover (lsmod), and at the cards: "
            f"{virsh(case.source_entry, 'domiflist', called(case.guest))}",
        )


def _cards(guest: Guest) -> Iterator[tuple[str, bool]]:
    """Each card with whether QEMU itself unplugs it for a move."""
    for device in guest.host_devices:
        if device.kind == "pci" and (device.interface or device.teaming == "transient"):
            yield f"the network device {device.address}", device.teaming == "transient"


RULE = Rule(
    name="sriov",
    title="Network devices of the host have a virtual partner (teaming).",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
