"""The two calls that last as long as a migration, with every parameter in the type that libvirt expects."""

import ctypes
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

import libvirt

Parameter = str | int | list[str]

# Whole numbers that libvirt wants as int; all others are unsigned long long (src/qemu/qemu_migration.h).
_INTS: Final = frozenset(
    {
        "compression.zlib.level",
        "compression.zstd.level",
        "auto_converge.initial",
        "auto_converge.increment",
        "parallel.connections",
    }
)
# Parameter → the constant by which the binding shows that it was built with headers that have it. A binding that does
# not know a parameter sends its number as unsigned long long, and the daemon refuses the type.
_NEWER: Final = {
    "compression.zlib.level": "VIR_MIGRATE_PARAM_COMPRESSION_ZLIB_LEVEL",
    "compression.zstd.level": "VIR_MIGRATE_PARAM_COMPRESSION_ZSTD_LEVEL",
}


def peer_to_peer(domain: libvirt.virDomain, uri: str, params: Mapping[str, Parameter], flags: int) -> None:
    """Let the source's daemon move the guest. The interpreter is free meanwhile."""
    if _known(params):
        cast(Any, domain.migrateToURI3)(uri, dict(params), flags)
        return
    with _Typed(params) as typed:
        library = _library()
        moved = library.virDomainMigrateToURI3(_pointer(domain), uri.encode(), *typed.arguments, flags)
        if moved < 0:
            raise libvirt.libvirtError("virDomainMigrateToURI3() failed")


def direct(
    domain: libvirt.virDomain, destination: libvirt.virConnect, params: Mapping[str, Parameter], flags: int
) -> None:
    """Move the guest phase by phase from this process. The interpreter is free meanwhile."""
    if _known(params):
        cast(Any, domain.migrate3)(destination, dict(params), flags)
        return
    with _Typed(params) as typed:
        library = _library()
        there = library.virDomainMigrate3(_pointer(domain), _pointer(destination), *typed.arguments, flags)
        if not there:
            raise libvirt.libvirtError("virDomainMigrate3() failed")
        library.virDomainFree(there)


def _known(params: Mapping[str, Parameter]) -> bool:
    """Whether the binding knows the types of all of them."""
    return all(hasattr(libvirt, constant) for name, constant in _NEWER.items() if name in params)


class _Typed:
    """A list of parameters as libvirt's own C library makes it. Raises libvirt's errors."""

    def __init__(self, params: Mapping[str, Parameter]) -> None:
        self._list, self._length, self._room = ctypes.c_void_p(), ctypes.c_int(0), ctypes.c_int(0)
        for name, value in params.items():
            for one in value if isinstance(value, list) else [value]:
                self._add(name.encode(), one, whole=name in _INTS)

    @property
    def arguments(self) -> tuple[ctypes.c_void_p, ctypes.c_int]:
        """The list and its length."""
        return self._list, self._length

    def __enter__(self) -> "_Typed":
        return self

    def __exit__(self, *_raised: object) -> None:
        _library().virTypedParamsFree(self._list, self._length)

    def _add(self, name: bytes, value: str | int, *, whole: bool) -> None:
        library = _library()
        place = (ctypes.byref(self._list), ctypes.byref(self._length), ctypes.byref(self._room), name)
        if isinstance(value, str):
            added = library.virTypedParamsAddString(*place, value.encode())
        elif whole:
            added = library.virTypedParamsAddInt(*place, ctypes.c_int(value))
        else:
            added = library.virTypedParamsAddULLong(*place, ctypes.c_ulonglong(value))
        if added < 0:
            raise libvirt.libvirtError("virTypedParamsAdd() failed")


@cache
def _library() -> ctypes.CDLL:
    """The C library that the binding has loaded already: its objects and its errors are the same."""
    library = ctypes.CDLL("libvirt.so.0")
    library.virDomainMigrate3.restype = ctypes.c_void_p
    library.virDomainFree.argtypes = [ctypes.c_void_p]
    return library


def _pointer(handle: libvirt.virDomain | libvirt.virConnect) -> ctypes.c_void_p:
    """The C object behind one of the binding's."""
    unwrap = ctypes.pythonapi.PyCapsule_GetPointer
    unwrap.restype, unwrap.argtypes = ctypes.c_void_p, [ctypes.py_object, ctypes.c_char_p]
    kind = b"virDomainPtr" if isinstance(handle, libvirt.virDomain) else b"virConnectPtr"
    return ctypes.c_void_p(unwrap(cast(Any, handle)._o, kind))
