"""The program that runs the guest lies at the same path at the destination."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.facts import HostFacts
from orchestrator.model.finding import Scope, Severity

_RED_HAT = "/usr/libexec/qemu-kvm"


def _examine(case: BetweenHosts) -> Iterator[Found]:
    wanted = case.guest.emulator
    there = _emulators(case, case.destination)
    if not wanted or not there or wanted in there:
        return
    have = " or ".join(f"{path} ({_family(path)})" for path in sorted(there))
    saw = f"{case.guest.name} runs {wanted} ({_family(wanted)}); libvirt on {case.to} runs {have}"
    look = on(case.destination_entry, "ls", "-l", wanted)
    if wanted in _emulators(case, case.source):
        yield blocker(
            saw,
            f"If it exists there: {look}; else change <emulator>, from its next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )
    else:
        yield warning(f"{saw}. Neither host's libvirt lists that path, so whether {case.to} has it is open", look)


def _emulators(case: BetweenHosts, host: HostFacts) -> frozenset[str]:
    kind = (case.guest.arch, case.guest.virt_type)
    return frozenset(t.emulator for t in host.machine_types if (t.arch, t.virt_type) == kind and t.emulator)


def _family(path: str) -> str:
    if path == _RED_HAT:
        return "as Red Hat and its kin install it"
    if path.startswith("/usr/bin/qemu-system-"):
        return "as Debian, Fedora and SUSE install it"
    return "a path of its own"


RULE = Rule(
    name="emulator-path",
    title="The guest's emulator lies at the same path at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
