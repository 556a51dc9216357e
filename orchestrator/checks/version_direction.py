"""Whether the move goes to an older libvirt or QEMU, which works but is the less tested way."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding

_NAME = "version-direction"
_PATCH = 1000  # the last three digits: corrections within one release change no format


def _examine(case: BetweenHosts) -> Iterator[Finding]:
    pairs = (
        ("libvirt", case.source.libvirt_version, case.destination.libvirt_version),
        ("QEMU", case.source.qemu_version, case.destination.qemu_version),
    )
    older = [f"{what} {version(a)} to {version(b)}" for what, a, b in pairs if b // _PATCH < a // _PATCH]
    if older:
        yield case.warning(
            _NAME,
            f"From {case.source.name} to {case.to} the move goes back: from {' and from '.join(older)}. It works as "
            "long as the machine type and the CPU exist there, but the authors test only the other direction",
            f"Nothing, or upgrade {case.to} first: {virsh(case.destination_entry, 'version')}",
        )


RULE = Rule(name=_NAME, title="The destination is not older than the source.", examine=_examine)
