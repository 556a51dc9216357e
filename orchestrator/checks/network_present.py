"""Every network card of the guest finds its bridge or network at the destination."""

from collections.abc import Iterator

from orchestrator.checks.attachment import name_there
from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.interfaces import named
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.command import StartNetwork
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Remedy, Scope, Severity
from orchestrator.model.guest import Nic
from orchestrator.model.services import VirtualNetwork
from orchestrator.model.topic import Topic

# A card inside QEMU needs nothing of the host; the others belong to the rules about devices.
_ELSEWHERE = frozenset({"user", "hostdev", "vhostuser", "vdpa"})
_OPEN_VSWITCH = "openvswitch"


def _examine(case: BetweenHosts) -> Iterator[Found]:
    cards = [nic for nic in case.guest.nics if nic.kind not in _ELSEWHERE]
    for nic in {(nic.kind, nic.source, nic.switch, nic.portgroup): nic for nic in cards}.values():
        if nic.source is None:
            yield _unheard_of(case, nic)
        elif nic.kind == "bridge":
            yield from (_switch if nic.switch == _OPEN_VSWITCH else _bridge)(case, nic.source)
        elif nic.kind == "network":
            yield from _network(case, nic.source, nic.portgroup)
        elif nic.kind != "direct":  # macvtap-parent is about those
            yield _unheard_of(case, nic)


def _bridge(case: BetweenHosts, here: str) -> Iterator[Found]:
    name, bridges = name_there(case, here), case.destination.bridges
    if isinstance(bridges, Unknown):
        yield warning(
            f"Whether {case.to} has the bridge {name} could not be decided: {bridges.why}",
            on(case.destination_entry, "ip", "link", "show", name),
        )
    elif name not in bridges:
        have = ", ".join(sorted(bridges)) or "no bridge"
        yield blocker(
            f"{case.guest.name} is on the bridge {_both(here, name)}; {case.to} has {have}",
            f"{on(case.destination_entry, 'ip', 'link', 'add', 'name', name, 'type', 'bridge')}; "
            f"{on(case.destination_entry, 'ip', 'link', 'set', name, 'up')}   (and connect its uplink)",
        )


def _switch(case: BetweenHosts, here: str) -> Iterator[Found]:
    name = name_there(case, here)
    switch = named(known(case.destination.interfaces), name)
    if switch is None or switch.kind != "ovs-bridge":
        have = "no interface of that name" if switch is None else f"an interface of kind {switch.kind} of that name"
        yield blocker(
            f"{case.guest.name} is on the Open vSwitch bridge {_both(here, name)}; {case.to} has {have}",
            f"{on(case.destination_entry, 'ovs-vsctl', 'add-br', name)}   (and add its uplink; with an interface of "
            "that name in the way, rename that first)",
        )


def _network(case: BetweenHosts, here: str, portgroup: str | None) -> Iterator[Found]:
    name, networks = name_there(case, here), known(case.destination.networks)
    network = next((one for one in networks if one.name == name), None)
    start = virsh(case.destination_entry, "net-start", name)
    if network is None:
        have = ", ".join(sorted(one.name for one in networks if one.active)) or "no active network"
        yield blocker(
            f"{case.guest.name} is on libvirt's network {_both(here, name)}; {case.to} has {have}",
            f"{start}   (if it is not defined there: net-dumpxml at the source, net-define at the destination)",
        )
    elif not network.active:
        yield blocker(
            f"{case.guest.name} is on libvirt's network {_both(here, name)}, which is defined on {case.to} but not "
            "active",
            start,
            remedy=Remedy(host=case.to, repair=StartNetwork(network=name)),
        )
    if network is not None:
        yield from _otherwise(case, here, network, portgroup)


def _otherwise(case: BetweenHosts, here: str, there: VirtualNetwork, portgroup: str | None) -> Iterator[Found]:
    """What a network of the right name may lack."""
    look = "; ".join(
        virsh(entry, "net-dumpxml", name)
        for entry, name in ((case.source_entry, here), (case.destination_entry, there.name))
    )
    if portgroup is not None and portgroup not in there.portgroups:
        have = ", ".join(sorted(there.portgroups)) or "none"
        yield blocker(
            f"{case.guest.name} is in the portgroup {portgroup} of libvirt's network {_both(here, there.name)}; on "
            f"{case.to} that network has no such group ({have}), and the card would be connected without its VLAN",
            f"Add it: {virsh(case.destination_entry, 'net-edit', there.name)}; compare: {look}",
        )
    networks = () if isinstance(case.source.networks, Unknown) else case.source.networks
    mode = next((one.forward for one in networks if one.name == here), None)
    if mode is not None and there.forward is not None and mode != there.forward:
        yield warning(
            f"libvirt's network {_both(here, there.name)} forwards by {mode or 'nothing (isolated)'} on "
            f"{case.source.name} and by {there.forward or 'nothing (isolated)'} on {case.to}: {case.guest.name} may "
            "lose its connections",
            f"Compare: {look}",
        )


def _both(here: str, there: str) -> str:
    return here if here == there else f"{here} (there: {there}, says the policy)"


def _unheard_of(case: BetweenHosts, nic: Nic) -> Found:
    return warning(
        f"{case.guest.name} has a network card of kind {nic.kind}{f' on {nic.source}' if nic.source else ''}; "
        f"whether {case.to} has what it needs could not be decided",
        f"{virsh(case.source_entry, 'domiflist', called(case.guest))}; {on(case.destination_entry, 'ip', 'link')}",
    )


RULE = Rule(
    name="network-present",
    title="The destination has the guest's bridges and networks.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.INTERFACES}),
    examine=_examine,
)
