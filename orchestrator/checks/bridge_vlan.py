"""The guest's bridge at the destination lets the guest's VLANs through as the one at the source does."""

from collections.abc import Iterator

from orchestrator.checks.attachment import Attachment, attachments
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.interfaces import uplinks
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.cabling import Interface
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    differing: dict[str, Found] = {}
    for one in attachments(case):
        if one.here is None or one.there is None:
            continue
        if one.here.vlan_filtering != one.there.vlan_filtering:
            differing.setdefault(one.there.name, _unlike(case, one.here, one.there))
        elif one.there.vlan_filtering and one.nic.vlans:
            yield from _closed(case, one, one.there)
    yield from differing.values()


def _unlike(case: BetweenHosts, here: Interface, there: Interface) -> Found:
    filters = {True: "filters VLANs", False: "does not filter VLANs"}
    return warning(
        f"The bridge {here.name} of {case.source.name}, which {case.guest.name} is on, {filters[here.vlan_filtering]}; "
        f"{there.name} of {case.to} {filters[there.vlan_filtering]}. The guest would see other traffic there",
        f"Make both bridges alike: {on(case.source_entry, 'bridge', 'vlan', 'show')}; "
        f"{on(case.destination_entry, 'bridge', 'vlan', 'show')}",
    )


def _closed(case: BetweenHosts, one: Attachment, bridge: Interface) -> Iterator[Found]:
    open_ids = frozenset[int]().union(
        *(uplink.vlans for uplink in uplinks(known(case.destination.interfaces), bridge.name))
    )
    closed = sorted(one.nic.vlans - open_ids)
    if open_ids and closed:  # no id at all: the host does not say
        yield warning(
            f"{case.guest.name} uses VLAN {', '.join(map(str, closed))} on {bridge.name}; the uplink of that bridge on "
            f"{case.to} lets through {', '.join(map(str, sorted(open_ids)))}",
            f"Let it through on the uplink and on the switch behind it (bridge vlan add vid ID dev UPLINK): "
            f"{on(case.destination_entry, 'bridge', 'vlan', 'show')}",
        )


RULE = Rule(
    name="bridge-vlan",
    title="The destination's bridge passes the guest's VLANs.",
    scope=Scope.MOVE,
    severity=Severity.WARNING,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
