"""The types in which parameters reach libvirt."""

import ctypes
from typing import Any, cast

import libvirt
import pytest

from orchestrator.hypervisor import calls
from tests.unit.hypervisor.fakes import FakeDomain

# virTypedParameterType
INT, ULLONG, STRING = 1, 4, 7


class _Parameter(ctypes.Structure):
    _fields_ = (("field", ctypes.c_char * 80), ("type", ctypes.c_int), ("value", ctypes.c_ulonglong))


def typed(params: dict[str, calls.Parameter]) -> list[tuple[str, int, int]]:
    """Name, type and number of each parameter in the C list."""
    with calls._Typed(params) as made:
        where, length = made.arguments
        found = ctypes.cast(where, ctypes.POINTER(_Parameter))
        return [(one.field.decode(), one.type, one.value & 0xFFFFFFFF) for one in found[: length.value]]


def test_numbers_are_what_libvirt_expects_them_to_be() -> None:
    assert typed({"compression.zstd.level": 3, "bandwidth": 50, "parallel.connections": 2}) == [
        ("compression.zstd.level", INT, 3),
        ("bandwidth", ULLONG, 50),
        ("parallel.connections", INT, 2),
    ]


def test_a_list_is_a_parameter_many_times() -> None:
    assert [one[:2] for one in typed({"migrate_disks": ["vda", "vdb"], "migrate_uri": "tcp://b"})] == [
        ("migrate_disks", STRING), ("migrate_disks", STRING), ("migrate_uri", STRING),
    ]  # fmt: skip


def test_what_the_binding_knows_goes_through_the_binding(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libvirt, "VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL", "x", raising=False)
    domain = FakeDomain()
    for params in ({"bandwidth": 5}, {"compression.zstd.level": 5}):
        calls.peer_to_peer(cast(Any, domain), "qemu:///", params, 3)
        assert domain.done.pop() == ("migrateToURI3", "qemu:///", params, 3)
    calls.direct(cast(Any, domain), cast(Any, "there"), {"bandwidth": 5}, 1)
    assert domain.done == [("migrate3", "there", {"bandwidth": 5}, 1)]


@pytest.mark.parametrize("level", ["compression.zlib.level", "compression.zstd.level"])
def test_what_the_binding_does_not_know_reaches_libvirt_all_the_same(
    monkeypatch: pytest.MonkeyPatch, level: str
) -> None:
    """libvirt's own test driver moves no guest, but it is asked, and its answer is an error of the ordinary kind."""
    for constant in ("ZLIB", "ZSTD"):
        monkeypatch.delattr(libvirt, f"VIR_MIGRATE_PARAM_COMPRESSION_{constant}_LEVEL", raising=False)
    connection = libvirt.open("test:///default")
    domain = connection.lookupByName("test")
    for name in ("migrateToURI3", "migrate3"):  # of the binding, which would give the number another type
        monkeypatch.delattr(libvirt.virDomain, name)
    params: dict[str, calls.Parameter] = {level: 3}
    with pytest.raises(libvirt.libvirtError) as peer:
        calls.peer_to_peer(domain, "test:///default", params, libvirt.VIR_MIGRATE_PEER2PEER)
    with pytest.raises(libvirt.libvirtError) as own:
        calls.direct(domain, connection, params, libvirt.VIR_MIGRATE_PEER2PEER)
    assert peer.value.get_error_code() and own.value.get_error_code() == libvirt.VIR_ERR_INVALID_ARG
    assert "virDomainMigrateToURI3" in str(own.value)
