"""The destination is not cordoned: somebody is about to need it empty."""

from collections.abc import Iterator

from orchestrator.checks.case import OnLink
from orchestrator.checks.rule import Found, Rule, blocker, known
from orchestrator.model.finding import Scope, Severity


def _examine(case: OnLink) -> Iterator[Found]:
    for cordon in known(case.cordons):
        if cordon.host == case.to:
            first = f"see whether run {cordon.run} goes on (ferry status), then " if cordon.run is not None else ""
            yield blocker(
                f"{cordon}. A cordoned host takes no guests",
                f"Take another host, or {first}let it take guests again: ferry uncordon {case.to}",
            )


RULE = Rule(
    name="cordoned",
    title="The destination is not cordoned.",
    scope=Scope.LINK,
    severity=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
