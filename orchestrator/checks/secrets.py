"""The destination has the secrets that open the guest's disks."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic


def _examine(case: BetweenHosts) -> Iterator[Found]:
    hardware = case.guest.hardware
    if not hardware.secrets:
        return
    # The secret of a TPM is what the check tpm speaks of.
    of_tpm = hardware.tpm.secret if hardware.tpm else None
    for secret in sorted(hardware.secrets - {of_tpm}):
        if secret not in known(case.destination.secrets):
            kind, _space, usage = secret.partition(" ")
            uuid = "UUID" if usage else secret
            find = f"Its UUID: {virsh(case.source_entry, 'secret-list')}; " if usage else ""
            yield blocker(
                f"A disk of {case.guest.name} needs the secret {f'for {kind} {usage}' if usage else secret}; {case.to} "
                "does not have it",
                f"{find}{virsh(case.source_entry, 'secret-dumpxml', uuid)} > secret.xml; "
                f"{virsh(case.destination_entry, 'secret-define', 'secret.xml')}; then set the same value: "
                f"{virsh(case.destination_entry, 'secret-set-value', uuid, '--interactive')}",
            )


RULE = Rule(
    name="secrets",
    title="The destination has the secrets of the guest's disks.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    needs=frozenset({Topic.SECRETS}),
    examine=_examine,
)
