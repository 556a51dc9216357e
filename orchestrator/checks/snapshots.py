"""libvirt keeps no snapshots of the guest."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    count = known(case.guest.kept.snapshots)
    if count:
        name = called(case.guest)
        yield blocker(
            f"{case.guest.name} has {count} {'snapshot' if count == 1 else 'snapshots'} on {case.source.name}. libvirt "
            "keeps their descriptions on that host only and refuses to move the guest",
            f"List them, then delete each one (with --metadata only its description, which snapshot-dumpxml can save "
            f"first): {virsh(case.source_entry, 'snapshot-list', name, '--tree')}; "
            f"{virsh(case.source_entry, 'snapshot-delete', name, 'NAME')}",
        )


RULE = Rule(
    name="snapshots",
    title="The guest has no snapshots.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
