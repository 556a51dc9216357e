"""The destination can offer the guest the CPU it is running on."""

from collections.abc import Iterator

from orchestrator.checks.case import Case
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.facts import Unknown
from orchestrator.model.finding import Finding

_NAME = "cpu"


def _examine(case: Case) -> Iterator[Finding]:
    answer, name = case.pair.cpu, f"{case.guest.uuid}.xml"
    compare = (
        f"{virsh(case.source_entry, 'dumpxml', '--migratable', called(case.guest))} > {name}; "
        f"{virsh(case.destination_entry, 'hypervisor-cpu-compare', '--error', name)}"
    )
    if isinstance(answer, Unknown):
        # libvirt compares again before the first page travels, and refuses then.
        yield case.warning(
            _NAME, f"Whether {case.to} offers the CPU of {case.guest.name} could not be decided: {answer.why}", compare
        )
    elif answer.offered and not answer.compared:
        yield case.warning(
            _NAME,
            f"Nothing proves that {case.to} offers the CPU of {case.guest.name}: {answer.detail}",
            f"Move it only to a host with the same processor, kernel and QEMU. To see its CPU: {compare}",
        )
    elif not answer.offered:
        detail = f": {answer.detail}" if answer.detail else ""
        yield case.blocker(
            _NAME,
            f"{case.to} ({case.destination.cpu_model}) does not offer the CPU that {case.guest.name} runs on{detail}",
            f"Take another destination, or give the guest a CPU model that both have, from its next start on. "
            f"To see what is missing: {compare}",
        )


RULE = Rule(name=_NAME, title="The destination offers the guest's CPU.", examine=_examine)
