"""A guest that can run guests of its own finds that again."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.guest_cpu import nests
from orchestrator.checks.remedy import called, script_on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.machine import Processor
from orchestrator.model.topic import Topic

_MODULES = {"vmx": "kvm_intel", "svm": "kvm_amd"}


def _examine(case: BetweenHosts) -> Iterator[Found]:
    feature = nests(case.guest.hardware)
    if feature is None or case.guest.virt_type != "kvm":
        return
    here = case.source.processor
    if isinstance(here, Processor) and here.nested is False:
        return  # whatever its CPU model says, it has no guests of its own here
    if known(case.destination.processor).nested is False:
        module = _MODULES[feature]
        yield blocker(
            f"{case.guest.name} has the CPU feature {feature}, so it can run guests of its own; {case.to} does not "
            "let guests do that",
            f"Add `options {module} nested=1` to /etc/modprobe.d/kvm.conf of {case.to}, then, while no guest runs "
            f"there: {script_on(case.destination_entry, f'modprobe -r {module} && modprobe {module}')}",
        )
    else:
        yield note(
            f"{case.guest.name} has the CPU feature {feature}, so it could run guests of its own on {case.source.name} "
            f"and on {case.to}. If it does so now, the move is a rarely tried one",
            "Stop its inner guests for the move; or take the feature away, from its next start on: "
            + virsh(case.source_entry, "edit", called(case.guest)),
        )


RULE = Rule(
    name="nested",
    title="A guest that can run guests of its own can do so at the destination.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.PROCESSOR}),
    examine=_examine,
)
