"""The guest runs on one host only; anything else is an alarm, not a case for a migration."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Found, Rule, blocker
from orchestrator.model.finding import Scope, Severity

_ALARM = 7


def _examine(case: AtSource) -> Iterator[Found]:
    if len(case.lives_on) < 2:
        return
    # By UUID: it is the only name that is certainly the same on every host.
    yield blocker(
        f"ALARM: {case.guest.name} ({case.guest.uuid}) runs twice: it is active on {' and on '.join(case.lives_on)}. "
        "Nothing was touched. Two copies that write to one disk destroy it.",
        "Look at both, decide which one is right, and end the other by hand: "
        + "; ".join(
            virsh(case.settings.hosts[host], "domstate", case.guest.uuid, "--reason") for host in case.lives_on
        ),
        exit_code=_ALARM,
    )


RULE = Rule(
    name="runs-once",
    title="The guest runs on one host only.",
    scope=Scope.GUEST,
    severity=Severity.BLOCKER,
    waivable=False,
    examine=_examine,
)
