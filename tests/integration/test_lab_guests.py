"""What the guests of the lab say of their memory can be believed."""

import re
import struct
from pathlib import Path

import pytest

from tests.lab import definition
from tests.lab.guests import passes
from tests.lab.namespace_lab import NamespaceLab
from tests.lab.protocol import Lab
from tests.lab.topology import Guest, Workload

pytestmark = pytest.mark.lab

_64_BITS = (1 << 64) - 1
_PAGE = 4096
_KINDS = ("small", "incompressible", "compressible", "zero")


def guest(name: str, number: int, host: str = "kvm01", **workload: object) -> Guest:
    return Guest(name, host, number, memory_mib=192, workload=Workload(**{"size": 16, **workload}))  # type: ignore[arg-type]


def test_every_kind_of_workload_finds_its_memory_right(lab: Lab) -> None:
    for number, kind in enumerate(_KINDS, start=51):
        lab.start_guest(guest(f"kind-{kind}", number, kind=kind, rate=4))
    for kind in _KINDS:
        lab.wait_for_guest(f"kind-{kind}")
        lab.wait_for_guest(f"kind-{kind}")
        assert "CORRUPT" not in lab.guest_console(f"kind-{kind}")


def test_a_guest_never_writes_faster_than_it_was_told(lab: Lab) -> None:
    """Slower is possible on a busy machine. Progress counts pages written and pages checked, one arena a second."""
    lab.start_guest(guest("paced", 55, rate=8))
    for _ in range(3):
        lab.wait_for_guest("paced")
    lab.run("kvm01", ["virsh", "suspend", "paced"]).checked()
    lab.run("kvm01", ["sleep", "2"]).checked()
    lab.run("kvm01", ["virsh", "resume", "paced"]).checked()
    for _ in range(2):
        lab.wait_for_guest("paced")
    found = re.findall(r"^OK \d+ progress=(\d+) written=\d+ uptime=([\d.]+)$", lab.guest_console("paced"), re.MULTILINE)
    (first, began), (last, ended) = found[0], found[-1]
    told = (8e6 + (16 << 20)) / _PAGE
    assert 0 < (int(last) - int(first)) / (float(ended) - float(began)) < told * 1.05


def test_the_workload_can_spoil_itself_and_notices(lab: Lab) -> None:
    lab.start_guest(guest("spoilt", 56, corrupt_pass=2))
    _wait_for_corrupt(lab, "spoilt")
    assert passes(lab.guest_console("spoilt")) == 1


def test_memory_spoilt_from_outside_is_noticed(lab: NamespaceLab) -> None:
    """Finds a page of the workload in the memory of the guest's QEMU, by its content, and flips one bit."""
    lab.start_guest(guest("struck", 57))
    lab.wait_for_guest("struck")
    assert "CORRUPT" not in lab.guest_console("struck")
    _flip_a_bit(lab, "struck", page=1234)
    assert "page=1234 " in _wait_for_corrupt(lab, "struck")


def test_the_disk_is_checked_too(lab: Lab) -> None:
    """Another host writes over the guest's disk, as it would if the guest ran twice."""
    made = Guest("scribbled", "kvm01", 58, memory_mib=192, disk="shared", workload=Workload(size=16))
    xml = definition.xml(made, lab.topology.networks["guest"]).replace("type='qcow2'", "type='raw'")
    lab.start_guest(made, definition=xml)
    lab.wait_for_guest("scribbled")
    overwrite = "dd if=/dev/zero of=/srv/shared/scribbled.qcow2 bs=64k count=2 conv=notrunc oflag=direct status=none"
    for _ in range(60):
        lab.run("kvm02", ["sh", "-c", f"{overwrite}; sleep 0.2"]).checked()
        if "CORRUPT disk" in lab.guest_console("scribbled"):
            return
    pytest.fail(lab.guest_console("scribbled"))


def test_a_guest_answers_ping_and_obeys_its_power_button(lab: NamespaceLab) -> None:
    lab.start_guest(guest("polite", 59))
    lab.wait_for_guest("polite")
    address = lab.topology.networks["guest"].address(59)
    assert lab.run("kvm04", ["ping", "-c1", "-W5", address]).returncode == 0
    lab.run("kvm01", ["virsh", "shutdown", "polite"]).checked()
    lab.run("kvm01", ["sh", "-c", "while virsh domstate polite | grep -q running; do sleep 0.2; done"]).checked()
    assert "POWEROFF button pressed" in lab.guest_console("polite")


def _wait_for_corrupt(lab: Lab, name: str) -> str:
    for _ in range(300):
        console = lab.guest_console(name)
        if "CORRUPT pass=" in console:
            return console
        lab.run("kvm01", ["sleep", "0.1"])
    pytest.fail(f"{name} noticed nothing: {lab.guest_console(name)}")


def _flip_a_bit(lab: NamespaceLab, name: str, page: int) -> None:
    inside = lab.run("kvm01", ["pgrep", "-f", f"guest={name},"]).checked().stdout.split()[0]
    process = _outside(lab, "kvm01", int(inside))
    wanted = struct.pack("<2Q", _noise(_seed(page, 0), 2), _noise(_seed(page, 0), 3))
    for line in (process / "maps").read_text().splitlines():
        start, end = (int(x, 16) for x in line.split()[0].split("-"))
        if end - start < 192 << 20 or " rw" not in line:
            continue
        with (process / "mem").open("r+b", buffering=0) as memory:
            memory.seek(start)
            place = _find(memory.read(192 << 20), wanted)
            memory.seek(start + place)
            memory.write(bytes([wanted[0] ^ 1]))
        return
    raise AssertionError("QEMU has no mapping as large as the guest")


def _find(memory: bytes, wanted: bytes) -> int:
    place = memory.find(wanted)
    assert place > 0, "the page is not in the guest's memory"
    return place


def _outside(lab: NamespaceLab, host: str, inside: int) -> Path:
    """/proc of the machine for a process that the host knows by another number."""
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            numbers = re.search(r"^NSpid:\t\d+\t(\d+)$", status.read_text(), re.MULTILINE)
            same = (status.parent / "ns/net").stat().st_ino == lab.place.namespace_file(
                lab.place.host_namespace(host)
            ).stat().st_ino
        except OSError:  # ended meanwhile
            continue
        if numbers and int(numbers[1]) == inside and same:
            return status.parent
    raise AssertionError(f"{host} has no process {inside}")


def _mix(value: int) -> int:
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _64_BITS
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _64_BITS
    return value ^ (value >> 31)


def _seed(page: int, generation: int) -> int:
    return _mix((page << 32) ^ generation ^ 0x6665727279)


def _noise(start: int, index: int) -> int:
    value = (start + index) * 0x9E3779B97F4A7C15 & _64_BITS
    return value ^ (value >> 29)
