"""Where the memory of a guest lies in its physical address space.

Reading anywhere else would read registers of devices, which can change them. What is not known for sure is left out.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from orchestrator.hypervisor.documents import Element, attribute, size_bytes, text

_MIB: Final = 2**20
_GIB: Final = 2**30
_FIRST: Final = _MIB  # below lie the firmware and the display memory of a PC
_HIGH: Final = 4 * _GIB
# QEMU moves what would lie above it on processors of AMD (hw/i386/pc.c, AMD_HT_START).
_END: Final = 1012 * _GIB
# Where the kinds of PC begin to put memory above 4 GiB, and how much they then leave below it (hw/i386/pc_q35.c,
# pc_piix.c).
_SPLITS: Final = {"q35": (2816 * _MIB, 2 * _GIB), "i440fx": (3584 * _MIB, 3 * _GIB)}
_MACHINE: Final = re.compile(r"pc-(?:(q35|i440fx)-)?\d")
# A machine property that moves the split, which can be given past libvirt.
_MOVED: Final = "max-ram-below-4g"
_QEMU: Final = "{http://libvirt.org/schemas/domain/qemu/1.0}"

Range = tuple[int, int]


def ranges(domain: Element) -> tuple[Range, ...] | None:
    """First and past-the-last address of each piece of memory the guest started with; None for an unknown machine."""
    machine = _MACHINE.match(attribute(domain, "os/type", "machine") or "")
    given = [argument.get("value", "") for argument in domain.iterfind(f"{_QEMU}commandline/{_QEMU}arg")]
    if attribute(domain, "os/type", "arch") != "x86_64" or machine is None or any(_MOVED in one for one in given):
        return None
    starts, below = _SPLITS[machine[1] or "i440fx"]
    plugged = sum(size_bytes(module.find("target/size")) or 0 for module in domain.iterfind("devices/memory"))
    size = (size_bytes(domain.find("memory")) or 0) - plugged
    if size <= _FIRST or text(domain, "memory") is None:
        return None
    if size < starts:
        return ((_FIRST, size),)
    return (_FIRST, below), (_HIGH, min(_HIGH + size - below, _END))


def spread(found: Sequence[Range], count: int, length: int) -> Iterator[int]:
    """Where that many pieces of memory begin, at equal distances over all of it."""
    whole = [(begin, end // length * length) for begin, end in found]
    total = sum(end - begin for begin, end in whole)
    for number in range(count):
        offset = total * (2 * number + 1) // (2 * count)
        for begin, end in whole:
            if offset < end - begin:
                yield (begin + offset) // length * length
                break
            offset -= end - begin
