"""Capabilities as libvirt 9.0 of Debian 12 gave them (machines and features shortened)."""

from pathlib import Path

from orchestrator.hypervisor import capabilities

RECORDED = (Path(__file__).parent / "recorded" / "capabilities.xml").read_text()


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
