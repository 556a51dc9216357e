"""A Transport in libvirt's words."""

import dataclasses

import libvirt
import pytest

from orchestrator.hypervisor.flags import translate
from orchestrator.model.command import BeginMove
from orchestrator.model.guest import GuestId
from orchestrator.model.host import HostName
from orchestrator.model.transport import Transport

PLAIN = Transport(
    network="migration", address="10.0.0.2", persistent=False, paused=False, downtime_limit_ms=300,
    bandwidth_bytes_per_second=None, sharing_proven=False,
)  # fmt: skip
ALWAYS = libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PEER2PEER
KEEP = libvirt.VIR_MIGRATE_PERSIST_DEST | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE


def order(**changes: object) -> BeginMove:
    transport = dataclasses.replace(PLAIN, **changes)  # type: ignore[arg-type]
    return BeginMove(guest=GuestId("g"), destination=HostName("b"), peer_uri="qemu+tls://b/system", transport=transport)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, ALWAYS),
        ({"persistent": True}, ALWAYS | KEEP),
        ({"sharing_proven": True}, ALWAYS | libvirt.VIR_MIGRATE_UNSAFE),
        ({"paused": True}, ALWAYS),
    ],
)
def test_flags(changes: dict[str, object], flags: int) -> None:
    assert translate(order(**changes)).flags == flags


def test_both_ends_of_the_wire_are_named() -> None:
    call = translate(order())
    assert call.uri == "qemu+tls://b/system"
    assert call.params == {"migrate_uri": "tcp://10.0.0.2", "listen_address": "10.0.0.2"}


def test_an_ipv6_address_has_brackets_in_the_uri_only() -> None:
    params = translate(order(address="fd00::2")).params
    assert params == {"migrate_uri": "tcp://[fd00::2]", "listen_address": "fd00::2"}


@pytest.mark.parametrize(("rate", "mebibytes"), [(50 * 2**20, 50), (50 * 2**20 + 5, 50), (10, 1)])
def test_bandwidth_is_mebibytes_and_never_zero(rate: int, mebibytes: int) -> None:
    assert translate(order(bandwidth_bytes_per_second=rate)).params["bandwidth"] == mebibytes


def test_a_name_is_no_address() -> None:
    with pytest.raises(ValueError, match="kvm02"):
        translate(order(address="kvm02"))
