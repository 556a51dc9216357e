"""The guest runs on one host only; anything else is an alarm, not a case for a migration."""

from collections.abc import Iterator

from orchestrator.checks.case import AtSource
from orchestrator.checks.remedy import virsh
from orchestrator.checks.rule import Rule
from orchestrator.model.finding import Finding

_NAME = "runs-once"
_ALARM = 7


def _examine(case: AtSource) -> Iterator[Finding]:
    if len(case.lives_on) < 2:
        return
    # By UUID: it is the only name that is certainly the same on every host.
    yield case.blocker(
        _NAME,
        f"ALARM: {case.guest.name} ({case.guest.uuid}) runs twice: it is active on {' and on '.join(case.lives_on)}. "
        "Nothing was touched. Two copies that write to one disk destroy it.",
        "Look at both, decide which one is right, and end the other by hand: "
        + "; ".join(
            virsh(case.settings.hosts[host], "domstate", case.guest.uuid, "--reason") for host in case.lives_on
        ),
        exit_code=_ALARM,
    )


RULE = Rule(name=_NAME, title="The guest runs on one host only.", examine=_examine)
