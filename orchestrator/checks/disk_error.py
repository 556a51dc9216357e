"""No disk of the guest is in an error state."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    errors = case.guest.kept.disk_errors
    # Those that are certain before the first that is not, which ends the rule.
    for disk in sorted(errors, key=lambda disk: (isinstance(errors[disk], Unknown), disk)):
        error = known(errors[disk])
        yield blocker(
            f"Disk {disk} of {case.guest.name} has an error on {case.source.name}: {error}. Requests that failed are "
            "kept in QEMU and would fail or be lost on the way",
            "Mend the storage, then let the guest go on: "
            + "; ".join(virsh(case.source_entry, verb, called(case.guest)) for verb in ("domblkerror", "resume")),
        )


RULE = Rule(
    name="disk-error",
    title="No disk reports an error.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
