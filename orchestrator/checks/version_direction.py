"""Whether the move goes to an older libvirt or QEMU, which works but is the less tested way."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.quantity import version
from orchestrator.checks.rule import Found, Rule, warning
from orchestrator.model.finding import Scope, Severity

_PATCH = 1000  # the last three digits: corrections within one release change no format


def _examine(case: OnLink) -> Iterator[Found]:
    pairs = (
        ("libvirt", case.source.libvirt_version, case.destination.libvirt_version),
        ("QEMU", case.source.qemu_version, case.destination.qemu_version),
    )
    older = [(what, version(a), version(b)) for what, a, b in pairs if b // _PATCH < a // _PATCH]
    if older:
        back = " and ".join(f"from {what} {here} to {there}" for what, here, there in older)
        wanted = " and ".join(f"{what} {here}" for what, here, _ in older)
        yield warning(
            f"From {case.source.name} to {case.to} the move goes back: {back}. It works as long as the machine type "
            "and the CPU exist there, but the authors test only the other direction",
            f"Nothing has to be done. Otherwise install {wanted} or newer on {case.to}, from its distribution; what it "
            "has then: ferry hosts",
        )


RULE = Rule(
    name="version-direction",
    title="The destination is not older than the source.",
    scope=Scope.LINK,
    severity=Severity.WARNING,
    examine=_examine,
)
