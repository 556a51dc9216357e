"""Nothing of the guest lies beside its definition, which is all that an offline or cold move carries."""

from collections.abc import Iterator

from orchestrator.checks.case import LIVE, AtSource
from orchestrator.checks.remedy import called, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: AtSource) -> Iterator[Found]:
    """What depends on a fact that may be unknown comes last."""
    guest, here, entry, name = case.guest, case.source.name, case.source_entry, called(case.guest)
    if not guest.persistent:
        yield blocker(
            f"{guest.name} is transient: libvirt on {here} forgets it as soon as it is shut off, and there is no "
            "definition to move",
            f"Define it first: {virsh(entry, 'dumpxml', name)}",
        )
    if guest.hardware.nvram:
        yield blocker(
            f"{guest.name} keeps the variables of its firmware in a file on {here}. An offline move does not carry it, "
            "and without its boot entries the guest may not start",
            f"Move it live, which carries them: {_live(case)}",
        )
    if guest.tpm_state is not None:
        yield blocker(
            f"The state of the TPM of {guest.name} lies in {guest.tpm_state} on {here}. An offline move does not carry "
            "it, and what the guest has sealed with it would be lost",
            f"Move it live, which carries it: {_live(case)}",
        )
    for device in guest.host_devices:
        yield warning(
            f"{guest.name} is given {device.kind} {device.address} of {here}. Its definition will ask for the same "
            "address at the destination, where another device may lie, or none",
            f"Compare both hosts, and change the definition where they differ: {virsh(entry, 'edit', name)}",
        )
    yield from _kept(case)


def _kept(case: AtSource) -> Iterator[Found]:
    guest, here, entry, name = case.guest, case.source.name, case.source_entry, called(case.guest)
    if known(guest.kept.managed_save):
        yield blocker(
            f"The memory of {guest.name} is saved on {here}. The image would stay behind, and what the guest had in "
            "memory would be lost",
            f"Start it, which loads its memory, or remove the image: {virsh(entry, 'managedsave-remove', name)}",
        )
    counted = (("snapshot", known(guest.kept.snapshots)), ("checkpoint", known(guest.kept.checkpoints)))
    for what, count in counted:
        if count:
            yield blocker(
                f"{guest.name} has {count} {what}{'' if count == 1 else 's'} on {here}, which an offline move does not "
                "carry",
                f"List them, then delete each one: {virsh(entry, f'{what}-list', name)}",
            )


def _live(case: AtSource) -> str:
    start = "" if case.guest.power in LIVE else f"{virsh(case.source_entry, 'start', called(case.guest))}; "
    return f"{start}ferry migrate {called(case.guest)}"


RULE = Rule(
    name="offline-carries",
    title="Nothing of the guest lies beside its definition.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    examine=_examine,
    undecided=Severity.BLOCKER,
    waivable=False,  # what stays behind is lost to the guest, and nothing tells it
)
