"""A Transport in libvirt's words."""

import dataclasses

import libvirt
import pytest

from orchestrator.hypervisor.flags import UNLIMITED_MIB, translate
from orchestrator.model.command import BeginMove, RecoverPostCopy
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.transport import Compression, Method, Mode, Throttle, Transport

PLAIN = Transport(
    network="migration", address="10.0.0.2", persistent=False, paused=False, downtime_limit_ms=300,
    bandwidth_bytes_per_second=None, sharing_proven=False,
)  # fmt: skip
MIB = 2**20
PEER = libvirt.VIR_MIGRATE_PEER2PEER
ALWAYS = libvirt.VIR_MIGRATE_LIVE | PEER
KEEP = libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE
WIRE = {"migrate_uri": "tcp://10.0.0.2", "listen_address": "10.0.0.2"}
NO_CAP = {"bandwidth": UNLIMITED_MIB}


def order(**changes: object) -> BeginMove:
    transport = dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]
    return BeginMove(guest=GuestId("g"), destination=HostName("b"), peer_uri="qemu+tls://b/system", transport=transport)


def recovery(**changes: object) -> RecoverPostCopy:
    begun = order(**changes)
    return RecoverPostCopy(
        guest=begun.guest, destination=begun.destination, peer_uri=begun.peer_uri, transport=begun.transport
    )


@pytest.mark.parametrize(
    ("changes", "flags", "params"),
    [
        ({}, ALWAYS, WIRE | NO_CAP),
        ({"persistent": True}, ALWAYS | KEEP, WIRE | NO_CAP),
        ({"sharing_proven": True}, ALWAYS | libvirt.VIR_MIGRATE_UNSAFE, WIRE | NO_CAP),
        ({"paused": True}, ALWAYS, WIRE | NO_CAP),  # libvirt itself asks how the guest is, and keeps it so
        ({"held": True}, ALWAYS | libvirt.VIR_MIGRATE_PAUSED, WIRE | NO_CAP),
        ({"mode": Mode.PAUSE}, PEER, WIRE | NO_CAP),
        ({"control": "direct"}, libvirt.VIR_MIGRATE_LIVE, WIRE | NO_CAP),
        (
            {"method": Method.PARALLEL, "channels": 4, "zerocopy": True},
            ALWAYS | libvirt.VIR_MIGRATE_PARALLEL | libvirt.VIR_MIGRATE_ZEROCOPY,
            WIRE | NO_CAP | {"parallel.connections": 4},
        ),
        (
            {
                "method": Method.COMPRESSED, "channels": 2, "compression": Compression(algorithm="zstd", level=3)
            },
            ALWAYS | libvirt.VIR_MIGRATE_PARALLEL | libvirt.VIR_MIGRATE_COMPRESSED,
            WIRE | NO_CAP
            | {"parallel.connections": 2, "compression": "zstd", "compression.zstd.level": 3},
        ),
        (
            {"method": Method.XBZRLE, "xbzrle_cache_bytes": 64 * MIB},
            ALWAYS | libvirt.VIR_MIGRATE_COMPRESSED,
            WIRE | NO_CAP | {"compression": "xbzrle", "compression.xbzrle.cache": 64 * MIB},
        ),
        (
            {"method": Method.RDMA, "pin_all": True},
            ALWAYS | libvirt.VIR_MIGRATE_RDMA_PIN_ALL,
            WIRE | NO_CAP | {"migrate_uri": "rdma://10.0.0.2"},
        ),
        ({"method": Method.TUNNELLED}, ALWAYS | libvirt.VIR_MIGRATE_TUNNELLED, NO_CAP),
        (
            {"encrypted": True, "tls_name": "kvm02.example"},
            ALWAYS | libvirt.VIR_MIGRATE_TLS,
            WIRE | NO_CAP | {"tls.destination": "kvm02.example"},
        ),
        (
            {"throttle": Throttle(initial=30, increment=15)},
            ALWAYS | libvirt.VIR_MIGRATE_AUTO_CONVERGE,
            WIRE | NO_CAP | {"auto_converge.initial": 30, "auto_converge.increment": 15},
        ),
        ({"postcopy": True}, ALWAYS | libvirt.VIR_MIGRATE_POSTCOPY, WIRE | NO_CAP | {"bandwidth.postcopy": 0}),
        (
            {"postcopy": True, "postcopy_bandwidth_bytes_per_second": 30 * MIB},
            ALWAYS | libvirt.VIR_MIGRATE_POSTCOPY,
            WIRE | NO_CAP | {"bandwidth.postcopy": 30},
        ),
        ({"pace_bytes_per_second": 30 * MIB}, ALWAYS, WIRE | {"bandwidth": 30}),
        ({"pace_bytes_per_second": 30 * MIB, "bandwidth_bytes_per_second": 20 * MIB}, ALWAYS, WIRE | {"bandwidth": 20}),
        (
            {"disks": ("vda", "vdb")},
            ALWAYS | libvirt.VIR_MIGRATE_NON_SHARED_DISK,
            WIRE | NO_CAP | {"migrate_disks": ["vda", "vdb"], "disks_uri": "tcp://10.0.0.2"},
        ),
        (
            {"disks": ("vda",), "top_layers_only": True},
            ALWAYS | libvirt.VIR_MIGRATE_NON_SHARED_INC,
            WIRE | NO_CAP | {"migrate_disks": ["vda"], "disks_uri": "tcp://10.0.0.2"},
        ),
    ],
)  # fmt: skip
def test_each_field(changes: dict[str, object], flags: int, params: dict[str, object]) -> None:
    call = translate(order(**changes))
    assert (call.flags, call.params) == (flags, params)
    assert (call.downtime_limit_ms, call.active) == (300, True)


