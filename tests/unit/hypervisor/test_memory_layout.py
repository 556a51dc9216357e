"""Only addresses of memory are ever read."""

import pytest

from orchestrator.hypervisor.documents import parse
from orchestrator.hypervisor.memory_layout import Range, ranges, spread

MIB, GIB = 2**20, 2**30
TOP = 1012 * GIB


def guest(size: int, machine: str = "pc-q35-7.2", arch: str = "x86_64", more: str = "") -> tuple[Range, ...] | None:
    return ranges(
        parse(
            f"<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'><memory unit='b'>{size}</memory>"
            f"<os><type arch='{arch}' machine='{machine}'>hvm</type></os>{more}</domain>"
        )
    )


@pytest.mark.parametrize(
    ("machine", "size", "found"),
    [
        ("pc-q35-7.2", 256 * MIB, ((MIB, 256 * MIB),)),
        ("pc-q35-7.2", 2815 * MIB, ((MIB, 2815 * MIB),)),
        ("pc-q35-7.2", 2816 * MIB, ((MIB, 2 * GIB), (4 * GIB, 4 * GIB + 768 * MIB))),
        ("pc-q35-10.0", 8 * GIB, ((MIB, 2 * GIB), (4 * GIB, 10 * GIB))),
        ("pc-i440fx-7.2", 3 * GIB, ((MIB, 3 * GIB),)),
        ("pc-i440fx-7.2", 4 * GIB, ((MIB, 3 * GIB), (4 * GIB, 5 * GIB))),
        ("pc-1.2", 4 * GIB, ((MIB, 3 * GIB), (4 * GIB, 5 * GIB))),
        ("pc-q35-7.2", 2048 * GIB, ((MIB, 2 * GIB), (4 * GIB, TOP))),
    ],
)
def test_where_memory_lies(machine: str, size: int, found: tuple[Range, ...]) -> None:
    assert guest(size, machine) == found


@pytest.mark.parametrize(
    ("machine", "arch"),
    [("microvm", "x86_64"), ("virt-7.2", "aarch64"), ("pseries-7.2", "ppc64"), ("pc-q35-7.2", "i686")],
)
def test_other_machines_are_not_looked_into(machine: str, arch: str) -> None:
    assert guest(GIB, machine, arch) is None


def test_memory_that_was_plugged_in_is_left_out() -> None:
    module = "<devices><memory model='dimm'><target><size unit='b'>1073741824</size></target></memory></devices>"
    assert guest(2 * GIB, more=module) == ((MIB, GIB),)


def test_a_split_that_was_moved_past_libvirt() -> None:
    moved = "<qemu:commandline><qemu:arg value='{}'/></qemu:commandline>"
    assert guest(GIB, more=moved.format("q35,max-ram-below-4g=1G")) is None
    assert guest(GIB, more=moved.format("-snapshot")) is not None


@pytest.mark.parametrize("length", [4096, 32768])
def test_pieces_are_spread_over_all_of_it_and_leave_the_hole_alone(length: int) -> None:
    found = guest(8 * GIB + 4096)
    assert found is not None
    places = list(spread(found, 300, length))
    assert len(set(places)) == 300 and all(place % length == 0 for place in places)
    assert all(any(begin <= place and place + length <= end for begin, end in found) for place in places)
    below = sum(place < 2 * GIB for place in places)
    assert below == pytest.approx(75, abs=1), "a quarter of the memory lies below"


def test_no_piece_reaches_past_the_end() -> None:
    end = MIB + 3 * 4096
    assert [place + 8192 <= end for place in spread(((MIB, end),), 2, 8192)] == [True, True]


def test_every_piece_has_a_place_in_a_small_guest() -> None:
    assert list(spread(((MIB, 3 * MIB),), 2, 4096)) == [MIB + 512 * 1024, 2 * MIB + 512 * 1024]
