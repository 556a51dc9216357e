"""No block job of the guest is running."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    jobs = case.guest.kept.block_jobs
    # Those that are certain before the first that is not, which ends the rule.
    for disk in sorted(jobs, key=lambda disk: (isinstance(jobs[disk], Unknown), disk)):
        kind, words = known(jobs[disk]), ("blockjob", called(case.guest), disk)
        yield blocker(
            f"A block job ({kind}) runs on disk {disk} of {case.guest.name}. libvirt does not move a guest with one",
            f"Wait for its end, or abort it: {virsh(case.source_entry, *words)}; "
            f"{virsh(case.source_entry, *words, '--abort')}",
        )


RULE = Rule(
    name="block-job",
    title="No block job is running.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
