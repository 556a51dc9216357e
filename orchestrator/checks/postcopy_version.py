"""Both versions of libvirt know how a broken post-copy is recovered."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.quantity import version
from orchestrator.checks.rule import Found, Rule, blocker, warning
from orchestrator.model.finding import Scope, Severity

_RECOVERS = 8_005_000


def _examine(case: BetweenHosts) -> Iterator[Found]:
    if not case.policy.postcopy:
        return
    old = [host for host in (case.source, case.destination) if host.libvirt_version < _RECOVERS]
    if not old:
        return
    accepted = case.policy.postcopy_without_recovery == "accept"
    say = warning if accepted else blocker
    versions = " and ".join(f"{host.name} has {version(host.libvirt_version)}" for host in old)
    yield say(
        f"To recover a broken post-copy takes libvirt 8.5 on both hosts: {versions}"
        + (". The policy accepts that" if accepted else ""),
        "Upgrade libvirt, or postcopy: false in the policy; at your own risk: postcopy_without_recovery: accept",
    )


RULE = Rule(
    name="postcopy-version",
    title="Both hosts have a libvirt that knows how to recover a broken post-copy.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
