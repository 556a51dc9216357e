"""The host has processor time left for a move."""

from collections.abc import Iterator

from orchestrator.checks.case import AtHost
from orchestrator.checks.remedy import on
from orchestrator.checks.rule import Found, Rule, known, warning
from orchestrator.model.finding import Scope, Severity
from orchestrator.model.topic import Topic

# A move takes a whole processor at each end; beyond this it takes it from guests.
_BUSY = 0.95
# The host is a guest itself and waits a tenth of its time for its own host: copying and pauses get slow and uneven.
_STEAL = 0.10


def _examine(case: AtHost) -> Iterator[Found]:
    load = known(case.host.load)
    if load.busy > _BUSY:
        yield warning(
            f"{case.host.name} uses {load.busy:.0%} of its {case.host.cpus} processors (above {_BUSY:.0%}); a move "
            "needs one for itself, and gets slow or makes guests slow",
            f"Wait for a quieter time, or see what it is: {on(case.entry, 'top', '-b', '-n', '1')}",
        )
    if load.steal > _STEAL:
        yield warning(
            f"{case.host.name} is a virtual machine that waits {load.steal:.0%} of the time for its own host (above "
            f"{_STEAL:.0%}); moves get slow, and pauses longer",
            f"Relieve the machine below it; to watch it: {on(case.entry, 'vmstat', '1', '5')}",
        )


RULE = Rule(
    name="host-load",
    title="The host has processor time left.",
    scope=Scope.HOST,
    severity=Severity.WARNING,
    needs=frozenset({Topic.LOAD}),
    examine=_examine,
)
