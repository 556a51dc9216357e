"""libvirt keeps no checkpoints of the guest, which incremental backups need."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    count = known(case.guest.kept.checkpoints)
    if count:
        yield warning(
            f"{case.guest.name} has {count} {'checkpoint' if count == 1 else 'checkpoints'} on {case.source.name}. "
            "They are not carried along: the next backup at the destination has to be a full one",
            "Plan a full backup after the move. What there is: "
            + virsh(case.source_entry, "checkpoint-list", called(case.guest)),
        )


RULE = Rule(
    name="checkpoints",
    title="The guest has no checkpoints that would stay behind.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
