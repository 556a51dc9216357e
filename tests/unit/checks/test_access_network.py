"""The rules about logging in, names, clocks, the guest's network and the migration network."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.checks import (
    address_present,
    bonding,
    bridge_down,
    bridge_mtu,
    bridge_uplink,
    bridge_vlan,
    clock_skew,
    link_speed,
    macvtap_parent,
    migration_network,
    migration_port,
    mtu_equal,
    name_resolution,
    network_present,
    path_mtu,
    peer_return,
    rdma_device,
    rdma_limits,
    route,
    single_queue,
    ssh_login,
    tls_certificate,
)
from orchestrator.checks.interfaces import below
from orchestrator.checks.runner import run
from orchestrator.model.cabling import PathMtu, PortAnswer, RdmaDevice, Route
from orchestrator.model.command import StartNetwork
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Remedy
from orchestrator.model.guest import Nic
from orchestrator.model.machine import Clock
from orchestrator.model.policy import Policy
from orchestrator.model.services import Certificate, DaemonSettings, VirtualNetwork
from tests.unit.checks.builders import SILENT, TODAY, at_host, case, guest, host, interface, link, on_link, settings
from tests.unit.checks.rows import Row, hold, no, noted, ok, proven, undecided, warn

WHY = Unknown(why="the script broke off", code="host.shell", leg="controller to kvm02, ssh")
CUT = Unknown(why="the address answers no ping at all", code="host.path", leg="kvm01 to kvm02")
ELSEWHERE = "fast"  # no host has an address there
NOON = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)


# Logging in


def back(**changes):
    return on_link(back=link("kvm02", "kvm01", **changes))


def certificate(role, name="", **changes):
    ordinary = Certificate(
        role=role,
        use="libvirt",
        path=f"/etc/pki/libvirt/{role}cert.pem",
        subject=f"CN={name or role}",
        names=frozenset({name} if name else ()),
        not_before=NOON - timedelta(days=100),
        not_after=NOON + timedelta(days=100),
        ca_fingerprint="aa:bb",
        trusted=True,
    )
    return replace(ordinary, **changes)


def pki(name, **changes):
    """What a host has; changes by role."""
    ordinary = {
        **({"first": changes.pop("first")} if "first" in changes else {}),
        "ca": certificate("ca"),
        "server": certificate("server", f"{name}.lan"),
        "client": certificate("client"),
    }
    return host(name, certificates=tuple((ordinary | changes).values()))


def secured(here=None, there=None, **changes):
    """Two hosts with certificates, between which no log-in has worked yet."""
    ordinary = {"link": link(peer=SILENT), "back": None}
    return on_link(source=here or pki("kvm01"), destination=there or pki("kvm02"), **(ordinary | changes))


def addressed(uri):
    """The destination under another URI."""
    made = settings()
    entries = {name: replace(e, peer_uri=uri) if name == "kvm02" else e for name, e in made.hosts.items()}
    return replace(made, hosts=entries)


def server(**changes):
    return certificate("server", "kvm02.lan", **changes)


EXPIRED = server(not_after=NOON - timedelta(days=1))
NO_FILE = Certificate(role="server", use="libvirt", path="/etc/pki/libvirt/servercert.pem", missing=True)
NAMELESS = certificate("ca", ca_fingerprint="")
MISNAMED = server(names=frozenset({"kvm09.lan", "10.0.1.9"}))
SSH = addressed("qemu+ssh://root@kvm02/system")
BARE_PKI = "qemu+tls://kvm02.lan/system?pkipath=/srv/pki"

LOGIN = {
    "shell answers": ok(ssh_login, at_host()),
    "shell not asked": ok(ssh_login, at_host(host("kvm01", bridges=Unknown(why="not asked", code="host.shell")))),
    "shell silent": warn(
        ssh_login, at_host(host("kvm01", bridges=WHY)), "controller to kvm02, ssh", "broke off", "ssh root@kvm01 true"
    ),
    "the way back": ok(peer_return, on_link()),
    "the way back was not looked at": ok(peer_return, on_link(back=None)),
    "no way back": warn(
        peer_return,
        back(peer=SILENT),
        "kvm02 cannot reach libvirt of kvm01",
        "(ferry to libvirt of kvm02): no answer within 10 s",
        "ssh root@kvm02",
    ),
    "no way back, and no connection named": warn(
        peer_return, back(peer=Unknown(why="refused")), "(libvirt of kvm02 to libvirt of kvm01): refused"
    ),
    "the way back leads elsewhere": warn(peer_return, back(peer="uuid-kvm09"), "uuid-kvm09", "peer_uri of kvm01"),
    "the way back was not tried": undecided(peer_return, back(peer=WHY), "broke off"),
    "certificates fit": ok(tls_certificate, secured()),
    "certificates not said": ok(tls_certificate, secured(host("kvm01"), host("kvm02"))),
    "certificates unread": undecided(
        tls_certificate, secured(there=host("kvm02", certificates=WHY)), "controller to kvm02"
    ),
    "certificates unread, no TLS": ok(tls_certificate, secured(there=host("kvm02", certificates=WHY), settings=SSH)),
    "certificates elsewhere": ok(
        tls_certificate, secured(there=pki("kvm02", server=EXPIRED), settings=addressed(BARE_PKI))
    ),
    "client certificate missing": no(
        tls_certificate,
        secured(pki("kvm01", client=certificate("client", missing=True))),
        "client certificate of kvm01",
        "does not exist",
        "/etc/pki/libvirt/clientcert.pem",
    ),
    "server certificate missing": no(
        tls_certificate, secured(there=pki("kvm02", server=NO_FILE)), "server certificate of kvm02", "does not exist"
    ),
    "certificates of QEMU are not libvirt's": ok(
        tls_certificate, secured(there=pki("kvm02", first=replace(NO_FILE, use="qemu")))
    ),
    "server certificate without dates": ok(
        tls_certificate, secured(there=pki("kvm02", server=server(not_before=None, not_after=None)))
    ),
    "server certificate of today": ok(tls_certificate, secured(there=pki("kvm02", server=server(not_before=NOON)))),
    "server certificate until today": warn(
        tls_certificate, secured(there=pki("kvm02", server=server(not_after=NOON))), "ends on 2026-11-21, in 0 days"
    ),
    "authority of the source not said": ok(tls_certificate, secured(pki("kvm01", ca=NAMELESS))),
    "authority of the destination not said": ok(tls_certificate, secured(there=pki("kvm02", ca=NAMELESS))),
    "authority of the source missing": ok(tls_certificate, secured(pki("kvm01", ca=replace(NO_FILE, role="none")))),
    "authority of the destination missing": ok(
        tls_certificate, secured(there=pki("kvm02", ca=replace(NO_FILE, role="none")))
    ),
    "client certificate of nobody": no(
        tls_certificate, secured(pki("kvm01", client=certificate("client", trusted=False))), "not signed", "openssl"
    ),
    "server certificate expired": no(
        tls_certificate, secured(there=pki("kvm02", server=EXPIRED)), "ended on 2026-11-20", "today is 2026-11-21"
    ),
    "server certificate not yet valid": no(
        tls_certificate,
        secured(there=pki("kvm02", server=server(not_before=NOON + timedelta(days=1)))),
        "holds from 2026-11-22",
    ),
    "client certificate ends soon": warn(
        tls_certificate,
        secured(pki("kvm01", client=certificate("client", not_after=NOON + timedelta(days=14)))),
        "ends on 2026-12-05, in 14 days",
    ),
    "client certificate ends in fifteen days": ok(
        tls_certificate, secured(pki("kvm01", client=certificate("client", not_after=NOON + timedelta(days=15))))
    ),
    "server certificate for another name": no(
        tls_certificate,
        secured(there=pki("kvm02", server=MISNAMED)),
        "is for 10.0.1.9, kvm09.lan",
        "connect to kvm02.lan",
        "qemu+tls://kvm02.lan/system",
    ),
    "name not verified": ok(
        tls_certificate,
        secured(there=pki("kvm02", server=MISNAMED), settings=addressed("qemu+tls://kvm02.lan/system?no_verify=1")),
    ),
    "server certificate for all names": ok(
        tls_certificate, secured(there=pki("kvm02", server=server(names=frozenset({"*.LAN"}))))
    ),
    "one star, two labels": no(
        tls_certificate,
        secured(
            there=pki("kvm02", server=server(names=frozenset({"*.lan"}))),
            settings=addressed("qemu+tls://kvm02.rack.lan/system"),
        ),
        "*.lan",
    ),
    "server certificate for the address": ok(
        tls_certificate,
        secured(
            there=pki("kvm02", server=server(names=frozenset({"FD00:0::2"}))),
            settings=addressed("qemu+tls://[fd00::2]:16514/system"),
        ),
    ),
    "two authorities": no(
        tls_certificate,
        secured(there=pki("kvm02", ca=certificate("ca", ca_fingerprint="cc:dd"))),
        "different certificate authorities",
        "fingerprint",
    ),
    "it expired, but the log-in works": warn(
        tls_certificate, secured(there=pki("kvm02", server=EXPIRED), link=link()), "ended on"
    ),
    "other files are configured, and the log-in works": ok(
        tls_certificate,
        secured(
            pki("kvm01", client=certificate("client", missing=True, not_after=NOON - timedelta(days=9))),
            pki("kvm02", server=MISNAMED),
            link=link(),
        ),
    ),
    "bad on the way back": warn(
        tls_certificate,
        secured(
            pki("kvm01", server=certificate("server", "kvm09.lan")),
            link=link(),
            back=link("kvm02", "kvm01", peer=SILENT),
        ),
        "could not come back",
        "kvm09.lan",
        "kvm01.lan",
    ),
}


# Clocks and names


def clocks(here, there, doubt=0.01):
    def at(ahead):
        return Clock(ahead_seconds=ahead, uncertainty_seconds=doubt)

    return on_link(source=host("kvm01", clock=at(here)), destination=host("kvm02", clock=at(there)))


def found(*addresses, **changes):
    return on_link(link=link(resolves=addresses, **changes))


CLOCKS_AND_NAMES = {
    "clocks agree": ok(clock_skew, on_link()),
    "clocks within what is allowed": ok(clock_skew, clocks(-0.25, 0.26)),
    "clocks apart by exactly what is allowed": ok(clock_skew, clocks(0, 0.5, doubt=0)),
    "clocks apart": warn(
        clock_skew, clocks(-0.25, 0.28), "-0.250 s", "+0.280 s", "0.530 s apart", "allows 0.500 s", "timedatectl"
    ),
    "clocks of a slow connection": ok(clock_skew, clocks(0, 2, doubt=0.8)),
    "a strict policy": warn(
        clock_skew,
        replace(clocks(0, 0.2), settings=settings(policy=Policy(name="strict", clock_skew=100))),
        "allows 0.100 s",
    ),
    "clock unread": undecided(clock_skew, on_link(destination=host("kvm02", clock=WHY)), "broke off"),
    "name found": ok(name_resolution, on_link()),
    "name not found, but the log-in works": noted(name_resolution, found(), "no address for kvm02", "getent ahosts"),
    "name not found": warn(name_resolution, found(peer=SILENT), "no address for kvm02"),
    "name is the source itself": warn(name_resolution, found("127.0.1.1", "10.0.2.2"), "127.0.1.1", "/etc/hosts"),
    "name is the source itself, IPv6": warn(name_resolution, found("::1"), "::1"),
    "name not looked for": undecided(name_resolution, on_link(link=link(resolves=WHY)), "broke off"),
}


# The guest's network

ON_BRIDGE = guest(nics=(Nic(kind="bridge", source="br0"),))
ON_NETWORK = guest(nics=(Nic(kind="network", source="default"),))
ON_SWITCH = guest(nics=(Nic(kind="bridge", source="ovs0", switch="openvswitch"),))
ON_PARENT = guest(nics=(Nic(kind="direct", source="eth0", mode="bridge"),))
TAGGED = guest(nics=(Nic(kind="bridge", source="br0", vlans=frozenset({10, 20})),))
LARGE = guest(nics=(Nic(kind="bridge", source="br0", mtu=9000),))
MAPPED = settings(policy=Policy(name="default", networks={"br0": "br-lan", "default": "lan"}))
LAN = VirtualNetwork(name="lan", active=True, autostart=True, bridge="virbr9")


def bridge(name="br0", **changes):
    return interface(name, kind="bridge", **changes)


def port(name="eth2", **changes):
    return interface(name, **({"master": "br0"} | changes))


def bridged(here, there, moving=ON_BRIDGE, **changes):
    """Both hosts with these interfaces."""
    made = case(moving, source=host("kvm01", moving, interfaces=here), **changes)
    return replace(made, destination=replace(made.destination, interfaces=there))


FILTERING = bridge(vlan_filtering=True)
UNREAD = {"destination": host("kvm02", interfaces=WHY)}
VNET = port("vnet0", kind="tap")

GUEST_NETWORK = {
    "a bridge by another name": no(
        network_present, case(ON_BRIDGE, settings=MAPPED), "br0 (there: br-lan, says the policy)", "name br-lan"
    ),
    "a bridge by another name, there": ok(
        network_present,
        case(ON_BRIDGE, settings=MAPPED, destination=host("kvm02", bridges=frozenset({"br-lan"}))),
    ),
    "a network by another name, there": ok(
        network_present, case(ON_NETWORK, settings=MAPPED, destination=host("kvm02", networks=(LAN,)))
    ),
    "a network by another name": no(network_present, case(ON_NETWORK, settings=MAPPED), "there: lan", "net-start lan"),
    "network inactive": no(
        network_present,
        case(
            ON_NETWORK,
            destination=host("kvm02", networks=(VirtualNetwork(name="default", active=False, autostart=False),)),
        ),
        "defined on kvm02 but not active",
        "net-start default",
    ),
    "switch there": ok(
        network_present,
        case(ON_SWITCH, destination=host("kvm02", interfaces=(interface("ovs0", kind="ovs-bridge"),))),
    ),
    "switch missing": no(network_present, case(ON_SWITCH), "Open vSwitch bridge ovs0", "ovs-vsctl add-br ovs0"),
    "a bridge of Linux where a switch is wanted": no(
        network_present,
        case(ON_SWITCH, destination=host("kvm02", interfaces=(bridge("ovs0"),), bridges=frozenset({"ovs0"}))),
        "an interface of kind bridge of that name",
    ),
    "switch unread": undecided(network_present, case(ON_SWITCH, **UNREAD), "broke off"),
    "a card of a device's rule": ok(network_present, case(guest(nics=(Nic(kind="vhostuser", source=None),)))),
    "a card of an unknown kind": warn(
        network_present, case(guest(nics=(Nic(kind="ethernet", source="tap7"),))), "ethernet on tap7"
    ),
    "a macvtap card is another rule's": ok(network_present, case(ON_PARENT)),
    "parent there": ok(macvtap_parent, case(ON_PARENT, destination=host("kvm02", interfaces=(interface("eth0"),)))),
    "parent missing": no(
        macvtap_parent,
        case(ON_PARENT, destination=host("kvm02", interfaces=(interface("ens3"), bridge()))),
        "no interface eth0 (it has ens3)",
    ),
    "parent without a link": warn(
        macvtap_parent,
        case(ON_PARENT, destination=host("kvm02", interfaces=(interface("eth0", up=False),))),
        "no link",
        "ip link set eth0 up",
    ),
    "parent unread": undecided(macvtap_parent, case(ON_PARENT, **UNREAD), "broke off"),
    "no parent, unread": ok(macvtap_parent, case(ON_BRIDGE, **UNREAD)),
    "parent without a name": ok(macvtap_parent, case(guest(nics=(Nic(kind="direct", source=None),)))),
    "alike bridges": ok(bridge_vlan, case(ON_BRIDGE)),
    "filtering here only": warn(
        bridge_vlan, bridged((FILTERING,), (bridge(),)), "br0 of kvm01", "does not filter VLANs", "bridge vlan show"
    ),
    "filtering there only": warn(bridge_vlan, bridged((bridge(),), (FILTERING,)), "br0 of kvm02 filters VLANs"),
    "VLANs pass": ok(bridge_vlan, bridged((FILTERING,), (FILTERING, port(vlans=frozenset({1, 10, 20}))), TAGGED)),
    "a VLAN does not pass": warn(
        bridge_vlan,
        bridged(
            (FILTERING,), (FILTERING, port(vlans=frozenset({1, 10})), replace(VNET, vlans=frozenset({20}))), TAGGED
        ),
        "VLAN 20 on br0",
        "lets through 1, 10",
    ),
    "VLANs where nothing filters": ok(
        bridge_vlan, bridged((bridge(),), (bridge(), port(vlans=frozenset({1}))), TAGGED)
    ),
    "VLANs not said": ok(bridge_vlan, bridged((FILTERING,), (FILTERING, port()), TAGGED)),
    "VLANs unread": undecided(bridge_vlan, case(TAGGED, **UNREAD), "broke off"),
    "no card, unread": ok(bridge_vlan, case(**UNREAD)),
    "VLANs of a bridge that is not here": ok(bridge_vlan, bridged((), (FILTERING,))),
    "bridge missing is network-present's": ok(bridge_vlan, bridged((FILTERING,), ())),
    "MTU of the card": ok(bridge_mtu, bridged((), (bridge(mtu=9000),), LARGE)),
    "MTU of a bridge that is not there": ok(bridge_mtu, bridged((bridge(),), (), LARGE)),
    "MTU of a bridge that is not here": ok(bridge_mtu, bridged((), (bridge(),))),
    "same MTU": ok(bridge_mtu, case(ON_BRIDGE)),
    "larger MTU there": ok(bridge_mtu, bridged((bridge(),), (bridge(mtu=9000),))),
    "smaller MTU there": warn(
        bridge_mtu, bridged((bridge(mtu=9000),), (bridge(),)), "MTU of 9000", "br0 of kvm02 has 1500", "mtu 9000"
    ),
    "smaller MTU than the card's": no(
        bridge_mtu, bridged((bridge(mtu=9000),), (bridge(),), LARGE), "MTU of 9000", "has 1500"
    ),
    "smaller MTU on a libvirt network's bridge": warn(
        bridge_mtu,
        bridged((bridge("virbr0", mtu=9000),), (bridge("virbr0"),), ON_NETWORK),
        "virbr0 of kvm02 has 1500",
    ),
    "smaller MTU under another name": warn(
        bridge_mtu,
        bridged((bridge(mtu=9000),), (bridge("br-lan"),), settings=MAPPED),
        "br-lan of kvm02 has 1500",
    ),
    "MTU unread": undecided(bridge_mtu, case(ON_BRIDGE, **UNREAD), "broke off"),
    "MTU unread, card inside QEMU": ok(
        bridge_mtu, case(guest(nics=(Nic(kind="user", source=None),)), source=host("kvm01", interfaces=WHY))
    ),
    "MTU unread, card of a device called as a network": ok(
        bridge_mtu, case(guest(nics=(Nic(kind="direct", source="default"),)), **UNREAD)
    ),
    "MTU unread, no card": ok(bridge_mtu, case(**UNREAD)),
    "the bridge there is up": ok(bridge_down, bridged((bridge(),), (bridge(),))),
    "the bridge there has no link yet": ok(bridge_down, bridged((bridge(),), (replace(bridge(), up=False),))),
    "the bridge there is down": no(
        bridge_down,
        bridged((bridge(),), (replace(bridge(), up=False, enabled=False),)),
        "is down",
        "ip link set br0 up",
    ),
    "the bridge is not there": ok(bridge_down, bridged((bridge(),), ())),
    "whether the bridge is up is not known": undecided(bridge_down, case(ON_BRIDGE, **UNREAD), "broke off"),
    "uplinks on both": ok(bridge_uplink, bridged((bridge(), port()), (bridge(), port("veth3", kind="veth"), VNET))),
    "no uplink on either": ok(bridge_uplink, bridged((bridge(), VNET), (bridge(), VNET))),
    "uplink of a bridge that is not there": ok(bridge_uplink, bridged((bridge(), port()), ())),
    "uplink of a bridge that is not here": ok(bridge_uplink, bridged((port(),), (bridge(),))),
    "uplink there only": ok(bridge_uplink, bridged((bridge(),), (bridge(), port()))),
    "no uplink there": warn(
        bridge_uplink,
        bridged((bridge(), port(), VNET), (bridge(), VNET, port(up=False))),
        "leads out through eth2",
        "br0 of kvm02 has no uplink",
        "ip link show master br0",
    ),
    "uplink unread": undecided(bridge_uplink, case(ON_BRIDGE, **UNREAD), "broke off"),
    "uplink unread, no card": ok(bridge_uplink, case(**UNREAD)),
}


# The migration network


def cabled(**changes):
    """A host whose migration interface is different."""
    return at_host(host("kvm01", interfaces=(interface("eth1", **({"addresses": ("10.0.2.1",)} | changes)),)))


def stacked(*interfaces):
    """A host with these interfaces, the first of which has the migration address."""
    top, *others = interfaces
    return at_host(host("kvm01", interfaces=(*others, replace(top, addresses=("10.0.2.1",)))))


VLAN = interface("bond0.5", kind="vlan", lower="bond0")
LINKS = interface("bond0", kind="bond", speed_mbit=20_000, bond_mode="802.3ad", bond_hash="layer3+4")
ENO = interface("eno1", master="bond0", speed_mbit=10_000, duplex="full", queues=8)
ENP = replace(ENO, name="enp2")
NO_INTERFACES = at_host(host("kvm01", interfaces=WHY))
AWAY = at_host(host("kvm01", interfaces=WHY), network=ELSEWHERE)  # no address there: nothing to read
BOND = {"kind": "bond", "speed_mbit": 20_000}
IPV6 = settings()
IPV6 = replace(IPV6, hosts={n: replace(e, addresses={"migration": f"fd00::{n[-1]}"}) for n, e in IPV6.hosts.items()})
FILES = ("/dev/infiniband/rdma_cm", "/dev/infiniband/uverbs0")
RDMA = RdmaDevice(name="mlx5_0", interface="eth1", state="ACTIVE", link_layer="Ethernet", files=FILES)


def rdma(*devices, **changes):
    return at_host(host("kvm01", rdma=devices, **changes))


def limited(**changes):
    return rdma(RDMA, daemon=DaemonSettings(**({"cgroup_device_acl": ("/dev/null", *FILES)} | changes)))


def limited_to(device):
    return rdma(device, daemon=DaemonSettings(memlock_bytes=1))


def without(name):
    """The configuration in which that host has no address."""
    made = settings()
    return replace(made, hosts={n: replace(e, addresses={}) if n == name else e for n, e in made.hosts.items()})


def mtus(here, there):
    return on_link(
        source=host("kvm01", interfaces=(interface("eth1", addresses=("10.0.2.1",), mtu=here),)),
        destination=host("kvm02", interfaces=(interface("ens5", addresses=("10.0.2.2/24",), mtu=there),)),
    )


MIGRATION_NETWORK = {
    "address there": ok(address_present, at_host()),
    "address with a prefix length": ok(address_present, cabled(addresses=("10.0.2.1/24",))),
    "address spelled otherwise": ok(address_present, replace(cabled(addresses=("fd00:0:0::1%eth1",)), settings=IPV6)),
    "no address configured is migration-address's": ok(address_present, AWAY),
    "address on no interface": no(
        address_present, cabled(addresses=("10.0.2.11",)), "10.0.2.1 on", "eth1 10.0.2.11", "ferry.yaml", "ip -brief"
    ),
    "address on an interface that is down": no(
        address_present, cabled(up=False, enabled=False), "eth1", "which is down", "ip link set eth1 up"
    ),
    "address on an interface without a link": no(
        address_present, cabled(up=False), "is on the interface eth1, which has no link", "LOWER_UP: ssh root@kvm01"
    ),
    "address unread": undecided(address_present, NO_INTERFACES, "broke off"),
    "route as intended": ok(route, on_link()),
    "one of several networks": ok(migration_network, on_link()),
    "none of several networks": no(
        migration_network,
        on_link(refused=("fast: migration-port: filtered", "slow: route: through eth0")),
        "(2 in question)",
        "on_missing: fail",
        "fast: migration-port: filtered",
        "ferry network explain kvm01 kvm02",
    ),
    "another network for that of migrations": warn(
        migration_network,
        on_link(refused=("fast: migration-port: filtered",), instead="management"),
        "memory would travel over management",
    ),
    "route from an address of the host as a whole": ok(
        route,
        on_link(
            source=host("kvm01", interfaces=(interface("dummy0", kind="dummy", addresses=("10.0.2.1/32",)),)),
            link=link(route=Route(device="eth0", source_address="10.0.2.1", via="10.0.1.254")),
        ),
    ),
    "route another way": no(
        route,
        on_link(link=link(route=Route(device="eth0", source_address="10.0.1.1", via="10.0.1.254"))),
        "through eth0 via 10.0.1.254 from 10.0.1.1",
        "10.0.2.1, is on the interface eth1",
        "ip route get 10.0.2.2",
    ),
    "route of a host without its address": ok(
        route, on_link(source=host("kvm01", interfaces=()), link=link(route=Route(device="e", source_address="")))
    ),
    "route without addresses": ok(route, on_link(network=ELSEWHERE, link=link(route=WHY))),
    "route from no address": ok(route, on_link(settings=without("kvm01"), link=link(route=WHY))),
    "route to no address": ok(route, on_link(settings=without("kvm02"), link=link(route=WHY))),
    "route unread": undecided(route, on_link(link=link(route=WHY)), "broke off"),
    "interfaces unread for the route": undecided(route, on_link(source=host("kvm01", interfaces=WHY)), "broke off"),
    "full packets arrive": ok(path_mtu, on_link()),
    "full packets do not arrive": no(
        path_mtu,
        on_link(link=link(path_mtu=PathMtu(mtu=9000, passes=False, detail="message too long"))),
        "9000 bytes",
        "10.0.2.2 of kvm02 (message too long)",
        "ping -M do -c 1 -s 8972 10.0.2.2",
    ),
    "full packets do not arrive over IPv6": no(
        path_mtu,
        on_link(settings=IPV6, link=link(path_mtu=PathMtu(mtu=9000, passes=False))),
        "-s 8952 fd00::2",
    ),
    "packets to no address": ok(path_mtu, on_link(network=ELSEWHERE, link=link(path_mtu=WHY))),
    "packets not sent": undecided(path_mtu, on_link(link=link(path_mtu=WHY)), "broke off", "ssh root@kvm02 true"),
    "a cut cable": undecided(
        path_mtu,
        on_link(link=link(path_mtu=CUT)),
        "answers no ping",
        "cable, switch port and address at both ends",
        "ssh root@kvm01 'ip -brief address'; ssh root@kvm02 'ip -brief address'",
        "ferry explain host.path",
    ),
    "MTUs equal": ok(mtu_equal, mtus(9000, 9000)),
    "MTUs differ": warn(
        mtu_equal, mtus(9000, 1500), "eth1 of kvm01 has an MTU of 9000, ens5 of kvm02 one of 1500", "ip link show ens5"
    ),
    "MTU of an address that is nowhere": ok(mtu_equal, on_link(destination=host("kvm02", interfaces=()))),
    "MTUs without addresses": ok(mtu_equal, on_link(network=ELSEWHERE, source=host("kvm01", interfaces=WHY))),
    "MTU of no address here": ok(mtu_equal, on_link(settings=without("kvm01"), source=host("kvm01", interfaces=WHY))),
    "MTU of no address there": ok(mtu_equal, on_link(settings=without("kvm02"), source=host("kvm01", interfaces=WHY))),
    "MTU of the source's address that is nowhere": ok(mtu_equal, on_link(source=host("kvm01", interfaces=()))),
    "MTUs unread": undecided(mtu_equal, on_link(destination=host("kvm02", interfaces=WHY)), "broke off"),
    "full speed": ok(link_speed, at_host()),
    "speed not said": ok(link_speed, cabled()),
    "slow emulated interface": ok(link_speed, cabled(kind="veth", speed_mbit=100)),
    "just fast enough": ok(link_speed, cabled(speed_mbit=1000, duplex="full")),
    "slow": warn(link_speed, cabled(speed_mbit=100, duplex="full"), "at 100 Mbit/s;", "ethtool eth1"),
    "slow and half duplex": warn(link_speed, cabled(speed_mbit=10, duplex="half"), "10 Mbit/s and in half duplex"),
    "full speed below a VLAN on a bond": ok(link_speed, stacked(VLAN, LINKS, ENO, ENP)),
    "slow below a VLAN on a bond": warn(
        link_speed,
        stacked(VLAN, LINKS, ENO, replace(ENP, speed_mbit=100)),
        "enp2 of kvm01, below its interface on the migration network migration, runs at 100 Mbit/s",
        "ethtool enp2",
    ),
    "slow below a bridge": warn(
        link_speed,
        stacked(bridge(), port("eth2", speed_mbit=10), replace(VNET, speed_mbit=10)),
        "eth2 of kvm01, below",
    ),
    "slow beside the bridge": ok(link_speed, stacked(bridge(), interface("eth2", speed_mbit=10))),
    "slow bond whose ports are not seen": warn(
        link_speed, cabled(kind="bond", speed_mbit=100), "eth1 of kvm01, its interface on", "at 100 Mbit/s"
    ),
    "slow bond of a slow port is one finding": warn(
        link_speed, stacked(VLAN, replace(LINKS, speed_mbit=100), replace(ENO, speed_mbit=100)), "eno1 of kvm01"
    ),
    "slow container below a bridge": ok(link_speed, stacked(bridge(), port("veth3", kind="veth", speed_mbit=10))),
    "a VLAN upon itself": ok(link_speed, stacked(replace(VLAN, lower="bond0.5"))),
    "a VLAN upon what is not seen": ok(link_speed, stacked(VLAN)),
    "speed unread": undecided(link_speed, NO_INTERFACES, "broke off"),
    "speed of another network": ok(link_speed, AWAY),
    "no bond": ok(bonding, at_host()),
    "a spreading bond": ok(bonding, cabled(**BOND, bond_mode="802.3ad", bond_hash="layer3+4")),
    "a bond that spreads tunnels": ok(bonding, cabled(**BOND, bond_mode="balance-xor", bond_hash="encap3+4")),
    "a bond with a hash nobody knows": ok(bonding, cabled(**BOND, bond_mode="balance-xor")),
    "a bond nobody knows": ok(bonding, cabled(**BOND)),
    "active-backup": noted(
        bonding, cabled(**BOND, bond_mode="active-backup", bond_hash="layer3+4"), "active-backup:", "layer3+4"
    ),
    "spread by address only": noted(
        bonding, cabled(**BOND, bond_mode="802.3ad", bond_hash="layer2"), "802.3ad and hash layer2:"
    ),
    "a spreading bond below a VLAN": ok(bonding, stacked(VLAN, LINKS, ENO, ENP)),
    "a bond of one link below a VLAN": noted(
        bonding,
        stacked(VLAN, replace(LINKS, bond_mode="active-backup"), ENO),
        "bond0 of kvm01, below its interface on the migration network migration, is a bond of mode active-backup",
        "/proc/net/bonding/bond0",
    ),
    "a bond of one link below a bridge": noted(
        bonding, stacked(bridge(), replace(LINKS, master="br0", bond_mode="active-backup")), "bond0 of kvm01, below"
    ),
    "bond of another network": ok(bonding, AWAY),
    "bond unread": undecided(bonding, NO_INTERFACES, "broke off"),
    "many queues": ok(single_queue, at_host()),
    "one queue": warn(
        single_queue, cabled(speed_mbit=10_000, queues=1), "10000 Mbit/s with a single queue", "ethtool -L eth1"
    ),
    "one queue below a VLAN on a bond": warn(
        single_queue,
        stacked(VLAN, LINKS, ENO, replace(ENP, queues=1)),
        "enp2 of kvm01, below its interface",
        "ethtool -L enp2",
    ),
    "many queues below a VLAN on a bond": ok(single_queue, stacked(VLAN, LINKS, ENO, ENP)),
    "one queue of a slow card": ok(single_queue, cabled(speed_mbit=1000, queues=1)),
    "one queue of an emulated card": ok(single_queue, cabled(kind="veth", speed_mbit=10_000, queues=1)),
    "queues not said": ok(single_queue, cabled(speed_mbit=25_000)),
    "one queue for one processor": ok(single_queue, at_host(replace(cabled(speed_mbit=10_000, queues=1).host, cpus=1))),
    "one queue of a card whose speed nobody knows": ok(single_queue, cabled(queues=1)),
    "one queue for two processors": warn(
        single_queue, at_host(replace(cabled(speed_mbit=10_000, queues=1).host, cpus=2)), "combined 2"
    ),
    "queues of another network": ok(single_queue, AWAY),
    "queues unread": undecided(single_queue, NO_INTERFACES, "broke off"),
    "no RDMA": ok(rdma_device, at_host()),
    "no RDMA, interfaces unread": ok(rdma_device, NO_INTERFACES),
    "RDMA": ok(rdma_device, rdma(RDMA)),
    "RDMA down": warn(rdma_device, rdma(replace(RDMA, state="DOWN")), "mlx5_0", "DOWN, not ACTIVE", "rdma link show"),
    "RDMA down elsewhere": ok(rdma_device, rdma(replace(RDMA, state="DOWN", interface="eth9"))),
    "RDMA without files": warn(
        rdma_device, rdma(replace(RDMA, files=FILES[1:])), "/dev/infiniband/rdma_cm of what", "modprobe"
    ),
    "RDMA without verbs": warn(rdma_device, rdma(replace(RDMA, files=FILES[:1])), "uverbsN"),
    "RDMA of another network": ok(rdma_device, replace(rdma(replace(RDMA, state="DOWN")), network=ELSEWHERE)),
    "RDMA unread": undecided(rdma_device, at_host(host("kvm01", rdma=WHY)), "broke off"),
    "RDMA allowed": ok(rdma_limits, limited()),
    "no RDMA, nothing to allow": ok(rdma_limits, at_host(host("kvm01", daemon=WHY))),
    "RDMA without files is rdma-device's": ok(rdma_limits, limited_to(replace(RDMA, files=()))),
    "RDMA that cannot be used": ok(rdma_limits, rdma(replace(RDMA, state="DOWN"))),
    "RDMA not in the list": noted(
        rdma_limits, limited(cgroup_device_acl=("/dev/null", FILES[0])), "open /dev/infiniband/uverbs0:", "qemu.conf"
    ),
    "RDMA, no list": noted(rdma_limits, limited(cgroup_device_acl=None), "not set"),
    "RDMA, little memory to lock": noted(rdma_limits, limited(memlock_bytes=64 * 2**20), "lock 64 MiB"),
    "RDMA, daemon unread": undecided(rdma_limits, rdma(RDMA, daemon=WHY), "broke off"),
    "ports as configured": no(
        migration_port,
        on_link(
            destination=host("kvm02", daemon=DaemonSettings(port_min=50_000, port_max=50_099)),
            link=link(ports=(PortAnswer(address="10.0.2.2", port=50_000, result="filtered"),)),
        ),
        "listens on one of 50000-50099",
        "Let tcp 50000-50099",
    ),
    "ports where the daemon's settings are unread": no(
        migration_port,
        on_link(
            destination=host("kvm02", daemon=WHY),
            link=link(ports=(PortAnswer(address="10.0.2.2", port=49_152, result="filtered"),)),
        ),
        "49152-49215",
    ),
    "a port that is well": ok(migration_port, on_link()),
}

ROWS = {**LOGIN, **CLOCKS_AND_NAMES, **GUEST_NETWORK, **MIGRATION_NETWORK}
# ssh-login is about what is unknown; migration-port says itself what it could not decide (test_rules).
NEVER_UNDECIDED = {"ssh-login", "migration-port", "migration-network"}


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_rule(row: Row) -> None:
    hold(row)


def test_no_case_has_been_replaced_by_another_of_its_name() -> None:
    assert len(ROWS) == len(LOGIN) + len(CLOCKS_AND_NAMES) + len(GUEST_NETWORK) + len(MIGRATION_NETWORK)


def test_every_rule_passes_fails_and_lacks_a_fact() -> None:
    for rule, outcomes in proven(ROWS.values()).items():
        assert outcomes == {"pass", "fail"} | (set() if rule in NEVER_UNDECIDED else {"unknown"}), rule


def test_a_network_that_is_defined_can_be_started_a_missing_one_not() -> None:
    (inactive,) = run((network_present.RULE,), GUEST_NETWORK["network inactive"].case)
    (missing,) = run((network_present.RULE,), GUEST_NETWORK["a network by another name"].case)
    assert inactive.remedy == Remedy(host="kvm02", repair=StartNetwork(network="default"))
    assert missing.remedy is None


def test_what_guests_have_in_a_bridge_is_not_below_it() -> None:
    assert below((VNET, port(), bridge()), bridge()) == (bridge(), port())


def test_two_cards_on_one_bridge_are_one_finding() -> None:
    moving = guest(nics=(*ON_BRIDGE.nics, *LARGE.nics))
    here, there = (bridge(mtu=9000), port()), (bridge(vlan_filtering=True),)
    found = run((bridge_mtu.RULE, bridge_vlan.RULE, bridge_uplink.RULE), bridged(here, there, moving))
    assert [(one.check, one.severity) for one in found] == [
        ("bridge-mtu", "blocker"),
        ("bridge-vlan", "warning"),
        ("bridge-uplink", "warning"),
    ]
