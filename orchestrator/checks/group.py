"""The destination is in the same group of hosts, unless the operator named it."""

from collections.abc import Iterator

from orchestrator.checks.case import BetweenHosts
from orchestrator.checks.remedy import called
from orchestrator.checks.rule import Found, Rule, blocker, note
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.host import HostEntry


def _examine(case: BetweenHosts) -> Iterator[Found]:
    here, there = case.source_entry, case.destination_entry
    if here.group == there.group:
        return
    saw = f"{_membership(here)}, {_membership(there)}"
    same = f"the group of both under hosts: in {case.settings.file}"
    if case.chosen:
        yield note(f"{saw}; the destination was named, so the guest may cross", f"Nothing; or correct {same}")
    else:
        fix = f"Name the destination: ferry migrate {here.name}/{called(case.guest)} --to {case.to}; or correct {same}"
        yield blocker(f"{saw}; groups are never mixed unasked", fix)


def _membership(entry: HostEntry) -> str:
    return f"{entry.name} is in the group {entry.group}" if entry.group else f"{entry.name} is in no group"


RULE = Rule(
    name="group",
    title="The destination is in the same group of hosts, unless the operator named it.",
    scope=Scope.MOVE,
    severity=Severity.BLOCKER,
    examine=_examine,
)
