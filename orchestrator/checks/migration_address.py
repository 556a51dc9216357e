"""The destination has an address on the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    network = case.settings.migration_network
    if not case.destination_entry.addresses.get(network):
        given = ", ".join(f"{name} {address}" for name, address in case.destination_entry.addresses.items()) or "none"
        yield blocker(
            f"{case.settings.file} gives {case.to} no address on the migration network {network} (addresses: {given})",
            f"Add it under hosts: {case.to}: addresses: {network}: in {case.settings.file}; what the host has: "
            + on(case.destination_entry, "ip", "-brief", "address"),
        )


RULE = Rule(
    name="migration-address",
    title="The destination has an address on the migration network.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    examine=_examine,
)
