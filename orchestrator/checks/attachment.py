"""Which Linux bridges a guest's network cards are on, and which they would be on at the destination."""

from collections.abc import Iterator
from dataclasses import dataclass

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.interfaces import named
from orchestrator.checks.rule import known
from orchestrator.model.cabling import Interface
from orchestrator.model.facts import HostFacts
from orchestrator.model.guest import Nic


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A network card between two bridges. What one of the hosts does not have is None; another rule is about that."""

    nic: Nic
    here: Interface | None
    there: Interface | None


def name_there(case: BetweenHosts, name: str) -> str:
    """What the policy says that a bridge or network is called at the destination."""
    return case.policy.networks.get(name, name)


def attachments(case: BetweenHosts) -> Iterator[Attachment]:
    """Each card that is on a bridge, directly or through a network of libvirt that names one."""
    for nic in case.guest.nics:
        here = _bridge(case.source, nic, nic.source)
        if here is None or nic.source is None:
            continue
        there = _bridge(case.destination, nic, name_there(case, nic.source))
        yield Attachment(
            nic=nic,
            here=named(known(case.source.interfaces), here),
            there=None if there is None else named(known(case.destination.interfaces), there),
        )


def _bridge(host: HostFacts, nic: Nic, source: str | None) -> str | None:
    if nic.kind == "bridge":
        return source
    if nic.kind == "network":
        return next((network.bridge for network in known(host.networks) if network.name == source), None)
    return None
