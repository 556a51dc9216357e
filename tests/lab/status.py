"""`./lab status`: the hosts of a lab, their links and their guests, as they are now."""

from typing import TYPE_CHECKING

from tests.lab import cabling, namespaces

if TYPE_CHECKING:
    from tests.lab.namespace_lab import NamespaceLab


def show(lab: "NamespaceLab") -> int:
    """Answers 0 when every host is up, 1 when not."""
    if not lab.is_up() and not namespaces.of_lab(lab.place):
        print(f"lab {lab.place.name} is down")
        return 1
    guests = lab.guests_everywhere()
    for host in lab.hosts():
        suite = lab.topology.hosts[host].suite
        print(f"{host}  {suite:9} {'up  ' if host in guests else 'DOWN'}  {_links(lab, host)}")
        for guest in guests.get(host, ()):
            print(f"       {guest.name}: {guest.state}")
    print(f"controller: ./lab ferry …, ./lab shell controller; namespace {lab.place.switch_namespace}")
    print(f"settings:   {lab.place.ferry_config}, {lab.place.ssh_config}")
    return 0 if len(guests) == len(lab.hosts()) else 1


def _links(lab: "NamespaceLab", host: str) -> str:
    words = []
    for network in lab.topology.networks.values():
        rate = cabling.rate_of(lab.place, host, network)
        note = f" ({rate})" if rate else ""
        if not cabling.has_carrier(lab.place, host, network):
            note = " (CUT)"
        words.append(f"{network.name} {lab.topology.address(host, network.name)}{note}")
    return ", ".join(words)
