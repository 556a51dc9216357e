"""Directories of the host that the guest has mounted can follow it."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.facts import HostFacts, Unknown
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.hardware import Filesystem
from orchestrator.model.topic import Topic

# libvirt 9.0 refuses every virtiofs device and 11.3 does not; the change was written for the releases after 10.5.
_LIBVIRT, _QEMU = 10_006_000, 8_002_000
_VIRTIOFSD = (1, 11)  # the first that can hand its state over


def _examine(case: BetweenHosts) -> Iterator[Found]:
    for directory in case.guest.hardware.filesystems:
        yield _virtiofs(case, directory) if directory.driver == "virtiofs" else _plan9(case, directory)


def _plan9(case: BetweenHosts, directory: Filesystem) -> Found:
    return warning(
        f"{case.guest.name} has the directory {directory.source} of {case.source.name} as {directory.target} (9p). "
        "While the guest has it mounted, QEMU refuses to migrate",
        f"In the guest: umount it; and {case.to} must have the same directory: "
        f"{on(case.destination_entry, 'ls', '-ld', directory.source)}",
    )


def _virtiofs(case: BetweenHosts, directory: Filesystem) -> Found:
    shared = f"{case.guest.name} has the directory {directory.source or directory.socket} as {directory.target}"
    hosts = (case.source, case.destination)
    old = [f"{h.name} has libvirt {version(h.libvirt_version)}" for h in hosts if h.libvirt_version < _LIBVIRT]
    old += [f"{h.name} has QEMU {version(h.qemu_version)}" for h in hosts if h.qemu_version < _QEMU]
    if not old and directory.socket is None:
        old = [f"{host.name} has virtiofsd {_virtiofsd(host)}" for host in hosts if not _hands_over(host)]
    if old:
        return blocker(
            f"{shared} (virtiofs); to move it takes libvirt 10.6, QEMU 8.2 and virtiofsd 1.11 or newer on both hosts: "
            + ", ".join(old),
            "In the guest: umount it; then "
            f"{virsh(case.source_entry, 'dumpxml', called(case.guest), '--xpath', '//filesystem')} > device.xml; "
            f"{virsh(case.source_entry, 'detach-device', called(case.guest), 'device.xml', '--live')}",
        )
    outside = f", served by a program outside libvirt at {directory.socket}" if directory.socket else ""
    return warning(
        f"{shared} (virtiofs{outside}); whether {case.to} has the same files there was not proven",
        on(case.destination_entry, "ls", "-ld", directory.socket or directory.source),
    )


def _virtiofsd(host: HostFacts) -> str:
    return known(host.devices).virtiofsd or "none"


def _hands_over(host: HostFacts) -> bool:
    written = _virtiofsd(host)
    if written == "none":
        return False
    number = next((word for word in written.split() if word[0].isdigit()), "")
    parts = number.split(".")
    if len(parts) < len(_VIRTIOFSD) or not all(part.isdigit() for part in parts[:2]):
        known(Unknown(why=f"the version of virtiofsd on {host.name} is not understood: {written}", code="host.shell"))
    return (int(parts[0]), int(parts[1])) >= _VIRTIOFSD


RULE = Rule(
    name="shared-directory",
    title="The guest has no directory of its host that cannot follow it.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES}),
    examine=_examine,
)
