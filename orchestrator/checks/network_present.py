"""Every network card of the guest finds its bridge or network at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding

_NAME = "network-present"
_ELSEWHERE = frozenset({"user", "hostdev"})  # needs nothing of the host; is what host-device is about


def _examine(case: BetweenHosts) -> Iterator[Finding]:
    wanted = dict.fromkeys((nic.kind, nic.source) for nic in case.guest.nics if nic.kind not in _ELSEWHERE)
    for kind, source in wanted:
        if kind == "bridge" and source is not None:
            yield from _bridge(case, source)
        elif kind == "network" and source is not None:
            yield from _network(case, source)
        else:
            yield case.warning(
                _NAME,
                f"{case.guest.name} has a network card of kind {kind}{f' on {source}' if source else ''}; "
                f"whether {case.to} has what it needs could not be decided",
                f"{virsh(case.source_entry, 'domiflist', called(case.guest))}; "
                f"{on(case.destination_entry, 'ip', 'link')}",
            )


def _bridge(case: BetweenHosts, name: str) -> Iterator[Finding]:
    bridges = case.destination.bridges
    if isinstance(bridges, Unknown):
        yield case.warning(
            _NAME,
            f"Whether {case.to} has the bridge {name} could not be decided: {bridges.why}",
            on(case.destination_entry, "ip", "link", "show", name),
        )
    elif name not in bridges:
        have = ", ".join(sorted(bridges)) or "no bridge"
        yield case.blocker(
            _NAME,
            f"{case.guest.name} is on the bridge {name}; {case.to} has {have}",
            f"{on(case.destination_entry, 'ip', 'link', 'add', 'name', name, 'type', 'bridge')}; "
            f"{on(case.destination_entry, 'ip', 'link', 'set', name, 'up')}   (and connect its uplink)",
        )


def _network(case: BetweenHosts, name: str) -> Iterator[Finding]:
    if name not in case.destination.networks:
        have = ", ".join(sorted(case.destination.networks)) or "no active network"
        yield case.blocker(
            _NAME,
            f"{case.guest.name} is on libvirt's network {name}; {case.to} has {have}",
            f"{virsh(case.destination_entry, 'net-start', name)}   (if it is not defined there: net-dumpxml at the "
            "source, net-define at the destination)",
        )


RULE = Rule(name=_NAME, title="The destination has the guest's bridges and networks.", examine=_examine)