def test_every_field_of_a_transport_is_translated_or_used_elsewhere() -> None:
    elsewhere = {
        "network", "paused", "because", "way", "forgone", "shutdown_timeout_ms",  # nothing to say to libvirt
        "networks",  # hypervisor.renaming
    }  # fmt: skip
    translated = {
        "address", "persistent", "downtime_limit_ms", "bandwidth_bytes_per_second", "sharing_proven", "method", "mode",
        "control", "channels", "compression", "xbzrle_cache_bytes", "encrypted", "tls_name", "zerocopy", "pin_all",
        "memory_limit_bytes", "postcopy", "postcopy_bandwidth_bytes_per_second", "pace_bytes_per_second", "throttle",
        "held", "disks", "top_layers_only",
    }  # fmt: skip
    assert {field.name for field in dataclasses.fields(Transport)} == elsewhere | translated


def test_who_drives_the_phases() -> None:
    assert translate(order()).uri == "qemu+tls://b/system"
    assert translate(order(control="direct")).uri is None


@pytest.mark.parametrize("mode", [Mode.OFFLINE, Mode.COLD])
def test_only_the_definition(mode: Mode) -> None:
    call = translate(order(mode=mode, persistent=True, postcopy=True, throttle=Throttle(initial=20, increment=10)))
    assert call.flags == PEER | KEEP | libvirt.VIR_MIGRATE_OFFLINE
    assert (call.params, call.downtime_limit_ms, call.active) == ({}, None, False)


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, None),
        ({"method": Method.RDMA}, 0),
        ({"method": Method.RDMA, "memory_limit_bytes": 7}, 7),
        ({"memory_limit_bytes": 7}, None),
    ],
)
def test_the_memory_limit_that_rdma_needs(changes: dict[str, object], needed: int | None) -> None:
    assert translate(order(**changes)).needs_limit_bytes == needed


def test_a_recovery_says_only_what_may_differ() -> None:
    call = translate(recovery(address="10.9.0.2", postcopy=True, method=Method.TCP, encrypted=True, disks=("vda",)))
    postcopy = libvirt.VIR_MIGRATE_POSTCOPY | libvirt.VIR_MIGRATE_POSTCOPY_RESUME
    assert (call.flags, call.uri) == (ALWAYS | postcopy, "qemu+tls://b/system")
    assert call.params == {"migrate_uri": "tcp://10.9.0.2", "bandwidth.postcopy": 0}
    assert call.downtime_limit_ms is None


def test_a_recovery_still_removes_the_definition_at_the_source() -> None:
    assert translate(recovery(persistent=True)).flags & KEEP == KEEP


def test_a_recovery_from_here() -> None:
    call = translate(recovery(control="direct", postcopy_bandwidth_bytes_per_second=9 * MIB))
    assert not call.flags & PEER and call.uri is None and call.params["bandwidth.postcopy"] == 9


def test_an_ipv6_address_has_brackets_in_the_uri_only() -> None:
    params = translate(order(address="fd00::2")).params
    assert params == {"migrate_uri": "tcp://[fd00::2]", "listen_address": "fd00::2"} | NO_CAP


@pytest.mark.parametrize(("rate", "mebibytes"), [(50 * MIB, 50), (50 * MIB + 5, 50), (10, 1), (None, 8796093022207)])
def test_bandwidth_is_mebibytes_and_never_zero(rate: int | None, mebibytes: int) -> None:
    assert translate(order(bandwidth_bytes_per_second=rate)).params["bandwidth"] == mebibytes


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="kvm02"):
        translate(order(address="kvm02"))
