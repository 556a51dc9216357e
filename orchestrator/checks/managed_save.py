"""No saved memory of the guest lies on its host."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    if not known(case.guest.kept.managed_save):
        return
    name, entry = called(case.guest), case.source_entry
    if case.guest.power in LIVE:
        yield warning(
            f"libvirt on {case.source.name} keeps a managed-save image of {case.guest.name}, which runs. The image "
            "stays behind; a guest started from it later would have the memory of an earlier day on newer disks",
            f"Remove it: {virsh(entry, 'managedsave-remove', name)}",
        )
    else:
        yield blocker(
            f"{case.guest.name} is shut off with its memory saved on {case.source.name}. The image would stay behind, "
            "and what the guest had in memory would be lost",
            f"Start it, which loads its memory, and move it live: {virsh(entry, 'start', name)}",
        )


RULE = Rule(
    name="managed-save",
    title="No saved memory of the guest would stay behind.",
    scope=Scope.GUEST,
    severity=Severity.WARNING,
    examine=_examine,
)
