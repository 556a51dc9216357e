"""Both hosts have an address on the migration network."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    network = case.network
    lacking = [one for one in (case.source_entry, case.destination_entry) if not one.addresses.get(network)]
    if not lacking:
        return
    names = " and ".join(entry.name for entry in lacking)
    given = "; ".join(
        ", ".join(f"{name} {address}" for name, address in entry.addresses.items()) or "none" for entry in lacking
    )
    yield blocker(
        f"{case.settings.file} gives {names} no address on the migration network {network} (addresses: {given})",
        f"Add it under hosts: {lacking[0].name}: addresses: {network}: in {case.settings.file}; what the host has: "
        + "; ".join(on(entry, "ip", "-brief", "address") for entry in lacking),
    )


RULE = Rule(
    name="migration-address",
    title="Both hosts have an address on the migration network.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    examine=_examine,
    of_network=True,
)
