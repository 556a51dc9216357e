"""The destination has an address on the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding

_NAME = "migration-address"


def _examine(case: BetweenHosts) -> Iterator[Finding]:
    network = case.settings.migration_network
    if not case.destination_entry.addresses.get(network):
        given = ", ".join(f"{name} {address}" for name, address in case.destination_entry.addresses.items()) or "none"
        yield case.blocker(
            _NAME,
            f"{case.settings.file} gives {case.to} no address on the migration network {network} (addresses: {given})",
            f"Add it under hosts: {case.to}: addresses: {network}: in {case.settings.file}; what the host has: "
            + on(case.destination_entry, "ip", "-brief", "address"),
        )


RULE = Rule(name=_NAME, title="The destination has an address on the migration network.", examine=_examine)
