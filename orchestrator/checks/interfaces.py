"""Find interfaces of a host: by name, by address, by the bridge they belong to."""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address

from orchestrator.checks.case import AtHost
from orchestrator.checks.rule import known
from orchestrator.model.cabling import Interface
from orchestrator.model.host import HostEntry

_GUESTS = frozenset({"tap", "tun", "macvtap"})  # a guest is behind it, not the rest of the world


Interfaces = tuple[Interface, ...]


class _Same:
    """One very tuple of interfaces, equal to no other: a host with many guests has hundreds, not to be compared."""

    __slots__ = ("interfaces",)

    def __init__(self, interfaces: Interfaces) -> None:
        self.interfaces = interfaces

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.interfaces is other.interfaces

    def __hash__(self) -> int:
        return id(self.interfaces)


# Asked for each guest and each destination, thousands of times for one plan. The cache keeps the tuple, so its id too.
@lru_cache(maxsize=256)
def _by_name(host: _Same) -> Mapping[str, Interface]:
    return {one.name: one for one in host.interfaces}


@lru_cache(maxsize=256)
def _by_bridge(host: _Same) -> Mapping[str, Interfaces]:
    out = [(one.master, one) for one in host.interfaces if one.master and one.up and one.kind not in _GUESTS]
    return {bridge: tuple(one for master, one in out if master == bridge) for bridge, _ in out}


def named(interfaces: Interfaces, name: str) -> Interface | None:
    """The interface of that name."""
    return _by_name(_Same(interfaces)).get(name)


def uplinks(interfaces: Interfaces, bridge: str) -> Interfaces:
    """Interfaces in that bridge which are up and lead out of the host."""
    return _by_bridge(_Same(interfaces)).get(bridge, ())


def carrying(interfaces: Interfaces, address: str) -> Interface | None:
    """The interface that has this address."""
    wanted = plain(address)
    return next((one for one in interfaces if any(plain(has) == wanted for has in one.addresses)), None)


def for_migrations(interfaces: Interfaces, entry: HostEntry, network: str) -> Interface | None:
    """The interface that has the address configured for the migration network; None also where none is configured."""
    address = entry.addresses.get(network)
    return None if address is None else carrying(interfaces, address)


def own_interface(case: AtHost) -> Interface | None:
    """The host's own interface on the migration network. One that has no address there needs no interfaces read."""
    network = case.network
    if network not in case.entry.addresses:
        return None
    return for_migrations(known(case.host.interfaces), case.entry, network)


def below(interfaces: Interfaces, top: Interface) -> Interfaces:
    """That interface and all it rests on, down to the ports: VLAN, bond, bridge, card."""
    found, ahead = [top], [top]
    while ahead:
        one = ahead.pop()
        lower = named(interfaces, one.lower) if one.lower else None
        ports = [port for port in interfaces if port.master == one.name and port.kind not in _GUESTS]
        new = [each for each in (lower, *ports) if each is not None and each not in found]
        found += new
        ahead += new
    return tuple(found)


def own_way(case: AtHost) -> Interfaces:
    """The host's own interface on the migration network and all it rests on; without one nothing."""
    top = own_interface(case)
    return () if top is None else below(known(case.host.interfaces), top)


def place(case: AtHost, one: Interface) -> str:
    """What an interface of own_way is, in words."""
    network = f"its interface on the migration network {case.network}"
    return f"{one.name} of {case.host.name}, {'' if one is own_interface(case) else 'below '}{network}"


def plain(address: str) -> str:
    """An address in its usual spelling, without prefix length and zone."""
    bare = address.partition("/")[0].partition("%")[0]
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare
