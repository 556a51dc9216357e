"""A broken post-copy can be recovered without the destination's daemon crashing."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity

_CRASHING = range(11_002_000, 11_004_000)


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if not case.policy.postcopy or case.destination.libvirt_version not in _CRASHING:
        return
    accepted = case.policy.postcopy_without_recovery == "accept"
    say = warning if accepted else blocker
    yield say(
        f"libvirt {version(case.destination.libvirt_version)} on {case.to} crashes when a broken post-copy is "
        "recovered there: a network failure in that phase would cost the guest"
        + (". The policy accepts that" if accepted else ""),
        f"Upgrade libvirt on {case.to} to 11.4 or newer, or postcopy: false in the policy; at your own risk: "
        "postcopy_without_recovery: accept",
    )


RULE = Rule(
    name="postcopy-recovery",
    title="The destination's libvirt can recover a broken post-copy.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
