"""Of several networks that a move might take one is usable, and it is one for migrations."""

from collections.abc import Iterator
from shlex import join

from orchestrator.checks.case import OnLink
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    if not case.refused and not case.instead:
        return
    explain = join(["ferry", "network", "explain", case.source.name, case.to])
    none = f"No migration network between {case.source.name} and {case.to} is usable"
    if case.instead:
        yield warning(
            f"{none}: memory would travel over {case.instead}, as on_missing: "
            f"{case.policy.migration_networks.on_missing} says",
            explain,
            detail=case.refused,
        )
        return
    yield blocker(
        f"{none} ({len(case.refused)} in question), and the policy {case.policy.name} takes no other (on_missing: "
        f"{case.policy.migration_networks.on_missing})",
        f"{explain}; mend one of them, or let another one stand in: migration_networks: on_missing: next",
        detail=case.refused,
    )


RULE = Rule(
    name="migration-network",
    title="Of several networks that a move might take one is usable.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    examine=_examine,
    waivable=False,
)
