"""The guest's TPM can move: it is emulated, and the destination has the emulator and its secret."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called, on, virsh
from orchestrator.checks.rule import Found, Rule, blocker, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    tpm = case.guest.hardware.tpm
    if tpm is None:
        return
    if tpm.backend == "passthrough":
        yield blocker(
            f"{case.guest.name} uses the TPM of {case.source.name} itself; its keys cannot leave that chip",
            f"Give it an emulated TPM, from its next start on (keys kept in the old one are lost to it): "
            f"{virsh(case.source_entry, 'edit', called(case.guest))}",
        )
    elif tpm.backend != "emulator":
        yield warning(
            f"The TPM of {case.guest.name} is kept by a program outside libvirt ({tpm.backend}); its state moves only "
            "if that program is started at the destination too",
            virsh(case.source_entry, "dumpxml", called(case.guest), "--xpath", "//tpm"),
        )
    else:
        yield from _emulated(case, tpm.secret)


def _emulated(case: BetweenHosts, secret: str | None) -> Iterator[Found]:
    if not known(case.destination.devices).swtpm:
        yield blocker(
            f"{case.guest.name} has an emulated TPM; {case.to} has no swtpm to run it",
            f"Install the packages swtpm and swtpm-tools there: {on(case.destination_entry, 'swtpm', '--version')}",
        )
    if secret is not None and secret not in known(case.destination.secrets):
        yield blocker(
            f"The state of the TPM of {case.guest.name} is encrypted with the secret {secret}, which {case.to} does "
            "not have",
            f"{virsh(case.source_entry, 'secret-dumpxml', secret)} > secret.xml; "
            f"{virsh(case.destination_entry, 'secret-define', 'secret.xml')}; then set the same value: "
            f"{virsh(case.destination_entry, 'secret-set-value', secret, '--interactive')}",
        )


RULE = Rule(
    name="tpm",
    title="The destination can run the guest's TPM.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.DEVICES, Topic.SECRETS}),
    examine=_examine,
)
