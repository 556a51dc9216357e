"""How a host is connected: its interfaces, and the ways from one host to another."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Interface:
    """One network interface. kind: physical, bridge, ovs-bridge, bond, vlan, veth, tap, or what the kernel calls it.

    up: switched on, with a carrier. enabled: switched on. speed_mbit, duplex, queues (combined channels): None where
    nobody knows. master: the bridge or bond it belongs to. lower: the interface that a VLAN is set upon. vlans: ids
    that a filtering bridge lets through. bond_*: of a bond.
    """

    name: str
    kind: str
    up: bool
    mtu: int
    enabled: bool = True
    addresses: tuple[str, ...] = ()
    speed_mbit: int | None = None
    duplex: str | None = None
    queues: int | None = None
    master: str | None = None
    vlan_filtering: bool = False
    vlans: frozenset[int] = frozenset()
    bond_mode: str | None = None
    bond_hash: str | None = None
    lower: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RdmaDevice:
    """An RDMA device: state ACTIVE when usable. files: the character devices that QEMU must open."""

    name: str
    interface: str
    state: str
    link_layer: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PortAnswer:
    """A connection tried from the source to `address:port`: `open`, `refused`, `filtered`, `unroutable`."""

    address: str
    port: int
    result: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Which way the source's kernel sends what is meant for the destination's address."""

    device: str
    source_address: str
    via: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathMtu:
    """Whether packets of the route's whole MTU arrive although they must not be split."""

    mtu: int
    passes: bool
    detail: str = ""
