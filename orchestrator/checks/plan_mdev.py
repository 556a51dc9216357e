"""Each destination can make mediated devices for all guests that the plan sends there."""

from collections.abc import Iterator

from orchestrator.checks.case import OfPlan
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.guest import Guest
from orchestrator.model.host import HostName
from orchestrator.model.topic import Topic


def _examine(case: OfPlan) -> Iterator[Found]:
    hosts = {host.name: host for host in case.hosts}
    guests = {(host.name, guest.uuid): guest for host in case.hosts for guest in host.guests}
    sent: dict[tuple[HostName, str], list[Guest]] = {}
    for move in case.moves:
        guest = guests[(move.source, move.guest)]
        for device in guest.host_devices:
            if device.mdev_type is not None:  # a mediated device of an unknown type is mdev-device's
                sent.setdefault((move.destination, device.mdev_type), []).append(guest)
    for (to, kind), holding in sent.items():
        names = sorted({guest.name for guest in holding})
        if len(names) == 1:  # one alone is what mdev-device is about
            continue
        available = sum(one.available for one in known(hosts[to].devices).mdev if one.name == kind)
        if len(holding) > available:
            yield blocker(
                f"{', '.join(names)} hold {len(holding)} mediated devices of type {kind} together; {to} can make "
                f"{available} more",
                f"Send some of them elsewhere, or free some there: "
                f"{virsh(case.settings.hosts[to], 'nodedev-list', 'mdev')}",
            )


RULE = Rule(
    name="plan-mdev",
    title="Each destination can make the mediated devices of all guests of the plan.",
    scope=Scope.PLAN,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
    undecided=Severity.BLOCKER,  # as mdev-device
)
