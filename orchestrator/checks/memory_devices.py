"""Memory modules plugged into the guest can move."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

# Their contents are a file or a reserve of the host.
_OF_THE_HOST = frozenset({"nvdimm", "virtio-pmem", "sgx-epc"})


def _examine(case: AtSource) -> Iterator[Found]:
    for number, module in enumerate(case.guest.hardware.dimms):
        if module.model in _OF_THE_HOST:
            yield blocker(
                f"Memory module {number} of {case.guest.name} is of the model {module.model}: what it holds stays on "
                f"{case.source.name}",
                virsh(case.source_entry, "edit", called(case.guest)),
            )
        elif module.model == "dimm" and not module.migratable:
            yield blocker(
                f"Memory module {number} of {case.guest.name} has no slot or base address in its definition; libvirt "
                "cannot put it in the same place at the destination",
                f"Plug it in again, with libvirt choosing the place: "
                f"{virsh(case.source_entry, 'dumpxml', called(case.guest), '--xpath', '//devices/memory')}",
            )


RULE = Rule(
    name="memory-devices",
    title="The guest's memory modules can move.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
)
