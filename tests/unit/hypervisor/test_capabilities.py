"""Capabilities as libvirt 9.0 of Debian 12 and 11.3 of Debian 13 gave them (machines and features shortened)."""

from pathlib import Path

from orchestrator.hypervisor import capabilities
from orchestrator.model.cpu import TimeStampCounter

RECORDED = (Path(__file__).parent / "recorded" / "capabilities.xml").read_text()


NEWER = capabilities.read((Path(__file__).parent / "recorded" / "capabilities-11.3.xml").read_text())


def test_the_processor() -> None:
    assert (NEWER.cpu_vendor, NEWER.physical_address_bits) == ("AMD", 48)
    assert NEWER.tsc == TimeStampCounter(frequency_hz=2_596_150_000, scaling=False)
    older = capabilities.read(RECORDED)
    assert (older.cpu_vendor, older.physical_address_bits, older.tsc) == ("AMD", 48, None)


def test_memory_cells_and_the_sizes_of_huge_pages() -> None:
    (cell,) = capabilities.read(RECORDED).cells
    assert (cell.id, cell.memory_bytes, cell.cpus) == (0, 9791700 * 1024, {0, 1})
    assert cell.pages == {2048: 0, 1048576: 0}, "ordinary pages are no huge pages"


def test_security_models() -> None:
    assert NEWER.security_models == capabilities.read(RECORDED).security_models == {"none", "dac"}


def test_emulators() -> None:
    assert {kind.emulator for kind in NEWER.machine_types} == {"/usr/bin/qemu-system-x86_64"}
    own = RECORDED.replace("<domain type='qemu'/>", "<domain type='kvm'><emulator>/usr/bin/kvm</emulator></domain>")
    assert {kind.emulator for kind in capabilities.read(own).machine_types} == {"/usr/bin/kvm"}


def test_who_the_host_is() -> None:
    said = capabilities.read(RECORDED)
    assert said.host_uuid == "d82753e7-5690-5832-be82-589e293c0389"
    assert (said.arch, said.cpu_model) == ("x86_64", "kvm64")


def test_machine_types_by_architecture_with_aliases() -> None:
    said = capabilities.read(RECORDED).machine_types
    assert [(kind.arch, kind.virt_type) for kind in said] == [("i686", "qemu"), ("x86_64", "qemu")]
    assert said[1].names == {"pc", "pc-i440fx-7.2", "q35", "pc-q35-7.2", "pc-q35-6.2"}


def test_a_domain_type_with_machines_of_its_own() -> None:
    own = RECORDED.replace(
        "<domain type='qemu'/>", "<domain type='qemu'/><domain type='kvm'><machine>m</machine></domain>"
    )
    kinds = {(kind.arch, kind.virt_type): kind.names for kind in capabilities.read(own).machine_types}
    assert kinds["x86_64", "kvm"] == {"m"}
    assert "q35" in kinds["x86_64", "qemu"]
