"""The only translation of a Transport into libvirt's words."""

import ipaddress
from dataclasses import dataclass
from typing import Final

import libvirt

from orchestrator.hypervisor.calls import Parameter
from orchestrator.model.command import BeginMove, Lasting, RecoverPostCopy
from orchestrator.model.transport import Method, Mode, Transport

_MIB: Final = 2**20
# QEMU_DOMAIN_MIG_BANDWIDTH_MAX (src/qemu/qemu_domain.h): libvirt's own word for no cap. A 0 would mean the speed that
# somebody once gave to the guest with migrate-setspeed.
UNLIMITED_MIB: Final = (2**63 - 1) // _MIB
_DEFINITION_ONLY: Final = (Mode.OFFLINE, Mode.COLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrateCall:
    """The arguments of the call, and what has to be so before.

    uri: of the destination, for the source's daemon; None: this process drives both daemons. downtime_limit_ms: to be
    set before; None: nothing to set. active: whether the guest must be so, or must not. needs_limit_bytes: the guest
    must have a hard memory limit, at least of this size; None: it need not have one.
    """

    uri: str | None
    params: dict[str, Parameter]
    flags: int
    downtime_limit_ms: int | None
    active: bool = True
    needs_limit_bytes: int | None = None


def translate(order: Lasting) -> MigrateCall:
    """Say in libvirt's words how the guest is to travel. Raises ValueError for an address that is a name."""
    match order:
        case RecoverPostCopy():
            return _recovery(order)
        case BeginMove():
            return _offline(order) if order.transport.mode in _DEFINITION_ONLY else _beginning(order)


def mebibytes(bytes_per_second: int | None) -> int:
    """A cap in libvirt's unit; never 0, which means something else."""
    return UNLIMITED_MIB if bytes_per_second is None else max(1, bytes_per_second // _MIB)


def postcopy_mebibytes(bytes_per_second: int | None) -> int:
    """The same for post-copy, where 0 is no cap and QEMU's parameter takes no larger word for it."""
    return 0 if bytes_per_second is None else mebibytes(bytes_per_second)


def _beginning(order: BeginMove) -> MigrateCall:
    transport = order.transport
    return MigrateCall(
        uri=_uri(order),
        params=_wire(transport) | {libvirt.VIR_MIGRATE_PARAM_BANDWIDTH: mebibytes(transport.initial_bytes_per_second)}
        | _method(transport) | _lasting_options(transport),
        flags=_driver(transport) | _flags(transport),
        downtime_limit_ms=transport.downtime_limit_ms,
        needs_limit_bytes=(transport.memory_limit_bytes or 0) if transport.method is Method.RDMA else None,
    )  # fmt: skip


def _offline(order: BeginMove) -> MigrateCall:
    """Only the definition: nothing of it travels over the migration network."""
    flags = libvirt.VIR_MIGRATE_OFFLINE | libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    flags |= _driver(order.transport)
    return MigrateCall(uri=_uri(order), params={}, flags=flags, downtime_limit_ms=None, active=False)


def _recovery(order: RecoverPostCopy) -> MigrateCall:
    """Of everything else libvirt keeps what the move began with; only the wire and its cap may differ."""
    transport = order.transport
    flags = libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_POSTCOPY | libvirt.VIR_MIGRATE_POSTCOPY_RESUME
    if transport.persistent:
        flags |= libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
    cap = postcopy_mebibytes(transport.postcopy_bandwidth_bytes_per_second)
    params: dict[str, Parameter] = {libvirt.VIR_MIGRATE_PARAM_URI: f"tcp://{_in_uri(transport.address)}"}
    params[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY] = cap
    return MigrateCall(uri=_uri(order), params=params, flags=flags | _driver(transport), downtime_limit_ms=None)


def _uri(order: Lasting) -> str | None:
    return order.peer_uri if order.transport.control == "p2p" else None


def _driver(transport: Transport) -> int:
    return libvirt.VIR_MIGRATE_PEER2PEER if transport.control == "p2p" else 0


def _flags(transport: Transport) -> int:
    """What is wanted beside the wire. ABORT_ON_ERROR is not among it.

    That one cancels the copy of a guest whose storage fails at the source, and leaves it paused there. Without it QEMU
    carries the failed request along and the guest tries it again at the destination: a host that has lost its storage
    is just what guests are moved away from.
    """
    wanted = {
        libvirt.VIR_MIGRATE_LIVE: transport.mode is Mode.LIVE,
        libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE: transport.persistent,
        # Switches off libvirt's own test of shared storage, no more (qemuMigrationSrcIsSafe: file systems by name).
        libvirt.VIR_MIGRATE_UNSAFE: transport.sharing_proven,
        libvirt.VIR_MIGRATE_TUNNELLED: transport.method is Method.TUNNELLED,
        libvirt.VIR_MIGRATE_PARALLEL: transport.method in (Method.PARALLEL, Method.COMPRESSED),
        libvirt.VIR_MIGRATE_COMPRESSED: transport.method in (Method.COMPRESSED, Method.XBZRLE),
        libvirt.VIR_MIGRATE_RDMA_PIN_ALL: transport.pin_all,
        libvirt.VIR_MIGRATE_TLS: transport.encrypted,
        libvirt.VIR_MIGRATE_ZEROCOPY: transport.zerocopy,
        libvirt.VIR_MIGRATE_AUTO_CONVERGE: transport.throttle is not None,
        libvirt.VIR_MIGRATE_POSTCOPY: transport.postcopy,
        libvirt.VIR_MIGRATE_PAUSED: transport.held,
        libvirt.VIR_MIGRATE_NON_SHARED_DISK: bool(transport.disks) and not transport.top_layers_only,
        libvirt.VIR_MIGRATE_NON_SHARED_INC: bool(transport.disks) and transport.top_layers_only,
    }
    return sum(flag for flag, is_wanted in wanted.items() if is_wanted)


def _wire(transport: Transport) -> dict[str, Parameter]:
    """Both ends of the wire, always explicit: libvirt's own choice is the destination's host name, and QEMU would
    listen on every network of the destination. A tunnelled copy has no wire of its own, and libvirt refuses one."""
    if transport.method is Method.TUNNELLED:
        return {}
    address = _in_uri(transport.address)
    scheme = "rdma" if transport.method is Method.RDMA else "tcp"
    params: dict[str, Parameter] = {
        libvirt.VIR_MIGRATE_PARAM_URI: f"{scheme}://{address}",
        libvirt.VIR_MIGRATE_PARAM_LISTEN_ADDRESS: transport.address,
    }
    if transport.disks:
        params[libvirt.VIR_MIGRATE_PARAM_MIGRATE_DISKS] = list(transport.disks)
        params[libvirt.VIR_MIGRATE_PARAM_DISKS_URI] = f"tcp://{address}"
    return params


def _method(transport: Transport) -> dict[str, Parameter]:
    params: dict[str, Parameter] = {}
    if transport.channels is not None:
        params[libvirt.VIR_MIGRATE_PARAM_PARALLEL_CONNECTIONS] = transport.channels
    if transport.compression is not None:
        algorithm = transport.compression.algorithm
        params[libvirt.VIR_MIGRATE_PARAM_COMPRESSION] = algorithm
        params[f"compression.{algorithm}.level"] = transport.compression.level
    if transport.method is Method.XBZRLE:
        params[libvirt.VIR_MIGRATE_PARAM_COMPRESSION] = "xbzrle"
    if transport.xbzrle_cache_bytes is not None:
        params[libvirt.VIR_MIGRATE_PARAM_COMPRESSION_XBZRLE_CACHE] = transport.xbzrle_cache_bytes
    return params


def _lasting_options(transport: Transport) -> dict[str, Parameter]:
    params: dict[str, Parameter] = {}
    if transport.tls_name is not None:
        params[libvirt.VIR_MIGRATE_PARAM_TLS_DESTINATION] = transport.tls_name
    if transport.throttle is not None:
        params[libvirt.VIR_MIGRATE_PARAM_AUTO_CONVERGE_INITIAL] = transport.throttle.initial
        params[libvirt.VIR_MIGRATE_PARAM_AUTO_CONVERGE_INCREMENT] = transport.throttle.increment
    if transport.postcopy:
        cap = postcopy_mebibytes(transport.postcopy_bandwidth_bytes_per_second)
        params[libvirt.VIR_MIGRATE_PARAM_BANDWIDTH_POSTCOPY] = cap
    return params


def _in_uri(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address).version == 6 else address
