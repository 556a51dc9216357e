"""Switches and cables: the bridges of a lab, the links of its hosts, and how fast or broken a link is."""

from collections.abc import Iterable, Iterator

from tests.lab import namespaces
from tests.lab.place import Place
from tests.lab.process import checked
from tests.lab.topology import CONTROLLER_NUMBER, ROUTER_NUMBER, Network, Topology

# Enough for one tick's worth at several Gbit/s; much less and tbf cannot reach the rate it was given.
_BURST = "512kb"
_LATENCY = "50ms"
_AT_ONCE = "nodad"  # an IPv6 address that waits for nobody to object: there is nobody else


def build_switches(place: Place, topology: Topology) -> None:
    """One bridge a network, and the controller's addresses on those where it has a place."""
    lines = ["link set lo up"]
    for network in topology.networks.values():
        lines += _switch(network)
        if network.controller:
            lines.append(f"addr add {network.with_prefix(CONTROLLER_NUMBER)} dev {network.name}")
            if network.cidr6:
                lines.append(f"addr add {network.with_prefix6(CONTROLLER_NUMBER)} dev {network.name} {_AT_ONCE}")
    # ferry has no way to these addresses; the hosts have, across the switch.
    away = (host for host in topology.hosts.values() if host.ipv6_only or host.behind)
    lines += [f"route add unreachable {topology.address(host.name, 'management')}/32" for host in away]
    namespaces.batch(place.switch_namespace, lines)


def plug_in(place: Place, topology: Topology, host: str) -> None:
    """Gives a host its links, addresses and rates."""
    there = topology.hosts[host]
    _connect(place, host, topology.networks.values(), there.number)
    for network in topology.networks.values():
        if there.ipv6_only and network.cidr6:
            address = f"{network.with_prefix6(there.number)} dev {network.interface} {_AT_ONCE}"
            namespaces.batch(place.host_namespace(host), [f"addr add {address}"])
        rate = topology.rate(host, network.name)
        if rate:
            set_rate(place, host, network, rate)


def plug_in_jump_host(place: Place, topology: Topology, name: str) -> None:
    """It has a link to the management network only."""
    _connect(place, name, [topology.networks["management"]], topology.jump_hosts[name].number)


def plug_in_network(place: Place, topology: Topology, network: Network) -> None:
    """One more network for hosts that run: its switches, its router if it has one, and everybody's links."""
    for side in network.sides():
        namespaces.batch(place.switch_namespace, _switch(side))
    if network.beyond:
        _add_router(place, network)
    for host, there in topology.hosts.items():
        _connect(place, host, [network.at(host)], there.number)
        if network.beyond:
            here, other = sorted(network.sides(), key=lambda side: side != network.at(host))
            route = f"route add {other.cidr} via {here.address(ROUTER_NUMBER)} dev {network.interface}"
            namespaces.batch(place.host_namespace(host), [route])
        if rate := topology.rate(host, network.name):
            set_rate(place, host, network, rate)


def unplug_network(place: Place, topology: Topology, network: Network) -> None:
    """Takes away all that belongs to it; routes and filters of its devices go along."""
    if network.beyond:
        namespaces.remove(place.host_namespace(_router(network)))
    cables = [f"link delete {_switch_end(host, network)}" for host in topology.hosts]
    namespaces.batch(place.switch_namespace, [*cables, *(f"link delete {side.name}" for side in network.sides())])


def _router(network: Network) -> str:
    return f"router-{network.name}"


def _add_router(place: Place, network: Network) -> None:
    """A namespace without processes: the kernel alone forwards."""
    inside = place.host_namespace(_router(network))
    namespaces.add(inside)
    outer, inner = [], ["link set lo up"]
    for number, side in enumerate(network.sides()):
        outer.append(f"link add {side.name}-rt type veth peer name side{number} netns {inside}")
        outer.append(f"link set {side.name}-rt master {side.name} up")
        inner += [f"link set side{number} up", f"addr add {side.with_prefix(ROUTER_NUMBER)} dev side{number}"]
    namespaces.batch(place.switch_namespace, outer)
    namespaces.batch(inside, inner)
    forward = "echo 1 > /proc/sys/net/ipv4/ip_forward"
    checked(["nsenter", f"--net={place.namespace_file(inside)}", "--", "sh", "-c", forward])


def _switch(network: Network) -> list[str]:
    return [f"link add {network.name} type bridge forward_delay 0", f"link set {network.name} up"]


def _connect(place: Place, machine: str, networks: Iterable[Network], number: int) -> None:
    inside = place.host_namespace(machine)
    outer, inner = [], ["link set lo up"]
    for network in networks:
        cable = _switch_end(machine, network)
        outer.append(f"link add {cable} type veth peer name {network.interface} netns {inside}")
        outer.append(f"link set {cable} master {network.name} up")
        inner += _host_end(network, number)
    namespaces.batch(place.switch_namespace, outer)
    namespaces.batch(inside, inner)


def _host_end(network: Network, number: int) -> Iterator[str]:
    if network.bridge:
        yield f"link add {network.bridge} type bridge forward_delay 0"
        yield f"link set {network.interface} master {network.bridge}"
        yield f"link set {network.bridge} up"
    yield f"link set {network.interface} up"
    at_once = f" {_AT_ONCE}" if network.cidr.version == 6 else ""
    yield f"addr add {network.with_prefix(number)} dev {network.bridge or network.interface}{at_once}"


def set_rate(place: Place, host: str, network: Network, rate: str | None) -> None:
    """Shapes what the host sends, which is what a peer of it receives; None sets it free."""
    control = ["tc", "-netns", place.host_namespace(host), "qdisc"]
    if rate is None:
        checked([*control, "replace", "dev", network.interface, "root", "noqueue"])
        return
    shape = ["root", "tbf", "rate", rate, "burst", _BURST, "latency", _LATENCY]
    checked([*control, "replace", "dev", network.interface, *shape])


def rate_of(place: Place, host: str, network: Network) -> str | None:
    """The rate in force, in tc's words; None when the link is not shaped."""
    command = ["tc", "-netns", place.host_namespace(host), "qdisc", "show", "dev", network.interface, "root"]
    words = checked(command).split()
    return words[words.index("rate") + 1] if "rate" in words else None


def set_carrier(place: Place, host: str, network: Network, *, up: bool) -> None:
    """Pulls or plugs the cable at the switch: the host sees its carrier go, as with a real one."""
    state = "up" if up else "down"
    checked(["ip", "-netns", place.switch_namespace, "link", "set", _switch_end(host, network), state])


def has_carrier(place: Place, host: str, network: Network) -> bool:
    command = ["ip", "-netns", place.switch_namespace, "-brief", "link", "show", _switch_end(host, network)]
    return ",UP" in checked(command)


def _switch_end(host: str, network: Network) -> str:
    return f"{host}-{network.interface}"
