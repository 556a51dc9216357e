"""The only translation of a Transport into libvirt's words."""

import ipaddress
from dataclasses import dataclass

import libvirt

from orchestrator.model.command import BeginMove

_MIB = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateCall:
    """The arguments of migrateToURI3, and the downtime limit that has to be set before."""

    uri: str
    params: dict[str, str | int]
    flags: int
    downtime_limit_ms: int


def translate(order: BeginMove) -> MigrateCall:
    """Say in libvirt's words how the guest is to travel.

    The address is always explicit, at both ends of the wire: libvirt's own choice is the destination's host name, and
    QEMU would listen on every network of the destination.
    """
    transport = order.transport
    flags = libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER
    if transport.persistent:
        flags |= libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    if transport.sharing_proven:
        # Switches off libvirt's own test of shared storage, no more (qemuMigrationSrcIsSafe: file systems by name).
        flags |= libvirt.VIR_MIGRATE_UNSAFE
    params: dict[str, str | int] = {
        libvirt.VIR_MIGRATE_PARAM_URI: f"tcp://{_in_uri(transport.address)}",
        libvirt.VIR_MIGRATE_PARAM_LISTEN_ADDRESS: transport.address,
    }
    if transport.bandwidth_bytes_per_second is not None:
        params[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH] = max(1, transport.bandwidth_bytes_per_second // _MIB)
    return MigrateCall(uri=order.peer_uri, params=params, flags=flags, downtime_limit_ms=transport.downtime_limit_ms)


def _in_uri(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
