"""The processors of both hosts are of one vendor, or the guest does not mind."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.guest_cpu import vendor_neutral
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: BetweenHosts) -> Iterator[Found]:
    here, there = case.source.cpu_vendor, case.destination.cpu_vendor
    if here == there or not (here and there) or case.guest.virt_type != "kvm":
        return
    model = case.guest.hardware.cpu_model or case.guest.hardware.cpu_mode or "the default CPU"
    saw = f"{case.guest.name} ({model}) would go from a processor of {here} ({case.source.name}) to {there} ({case.to})"
    edit = virsh(case.source_entry, "edit", called(case.guest))
    if not vendor_neutral(case.guest.hardware):
        yield blocker(
            f"{saw}; a running guest keeps to what it has found at its start",
            "Take a destination of the same vendor, or give the guest a vendor-neutral CPU model (qemu64, kvm64) "
            f"without vmx, svm and invtsc, from its next start on: {edit}",
        )
    elif not case.policy.cross_vendor:
        yield blocker(
            f"{saw}; its CPU model belongs to no vendor, but the policy does not allow it",
            "Take a destination of the same vendor, or set cross_vendor: true in the policy",
        )
    else:
        yield warning(
            f"{saw}; the policy allows it, and nobody promises that it works",
            f"Try it with a guest that nobody would miss; to look at its CPU: {edit}",
        )


RULE = Rule(
    name="cpu-vendor",
    title="The processors of both hosts are of one vendor.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
