"""Memory that the guest shares with others on its host can move."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity

_LEGACY = "ivshmem"


def _examine(case: AtSource) -> Iterator[Found]:
    word = called(case.guest)
    listing = virsh(case.source_entry, "dumpxml", word, "--xpath", "//shmem")
    detach = f"{listing} > shmem.xml; {virsh(case.source_entry, 'detach-device', word, 'shmem.xml', '--live')}"
    for memory in case.guest.hardware.shared_memory:
        named = f"shared memory {memory.name} of {case.guest.name}"
        if memory.model == _LEGACY:
            yield blocker(f"The {named} is of the model {_LEGACY}, which libvirt does not migrate", detach)
        elif memory.role != "master":
            yield blocker(
                f"Only shared memory of the role master can be migrated; the {named} has "
                + (f"the role {memory.role}" if memory.role else "no role"),
                detach,
            )
        else:
            yield warning(
                f"The contents of the {named} move along, but whoever shares it on {case.source.name} is cut off",
                f"Look who else uses it: {listing}",
            )


RULE = Rule(
    name="shared-memory",
    title="The guest shares no memory with others on its host.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
